"""An application that uses Langfuse's SDK in all its ways, as users would; prints as JSON what the SDK knows itself.

Started as a program of its own: the SDK keeps its client, its threads and its patches of OpenAI's client for the whole
of a process. Takes OpenAI's base URL; everything else is in the environment, as with any application.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import openai as errors
from langfuse import get_client, observe, propagate_attributes
from langfuse.openai import openai

langfuse = get_client()
known: dict[str, Any] = {}


def remember(name: str, observation: Any) -> None:
    started_ns = observation._otel_span.start_time
    known[name] = {"trace_id": observation.trace_id, "span_id": observation.id, "started_ns": started_ns}


def generate() -> None:
    """A generation with Langfuse's own usage keys, scored in each way that has a place."""
    with langfuse.start_as_current_observation(
        name="reply", as_type="generation", model="claude-sonnet-4-5", input="a secret question"
    ) as generation:
        remember("generation", generation)
        first_token_at = datetime.fromtimestamp(generation._otel_span.start_time / 1e9, UTC) + timedelta(seconds=1.5)
        generation.update(
            output="a secret answer",
            completion_start_time=first_token_at,
            model_parameters={"temperature": 0.5, "service_tier": "priority"},
            usage_details={
                "input": 100,
                "cache_read_input_tokens": 800,
                "cache_creation_input_tokens": 60,
                "cache_creation_ephemeral_5m_input_tokens": 40,
                "cache_creation_ephemeral_1h_input_tokens": 20,
                "output": 50,
                "output_reasoning_tokens": 30,
                "total": 1040,
            },
            cost_details={"input": 0.25, "output": 0.5},
        )
        generation.score(name="faithfulness", value=0.75, comment="a secret comment", score_id="score-1")
        generation.score(name="polite", value=1, data_type="BOOLEAN", score_id="score 2, as we call it")
        generation.score(name="tone", value="friendly", data_type="CATEGORICAL")
        generation.score(name="remark", value="a secret remark", data_type="TEXT")
    given_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    langfuse.create_score(name="resolved", value="yes", session_id="s1", score_id="score-5", timestamp=given_at)


@observe(as_type="generation")
def counted_as_openai_does() -> str:
    usage: Any = {
        "prompt_tokens": 17903,
        "completion_tokens": 188,
        "total_tokens": 18091,
        "prompt_tokens_details": {"cached_tokens": 17817},
        "completion_tokens_details": {"reasoning_tokens": 128},
    }
    langfuse.update_current_generation(model="gpt-5", usage_details=usage, cost_details={"total": 0.125})
    return "a secret answer"


@observe(as_type="generation")
def fails() -> None:
    langfuse.update_current_generation(model="gpt-5")
    raise TimeoutError("a secret reason")


def embed() -> None:
    with langfuse.start_as_current_observation(name="embed", as_type="embedding", model="voyage-3") as embedding:
        embedding.update(usage_details={"input": 7})


def by_the_wrapper(base_url: str) -> None:
    """OpenAI's client as Langfuse wraps it: plain, streamed, and refused by the provider."""
    asked: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "a secret question"}]}
    client = openai.OpenAI(base_url=base_url, api_key="any", max_retries=0)
    client.chat.completions.create(**asked, name="plain")
    stream = client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    assert len(list(stream)) == 4
    try:
        client.chat.completions.create(**asked | {"model": "gpt-too-busy"})
    except errors.RateLimitError:
        known["was_refused"] = True


def main(base_url: str) -> None:
    known["auth_check"] = langfuse.auth_check()
    known["health"] = langfuse.api.health.health().status
    prompt = {"name": "greet", "version": 3}
    with langfuse.start_as_current_observation(name="request") as request:
        remember("request", request)
        with propagate_attributes(session_id="s1", user_id="u1", environment="staging", prompt=prompt):
            generate()
            counted_as_openai_does()
            try:
                fails()
            except TimeoutError:
                known["failed"] = True
            embed()
            with langfuse.start_as_current_observation(name="look up", as_type="tool"):
                pass
            by_the_wrapper(base_url)
    langfuse.flush()
    langfuse.shutdown()
    print(json.dumps(known))  # noqa: T201 - this is what it is asked for


if __name__ == "__main__":
    main(sys.argv[1])
