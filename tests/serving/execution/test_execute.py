"""A prompt is executed: what is answered, what is told as an event, and who may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

from serving.access import Principal
from serving.stores.sqlite import SqliteTable
from tests.serving.execution.kitchen import ANSWER_USD, MODEL, SHOP, Kitchen, open_kitchen
from tests.serving.execution.model_server import ModelServer, Reply
from tests.serving.templates.people import ANN, VERA

NOVA = "amazon.nova-lite-v1:0"


def test_an_execution_is_answered_and_told_as_one_event(kitchen: Kitchen) -> None:
    answer = kitchen.execute(
        user_id="u-1", session_id="s-1", team="growth", feature="chat", trace_id="t-1", max_output_tokens=50
    )
    assert answer.status == 200
    told = answer.json
    assert (told["text"], told["version"], told["provider"], told["model"]) == ("Hello!", 1, "openai", MODEL)
    assert (told["is_stand_in"], told["attempts"], told["is_local_cache_hit"]) == (False, 1, False)
    assert Decimal(told["cost_usd"]) == ANSWER_USD
    assert (told["tokens"]["uncached_input"], told["tokens"]["output"]) == (1_000, 100)
    ((_, sent),) = kitchen.model.asked
    assert (sent["messages"], sent["max_tokens"]) == ([{"role": "user", "content": "Hello Ann"}], 50)
    assert "temperature" not in sent, "the provider's own is left to it"
    (event,) = kitchen.events
    assert (
        event.items()
        >= {
            "event_type": "prompt_execution",
            "event_id": told["execution_id"],
            "occurred_at": kitchen.site.clock.now.isoformat(),
            "environment": "default",
            "user_id": "u-1",
            "session_id": "s-1",
            "team": "growth",
            "feature": "chat",
            "trace_id": "t-1",
            "provider": "openai",
            "model": MODEL,
            "status": "ok",
            "finish_reason": "stop",
            "uncached_input_tokens": 1_000,
            "cache_read_tokens": 0,
            "output_tokens": 100,
            "usage_convention": "input_includes_cached",
            "template_id": "greeting",
            "template_version": "1",
            "prompt": "Hello Ann",
            "answer": "Hello!",
        }.items()
    )


def test_cached_tokens_are_counted_once_whatever_the_provider_calls_input(kitchen: Kitchen) -> None:
    kitchen.model.reply.usage = {
        "prompt_tokens": 1_000, "prompt_tokens_details": {"cached_tokens": 600}, "completion_tokens": 100,
        "completion_tokens_details": {"reasoning_tokens": 40},
    }  # fmt: skip
    tokens = kitchen.execute().json["tokens"]
    assert (tokens["uncached_input"], tokens["cache_read"], tokens["output"], tokens["reasoning"]) == (
        400,
        600,
        100,
        40,
    )
    kitchen.model.reply.usage = {
        "inputTokens": 400, "outputTokens": 100, "totalTokens": 1_400, "cacheReadInputTokens": 600,
        "cacheWriteInputTokens": 300,
    }  # fmt: skip
    told = kitchen.execute(provider="bedrock", model=NOVA).json
    assert (told["provider"], told["model"], told["text"]) == ("bedrock", NOVA, "Hello!")
    tokens = told["tokens"]
    assert (tokens["uncached_input"], tokens["cache_read"], tokens["cache_write_5m"]) == (400, 600, 300)
    assert Decimal(told["cost_usd"]) > 0
    path, sent = kitchen.model.asked[-1]
    assert path == f"/model/{NOVA}/converse"
    assert sent["messages"] == [{"role": "user", "content": [{"text": "Hello Ann"}]}]
    assert [event["usage_convention"] for event in kitchen.events] == [
        "input_includes_cached",
        "input_excludes_cached",
    ]


def test_the_version_is_named_by_label_or_number(kitchen: Kitchen) -> None:
    kitchen.site.save("greeting", body="Goodbye {{ name }}", variables=[{"name": "name"}])
    assert kitchen.execute(ANN, version=2).json["version"] == 2
    assert kitchen.execute(version=2).json["code"] == "not_approved", "an application gets what somebody has approved"
    kitchen.site.publish("greeting", 2)
    assert kitchen.execute(version=2).json["version"] == 2
    assert kitchen.execute(label="production").json["version"] == 1
    assert kitchen.execute(label="canary").json["code"] == "no_such_version"
    assert kitchen.execute(template_id="missing").json["code"] == "no_such_template"
    assert len(kitchen.events) == 3, "what was refused before a model was asked is no execution"


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"label": "production", "version": 1}, "invalid_body"),
    ({"template_id": None}, "invalid_body"),
    ({"experiment": "x"}, "invalid_body"),
    ({"provider": "nobody"}, "no_such_provider"),
    ({"values": {}}, "template_variable"),
    ({"values": {"name": "x" * 600_000}}, "prompt_too_long"),
    ({"max_output_tokens": 10**9}, "invalid_body"),
    ({"timeout_s": 0}, "invalid_body"),
    ({"user_id": ""}, "invalid_body"),
    ({"trace_id": "two words"}, "invalid_body"),
    ({"unknown": 1}, "invalid_body"),
]


def test_what_makes_no_sense_is_refused_before_a_model_is_asked(kitchen: Kitchen) -> None:
    for wanted, code in NONSENSE:
        answer = kitchen.execute(**wanted)
        assert (answer.status in (400, 422), answer.json["code"]) == (True, code), wanted
    assert kitchen.model.asked == kitchen.events == []


def test_who_may_execute(kitchen: Kitchen) -> None:
    assert kitchen.execute(ANN).status == 200
    for who in (VERA, Principal("door", "emitter")):
        assert kitchen.execute(who).json["code"] == "wrong_role"
    assert kitchen.execute(Principal("shop", "executor", ("staging",)), query={"environment": "default"}).status == 403
    for path in ("/prompts/templates", "/prompts/templates/greeting", "/budgets", "/prompts/templates/greeting/audit"):
        assert kitchen.ask(SHOP, "GET", path).json["code"] == "wrong_role", "who runs prompts reads none"


def test_an_answer_that_may_be_given_again_is(kitchen: Kitchen) -> None:
    kitchen.budget()
    first = kitchen.execute(cache_s=60).json
    again = kitchen.execute(cache_s=60).json
    assert (again["text"], again["is_local_cache_hit"], again["cost_usd"], again["tokens"]) == (
        "Hello!",
        True,
        "0",
        None,
    )
    assert again["execution_id"] != first["execution_id"]
    assert [event.get("is_local_cache_hit") for event in kitchen.events] == [None, True]
    assert kitchen.spent() == ANSWER_USD
    assert len(kitchen.model.asked) == 1
    for other in ({"max_output_tokens": 9}, {"temperature": 1.0}, {"values": {"name": "Bob"}}, {"model": "gpt-4o"}):
        assert kitchen.execute(cache_s=60, **other).json["is_local_cache_hit"] is False
    assert kitchen.execute().json["is_local_cache_hit"] is False, "who has not asked for it gets none"
    kitchen.site.clock.now = kitchen.site.clock.now.replace(hour=23)
    assert kitchen.execute(cache_s=60).json["is_local_cache_hit"] is False


def test_the_same_request_with_its_key_is_executed_once(kitchen: Kitchen) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = kitchen.execute(headers=key)
    again = kitchen.execute(headers=key)
    assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")
    assert kitchen.execute(headers=key, user_id="other").json["code"] == "key_used"
    looked_at = kitchen.ask(SHOP, "GET", f"/prompts/executions/{first.json['execution_id']}")
    assert looked_at.json == first.json
    other = Principal("other", "executor")
    assert kitchen.ask(other, "GET", f"/prompts/executions/{first.json['execution_id']}").status == 404
    assert kitchen.execute(other, headers=key).json["execution_id"] != first.json["execution_id"]
    assert len(kitchen.executions) == len(kitchen.model.asked) == 2
    kitchen.site.clock.now += timedelta(days=1)
    anew = kitchen.execute(headers=key, user_id="other")
    assert (anew.status, anew.json["execution_id"] != first.json["execution_id"]) == (200, True), "a day later"


def test_many_at_once_with_one_key_ask_the_model_once(kitchen: Kitchen) -> None:
    kitchen.model.reply.holds = True
    together = Barrier(9)

    def send() -> tuple[int, Any]:
        together.wait(60)
        answer = kitchen.execute(headers={"Idempotency-Key": "k"})
        return answer.status, answer.json.get("code")

    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send) for _ in range(8)]
        together.wait(60)
        assert kitchen.model.was_asked.wait(60)
        while sum(one.done() for one in sent) < 7:
            assert len(kitchen.model.asked) == 1
        kitchen.model.may_go_on.set()
    assert sorted((one.result() for one in sent), key=str) == [(200, None), *[(409, "in_progress")] * 7]
    assert len(kitchen.executions) == len(kitchen.model.asked) == 1


def test_a_failed_execution_frees_its_key(kitchen: Kitchen) -> None:
    kitchen.model.script = [Reply(status=400, body=b"no")]
    key = {"Idempotency-Key": "k-1"}
    assert kitchen.execute(headers=key).status == 502
    assert kitchen.execute(headers=key).status == 200
    assert [event["status"] for event in kitchen.executions] == ["error", "ok"]


def test_what_takes_longer_is_worked_on_elsewhere_and_polled(model: ModelServer, tmp_path: Path) -> None:
    kitchen = open_kitchen(SqliteTable(tmp_path / "templates.db"), model, tmp_path, defers=True)
    executions = kitchen.executions_desk
    assert kitchen.execute(timeout_s=20).status == 200
    assert kitchen.deferred == []
    impatient = {"Prefer": "respond-async"}
    answer = kitchen.execute(headers=impatient | {"Idempotency-Key": "k"}, user_id="u-1")
    assert answer.status == 202
    place, execution_id = answer.headers["Location"].split("?")[0], answer.json["execution_id"]
    assert kitchen.ask(SHOP, "GET", place).status == 202
    assert kitchen.execute(headers=impatient | {"Idempotency-Key": "k"}, user_id="u-1").json == answer.json
    assert kitchen.deferred == [("default", execution_id)]
    for _ in range(2):  # Lambda may call twice
        executions.work(*kitchen.deferred[0])
    done = kitchen.ask(SHOP, "GET", place)
    assert (done.status, done.json["text"], done.json["execution_id"]) == (200, "Hello!", execution_id)
    assert [event["event_id"] for event in kitchen.executions[1:]] == [execution_id]
    kitchen.model.script = [Reply(status=400, body=b"no")]
    place = kitchen.execute(headers=impatient).headers["Location"].split("?")[0]
    executions.work(*kitchen.deferred[1])
    assert kitchen.ask(SHOP, "GET", place).json["code"] == "model_rejected"
    assert len(kitchen.executions) == 3


def test_an_execution_whose_process_ended_is_told_as_failed_once(model: ModelServer, tmp_path: Path) -> None:
    kitchen = open_kitchen(SqliteTable(tmp_path / "templates.db"), model, tmp_path, defers=True)
    answer = kitchen.execute(headers={"Prefer": "respond-async", "Idempotency-Key": "k"}, user_id="u-1")
    place = answer.headers["Location"].split("?")[0]
    kitchen.site.clock.now = kitchen.site.clock.now.replace(minute=2)
    for _ in range(2):
        assert kitchen.ask(SHOP, "GET", place).json["code"] == "interrupted"
    kitchen.executions_desk.work(*kitchen.deferred[0])
    (event,) = kitchen.executions
    assert event["event_id"] == answer.json["execution_id"]
    assert (event["status"], event["error_class"], event["user_id"]) == ("error", "interrupted", "u-1")
    assert kitchen.model.asked == []
