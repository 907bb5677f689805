"""Models are asked over real HTTP; whatever goes wrong is in the completion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from serving.logic.models.openai_compatible import MAX_ANSWER_BYTES, OpenAICompatible
from serving.logic.models.provider import CompletionRequest
from serving.logic.models.settings import models_of
from serving.logic.models.stand_in import NOTICE, StandIn
from serving.logic.models.table import ModelSettingsError
from tests.serving.testing.completions import Completions, answer_of, completions_server

REQUEST = CompletionRequest("gpt-4o-mini", "Say hello.", 10.0)


@pytest.fixture
def server() -> Iterator[Completions]:
    with completions_server() as served:
        served.say(answer_of("Hello!"))
        yield served


def test_an_answer_comes_with_its_tokens_and_its_time(server: Completions) -> None:
    completion = OpenAICompatible("openai", server.url, "sk-secret").complete(REQUEST)
    assert (completion.text, completion.finish_reason, completion.error) == ("Hello!", "stop", None)
    assert completion.usage is not None
    assert (completion.model, completion.usage.input, completion.usage.output) == ("gpt-4o-mini", 1_000, 100)
    assert completion.latency_ms > 0
    ((path, headers, sent),) = server.asked
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer sk-secret"
    assert sent["messages"] == [{"role": "user", "content": "Say hello."}]


def test_without_a_key_none_is_sent(server: Completions) -> None:
    OpenAICompatible("local", server.url).complete(REQUEST)
    assert "Authorization" not in server.asked[0][1]


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, b'{"error": {"message": "Incorrect API key"}}', "openai: the provider answered 401: Incorrect API key"),
        (500, b"<html>oops</html>", "the provider answered 500: <html>oops</html>"),
        (503, b"", "the provider answered 503"),
        (200, b"not json", "the provider's answer is not JSON"),
        (200, b"[]", "no choices"),
        (200, b'{"choices": []}', "no choices"),
        (200, b'{"choices": [{"message": {"content": 7}}]}', "the provider's answer is no text"),
        (200, b'"' + b"x" * (MAX_ANSWER_BYTES + 1) + b'"', "longer than 2,000,000 bytes"),
    ],
)
def test_an_answer_that_is_none_is_told_as_data(server: Completions, status: int, body: bytes, says: str) -> None:
    server.status, server.body = status, body
    completion = OpenAICompatible("openai", server.url).complete(REQUEST)
    assert completion.finish_reason == "error"
    assert completion.error is not None
    assert says in completion.error
    assert completion.text == ""


def test_a_redirect_is_not_followed_with_the_key(server: Completions) -> None:
    with completions_server() as elsewhere:
        server.status, server.headers = 307, {"Location": f"{elsewhere.url}/chat/completions"}
        completion = OpenAICompatible("openai", server.url, "sk-secret").complete(REQUEST)
    assert completion.error is not None
    assert elsewhere.asked == []


@pytest.mark.parametrize("trickle_s", [0.02])
def test_an_answer_that_trickles_for_ever_times_out(server: Completions, trickle_s: float) -> None:
    server.trickle_s = trickle_s
    server.body = b" " * 100_000
    completion = OpenAICompatible("openai", server.url).complete(CompletionRequest("m", "p", 0.3))
    assert completion.finish_reason == "timeout"
    assert completion.error == "openai: no answer within 0.3 s"


def test_nobody_there_is_told_as_data() -> None:
    with completions_server() as gone:
        url = gone.url
    completion = OpenAICompatible("openai", url).complete(REQUEST)
    assert completion.finish_reason == "error"
    assert completion.error is not None
    assert "the provider can't be reached" in completion.error


def test_the_stand_in_says_that_it_is_one() -> None:
    completion = StandIn().complete(REQUEST)
    assert completion.text == f"{NOTICE}\nSay hello."
    assert completion.model == "stand-in"


def test_without_settings_the_stand_in_is_all_there_is() -> None:
    assert list(models_of({}, {}).providers) == ["stand-in"]


def test_with_a_provider_set_up_there_is_no_stand_in() -> None:
    table = {"default": "m", "providers": {"own": {"base_url": "http://127.0.0.1:1/v1", "api_key_env": "KEY"}}}
    models = models_of(table, {"KEY": "sk"})
    assert list(models.providers) == ["own"]
    assert (models.default_provider, models.default_model) == ("own", "m")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"default": "m"}, "models.providers: Field required"),
        ({"default": "m", "providers": {}}, "models.providers: "),
        ({"default": "m", "providers": {"a": {"base_url": "ftp://x"}}}, "models.providers.a.base_url: "),
        ({"default": "m", "providers": {"a": {"base_url": "http://x", "key": "sk"}}}, "models.providers.a.key: "),
        (
            {"default": "m", "providers": {"a": {"base_url": "http://x", "api_key_env": "NO"}}},
            "models.providers.a: the variable NO is not set",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_place(table: Any, says: str) -> None:
    with pytest.raises(ModelSettingsError, match=says):
        models_of(json.loads(json.dumps(table)), {})
