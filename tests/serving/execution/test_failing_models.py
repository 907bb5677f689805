"""Models that fail and stores that are down: a problem document, exactly one event, and the budget right."""

from __future__ import annotations

import errno
from typing import Any

import orjson
import pytest

from ingest.delivery.packing import ROW_MAX_BYTES
from serving.stores.table import Unreachable
from tests.serving.execution.kitchen import ANSWER_USD, INPUT_USD, MODEL, OUTPUT_USD, Kitchen
from tests.serving.execution.model_server import Reply

RESERVED_USD = 3 * INPUT_USD + 10 * OUTPUT_USD
"""What "Hello Ann", three tokens by estimate, and an answer of ten tokens may cost."""
FAILURES: dict[str, tuple[Reply, int, str, str, int]] = {
    "times out": (Reply(holds=True), 504, "model_timed_out", "timeout", 1),
    "throttles": (Reply(status=429, body=b"{}"), 503, "model_throttled", "throttled", 3),
    "is broken": (Reply(status=500, body=b"oops"), 502, "model_unavailable", "unavailable", 3),
    "refuses": (Reply(status=400, body=b'{"error": {"message": "no"}}'), 502, "model_rejected", "rejected", 1),
    "breaks off": (Reply(cut=True), 502, "model_incomplete", "incomplete", 1),
    "says nothing that is JSON": (Reply(body=b"<html>"), 502, "model_bad_answer", "bad_answer", 1),
    "says something else": (Reply(body=b'{"a": 1}'), 502, "model_bad_answer", "bad_answer", 1),
}
BILLED = {"timeout", "incomplete", "bad_answer"}


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("provider", ["openai", "bedrock"])
def test_a_model_that_fails(kitchen: Kitchen, provider: str, kind: str) -> None:
    reply, status, code, failure, attempts = FAILURES[kind]
    kitchen.budget()
    kitchen.model.reply = reply
    answer = kitchen.execute(
        provider=provider, model=MODEL, timeout_s=1 if kind == "times out" else 20, max_output_tokens=10
    )
    if provider == "bedrock" and kind in ("breaks off", "says nothing that is JSON"):
        code, failure = "model_bad_answer", "bad_answer"  # boto3 reads as much as there is
    assert (answer.status, answer.json["code"]) == (status, code), answer.json
    (event,) = kitchen.events
    assert answer.json["execution_id"] == event["event_id"]
    assert event["status"] == "error"
    assert "answer" not in event
    assert event["error_class"] == failure
    assert len(kitchen.model.asked) == attempts
    if provider == "openai":
        assert kitchen.spent() == (RESERVED_USD if failure in BILLED else 0)
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0


NONSENSE: list[Any] = [
    {},
    "many",
    [1],
    {"prompt_tokens": -1, "completion_tokens": 100},
    {"prompt_tokens": 10**18, "completion_tokens": 1},
    {"prompt_tokens": 10, "completion_tokens": 1.5},
    {"prompt_tokens": True, "completion_tokens": 1},
    {"prompt_tokens": 10},
    {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 11}},
    {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": 7},
    {"prompt_tokens": 10, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 2}},
]
NONSENSE_OF_BEDROCK: list[Any] = [
    {"inputTokens": -5, "outputTokens": 1},
    {"outputTokens": 1},
    {"inputTokens": 10**15},
]
UNREADABLE_OF_BEDROCK: list[bytes] = [
    b'{"usage": "many"}',
    b'{"usage": {"inputTokens": "many"}}',
    b"[1]",
    b'{"output": 7}',
    b'{"output": {"message": {"content": 7}}}',
]


def test_usage_that_makes_no_sense_is_no_usage_and_counts_as_reserved(kitchen: Kitchen) -> None:
    kitchen.budget()
    for usage in NONSENSE:
        kitchen.model.reply.usage = usage
        answer = kitchen.execute(max_output_tokens=10)
        assert (answer.status, answer.json["tokens"], answer.json["cost_usd"]) == (200, None, None), usage
    for usage in NONSENSE_OF_BEDROCK:
        kitchen.model.reply.usage = usage
        answer = kitchen.execute(provider="bedrock", model="no-price")
        assert (answer.status, answer.json["tokens"]) == (200, None), usage
    for body in UNREADABLE_OF_BEDROCK:
        kitchen.model.reply = Reply(body=body)
        assert kitchen.execute(provider="bedrock", model="no-price").json["code"] == "model_bad_answer", body
    assert not [name for event in kitchen.events for name in event if name.endswith("_tokens")]
    assert len(kitchen.events) == len(NONSENSE) + len(NONSENSE_OF_BEDROCK) + len(UNREADABLE_OF_BEDROCK)
    assert kitchen.spent() == RESERVED_USD * len(NONSENSE)


def test_what_passes_is_tried_again_and_is_one_execution(kitchen: Kitchen) -> None:
    kitchen.budget()
    kitchen.model.script = [Reply(status=429, body=b"{}"), Reply(status=503, body=b"")]
    answer = kitchen.execute()
    assert (answer.status, answer.json["attempts"], len(kitchen.model.asked)) == (200, 3, 3)
    assert [event["status"] for event in kitchen.events] == ["ok"]
    assert kitchen.spent() == ANSWER_USD


def test_another_model_is_asked_where_the_first_fails(kitchen: Kitchen) -> None:
    kitchen.model.script = [Reply(status=400, body=b"no")]
    answer = kitchen.execute(model="gpt-4o", fallback={"model": "amazon.nova-lite-v1:0", "provider": "bedrock"})
    assert (answer.json["provider"], answer.json["requested_model"], answer.json["attempts"]) == (
        "bedrock",
        "gpt-4o",
        2,
    )
    (event,) = kitchen.events
    assert (event["provider"], event["model"], event["requested_model"]) == (
        "bedrock",
        "amazon.nova-lite-v1:0",
        "gpt-4o",
    )


def test_a_first_model_that_hangs_leaves_time_for_the_other(kitchen: Kitchen) -> None:
    kitchen.budget()
    kitchen.model.script = [Reply(holds=True)]
    answer = kitchen.execute(timeout_s=2, fallback={"model": MODEL}, max_output_tokens=10)
    assert (answer.status, answer.json["attempts"]) == (200, 2)
    assert kitchen.spent() == ANSWER_USD + RESERVED_USD, "the one that never came may be billed"


def test_the_answer_of_another_model_is_not_kept_as_that_of_the_first(kitchen: Kitchen) -> None:
    kitchen.model.script = [Reply(status=400, body=b"no")]
    assert kitchen.execute(model="gpt-4o", fallback={"model": MODEL}, cache_s=60).json["model"] == MODEL
    assert kitchen.execute(model="gpt-4o", cache_s=60).json["is_local_cache_hit"] is False


def test_halves_of_characters_are_no_way_to_stay_unrecorded(kitchen: Kitchen) -> None:
    kitchen.model.script = [Reply("a\ud800b")]
    answer = kitchen.execute(provider="bedrock", headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.json["text"], kitchen.events[0]["answer"]) == (200, "a?b", "a?b")
    kitchen.model.script = [Reply(status=400, body=b'{"message": "\\ud800"}')]
    assert kitchen.execute(provider="bedrock").status == 502
    kitchen.model.script = [Reply(body=b'{"choices": [{"message": {"content": "\\ud800"}}]}')]
    assert kitchen.execute().json["code"] == "model_bad_answer"
    assert len(kitchen.events) == 3


def test_of_what_is_very_long_the_event_has_the_beginning(kitchen: Kitchen) -> None:
    kitchen.model.reply.text = "\x01" * 300_000
    answer = kitchen.execute(values={"name": "é" * 499_000})
    assert (answer.status, len(answer.json["text"])) == (200, 300_000)
    (event,) = kitchen.events
    assert event["prompt"].startswith("Hello é")
    assert len(orjson.dumps(event)) < ROW_MAX_BYTES
    kitchen.record = full
    assert kitchen.execute(values={"name": "é" * 499_000}).status == 200
    kitchen.record = None
    kitchen.execute()
    assert ["answer" in event for event in kitchen.events] == [True, True, False], "what waits is kept without it"


def full(_: Any) -> None:
    """Records nothing."""
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_store_of_templates_that_is_down_asks_no_model(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen.execute()
    table = kitchen.site.desk.store.table

    def down(*_: Any, **__: Any) -> Any:
        raise Unreachable("DynamoDB can't be used now")

    for method in ("get", "query"):
        with monkeypatch.context() as broken:
            broken.setattr(table, method, down)
            answer = kitchen.execute()
            assert (answer.status, answer.json["code"]) == (503, "store_unreachable")
    assert len(kitchen.model.asked) == len(kitchen.events) == 1


def test_a_store_that_goes_down_meanwhile_loses_no_event_and_spends_too_much_rather_than_too_little(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen.budget()
    table = kitchen.site.desk.store.table
    write = table.write

    def down_after_it_was_asked(writes: Any, **how: Any) -> None:
        if kitchen.model.asked:
            raise Unreachable("DynamoDB can't be used now")
        write(writes, **how)

    monkeypatch.setattr(table, "write", down_after_it_was_asked)
    answer = kitchen.execute(headers={"Idempotency-Key": "k"}, max_output_tokens=10, cache_s=9)
    assert (answer.status, answer.json["text"]) == (200, "Hello!")
    assert len(kitchen.events) == 1
    spending = kitchen.spending()
    assert (spending["spent_usd"], spending["in_flight_usd"]) == ("0", f"{RESERVED_USD:f}".rstrip("0"))


def test_an_event_that_can_not_be_stored_waits_and_is_told_later(kitchen: Kitchen) -> None:
    kitchen.record = full
    first = kitchen.execute()
    assert first.status == 200, "its event waits in the store"
    assert kitchen.events == []
    kitchen.record = None
    second = kitchen.execute()
    assert [event["event_id"] for event in kitchen.events] == [second.json["execution_id"], first.json["execution_id"]]
    kitchen.execute()
    assert len(kitchen.events) == 3, "each once"


def test_an_answer_whose_event_can_be_kept_nowhere_is_withheld(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen.budget()
    table = kitchen.site.desk.store.table
    write = table.write

    def no_outbox(writes: Any, **how: Any) -> None:
        if writes[0].key.partition == "outbox":
            raise Unreachable("The disk is full")
        write(writes, **how)

    kitchen.record = full
    monkeypatch.setattr(table, "write", no_outbox)
    answer = kitchen.execute()
    assert (answer.status, answer.json["code"]) == (503, "not_recorded")
    assert kitchen.spent() == ANSWER_USD, "it was paid for"
