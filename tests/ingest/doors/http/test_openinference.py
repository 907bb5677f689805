"""OpenInference's spans on `POST /v1/traces`."""

import pytest

PROTOBUF = "application/x-protobuf"
CALL = {"openinference.span.kind": "LLM", "llm.model_name": "m"}


@pytest.fixture
def trace(send, export):
    return lambda *spans: send("/v1/traces", export(*spans).SerializeToString(), content_type=PROTOBUF)


@pytest.fixture
def row(trace, sink):
    def _row(span):
        trace(span)
        (stored,) = sink.rows("prompt_execution")
        return stored

    return _row


def test_a_call_as_the_conventions_describe_it(row):
    stored = row(
        {
            **CALL,
            "llm.system": "anthropic",
            "llm.provider": "aws",
            "llm.invocation_parameters": '{"model": "asked-for", "temperature": 0}',
            "llm.token_count.prompt": 1000,
            "llm.token_count.prompt_details.cache_read": 600,
            "llm.token_count.prompt_details.cache_write": 100,
            "llm.token_count.completion": 50,
            "llm.token_count.completion_details.reasoning": 20,
            "llm.token_count.total": 1050,
            "llm.cost.total": 0.5,
            "llm.finish_reason": "stop",
            "llm.prompt_template.template": "a secret {word}",
            "llm.prompt_template.version": "v3",
            "prompt.id": "greet",
            "input.value": "a secret",
            "session.id": "s",
            "user.id": "u",
        }
    )
    told = {
        "operation": "chat",
        "provider": "aws",
        "model": "m",
        "requested_model": "asked-for",
        "uncached_input_tokens": 300,
        "cache_read_tokens": 600,
        "cache_write_5m_tokens": 100,
        "output_tokens": 50,
        "reasoning_tokens": 20,
        "usage_convention": "input_includes_cached",
        "reported_cost_usd": 0.5,
        "finish_reason": "stop",
        "template_id": "greet",
        "template_version": "v3",
        "session_id": "s",
        "user_id": "u",
    }
    assert {name: stored.get(name) for name in told} == told
    assert "secret" not in str(stored)


@pytest.mark.parametrize(
    ("span", "operation", "model"),
    [
        ({"openinference.span.kind": "EMBEDDING", "embedding.model_name": "e"}, "embeddings", "e"),
        ({"openinference.span.kind": "RERANKER", "reranker.model_name": "r"}, "rerank", "r"),
        ({"openinference.span.kind": "DECISION", "decision.model_name": "d"}, "other", "d"),
        ({"openinference.span.kind": "llm", "llm.response.model_name": "m"}, "chat", "m"),
        (
            {"openinference.span.kind": "EMBEDDING", "embedding.invocation_parameters": '{"model": "e"}'},
            "embeddings",
            "e",
        ),
        ({**CALL, "gen_ai.operation.name": "text_completion"}, "completion", "m"),
        ({**CALL, "openinference.span.kind": "CHAIN", "gen_ai.operation.name": "chat"}, "chat", "m"),
        ({**CALL, "openinference.span.kind": "UNKNOWN"}, "chat", "m"),
    ],
)
def test_kinds_of_calls(row, span, operation, model):
    stored = row(span)
    assert (stored["operation"], stored["model"]) == (operation, model)


@pytest.mark.parametrize("kind", ["CHAIN", "TOOL", "AGENT", "RETRIEVER", "GUARDRAIL", "EVALUATOR", "PROMPT"])
def test_spans_around_calls_are_ignored_whatever_they_sum_up(trace, sink, kind):
    answer = trace({**CALL, "openinference.span.kind": kind, "llm.token_count.prompt": 5})
    assert (answer.status, answer.headers["x-promptlake-ignored-spans"], sink.delivered) == (200, "1", [])


def test_what_opentelemetry_says_wins(row):
    stored = row(
        {
            "llm.model_name": "old",
            "llm.system": "vertexai",
            "llm.token_count.prompt": 5,
            "gen_ai.response.model": "new",
            "gen_ai.provider.name": "gcp.vertex_ai",
            "gen_ai.usage.input_tokens": 0,
            "openinference.span.kind": "LLM",
        }
    )
    assert (stored["model"], stored["provider"], stored["uncached_input_tokens"]) == ("new", "gcp.vertex_ai", 0)


@pytest.mark.parametrize("parameters", ["{", "7", '{"model": 7}', '{"model": ""}'])
def test_parameters_that_tell_no_model(row, parameters):
    assert "requested_model" not in row({**CALL, "llm.invocation_parameters": parameters})
