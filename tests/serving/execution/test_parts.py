"""Answers in parts, from both kinds of provider over real HTTP."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.logic.execution.asking import Asking, Target
from serving.logic.models.bedrock import Bedrock
from serving.logic.models.openai_compatible import OpenAICompatible
from serving.logic.models.provider import CompletionRequest, Provider
from tests.serving.execution.model_server import ModelServer, Reply

REQUEST = CompletionRequest("m", "Say hello.", 20.0, temperature=None)


def provider(kind: str, model: ModelServer) -> Provider:
    return Bedrock("bedrock", "eu-central-1") if kind == "bedrock" else OpenAICompatible("openai", f"{model.url}/v1")


@pytest.mark.parametrize("kind", ["openai", "bedrock"])
def test_parts_make_the_same_answer_as_the_whole(model: ModelServer, kind: str) -> None:
    parts: list[str] = []
    completion = provider(kind, model).complete(REQUEST, parts.append)
    assert (parts, completion.text, completion.finish_reason) == (["Hel", "lo!"], "Hello!", "stop")
    whole = provider(kind, model).complete(REQUEST)
    assert (whole.text, whole.usage) == (completion.text, completion.usage)
    assert completion.usage is not None
    assert (completion.usage.input, completion.usage.output) == (1_000, 100)
    assert completion.first_text_ms is not None
    assert 0 < completion.first_text_ms <= completion.latency_ms


@pytest.mark.parametrize("kind", ["openai", "bedrock"])
@pytest.mark.parametrize(
    ("reply", "failures"),
    [
        (Reply(cut=True), {"incomplete"}),
        (Reply(status=429, body=b"{}"), {"throttled"}),
        (Reply(status=500, body=b"{}"), {"unavailable"}),
        (Reply(body=b"data: <html>\n\n"), {"bad_answer", "incomplete"}),
        (Reply(body=b""), {"incomplete"}),
        (Reply(holds=True), {"timeout"}),
    ],
    ids=["cut", "throttled", "broken", "nonsense", "nothing", "hangs"],
)
def test_half_an_answer_is_none(model: ModelServer, kind: str, reply: Reply, failures: set[str]) -> None:
    model.reply = reply
    request = replace(REQUEST, timeout_s=1.0) if reply.holds else REQUEST
    completion = provider(kind, model).complete(request, lambda _: None)
    assert (completion.text, completion.usage) == ("", None)
    assert completion.failure in failures, completion.error


def test_nothing_is_asked_again_once_a_part_was_passed_on(model: ModelServer) -> None:
    model.script = [Reply(status=500, body=b"{}"), Reply(cut=True)]
    asked_at, parts = provider("openai", model), list[str]()
    asked = Asking(sleep=lambda _: None).ask(
        [Target(asked_at, "m"), Target(asked_at, "n")], REQUEST, 20.0, parts.append
    )
    assert (asked.attempts, asked.completion.failure, asked.may_be_billed) == (2, "incomplete", 1)
    assert parts == ["Hel", "lo!"]
    assert [sent["model"] for _, sent in model.asked] == ["m", "m"]
