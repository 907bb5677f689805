"""The fast way and pydantic's accept, refuse, drop and write the same."""

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.contracts.envelope import Consent
from ingest.contracts.parse import parse
from ingest.contracts.registry import EVENTS
from ingest.delivery.batch import Batch
from ingest.delivery.outcome import Outcome
from ingest.delivery.privacy.decided import Decided
from ingest.delivery.privacy.settings import Privacy, Settings
from ingest.delivery.quick import Read, read_line, read_object
from ingest.delivery.reader import Reader
from ingest.delivery.scope import Scope
from ingest.delivery.transform import Transform
from tests.ingest.contracts.examples import GOOD, NOW, files, load, name, nearly_events, steady
from tests.steps import KEYRING, step

SPELLINGS = ["1e3", "1.0", "-0", "-0.0", "1E400", "NaN", "Infinity", "-Infinity", "00", "+1", "1.", "0x1", "1" * 400]
SPELLINGS += ['"\\ud800"', '"\\u0041"', '"\x01"', "'a'", "1_000", "true", "null", "[]", "{}", '"' + "x" * 300 + '"']
SPELLINGS += ['"ann@example.com"', '"+49 151 23456789"', '"+4915123456789"', '"4111 1111 1111 1111"', '"Ann Smith"']
SPELLINGS += ['"4111111111111111"', '"~abc"', '"default"', '"production"', '"a-1"', '"a b"', '"\x7f"', '"\u00e9"', '""']

TEXTS: Any = {"prompt_execution": {"prompt": "full", "answer": "hash"}}
STEPS = {
    "defaults": step(),
    "names": step(Settings(environments={"*": Privacy(names=("Ann Smith", "Ann"))})),
    "nothing": step(Settings(environments={"*": Privacy(consent=Consent(analytics=False))})),
    "texts": step(Settings(environments={"*": Privacy(text=TEXTS)})),
}
LOOKED_AT_CLOSELY = ("properties", "consent", "opened_at", "solved_at")
SCOPES = [None, Scope(("production", "staging"))]


def plainly(transform: Transform, items: list[Any], scope: Scope | None) -> Outcome:
    """What the step makes of items without the fast way."""
    reader = Reader(NOW, scope)
    decided = Decided(transform._consents, KEYRING)
    batch = Batch(reader, NOW, transform._treatment, decided, transform._quick)
    return batch.take([(item, reader.validate(item)) for item in items])


def told(outcome: Outcome) -> tuple[Any, ...]:
    rows = {table: [orjson.loads(row) for row in rows] for table, rows in outcome.rows.items()}
    return rows, outcome.received, outcome.dropped, outcome.quarantined, outcome.refusals


def assert_the_same(line: bytes) -> None:
    try:
        decoded = orjson.loads(line)
    except orjson.JSONDecodeError:
        assert (read_line(line), parse(line)) == (None, None)
        return
    parsed = parse(line)
    for transform in STEPS.values():
        for scope in SCOPES:
            expected = told(plainly(transform, [decoded], scope))
            assert told(transform([decoded], NOW, scope=scope)) == expected
            if (read := read_line(line)) is not None:
                assert told(transform([read], NOW, scope=scope)) == expected
            if parsed is not None:  # each time anew, for the step may fill in the environment
                event = parsed.model_copy()
                assert told(transform([Read(event.event_type, event, line)], NOW, scope=scope)) == expected


@pytest.mark.parametrize("path", files("pass"), ids=name)
def test_good_events_take_either_way(path: Any) -> None:
    assert_the_same(orjson.dumps(load(path)))


@pytest.mark.parametrize("event_type", EVENTS)
def test_the_typical_event_of_each_contract_takes_the_fast_way(event_type: str) -> None:
    typical = next(load(path) for path in files("pass") if path.parts[-3] == event_type)
    event = {key: value for key, value in typical.items() if key not in LOOKED_AT_CLOSELY}
    assert isinstance(read_line(orjson.dumps(event)), Read)
    assert isinstance(read_object(event), Read)


@pytest.mark.parametrize("path", files("fail"), ids=name)
def test_bad_events_do_not_get_through(path: Any) -> None:
    assert_the_same(orjson.dumps(load(path)["event"]))


@steady
@given(nearly_events(), st.booleans())
def test_whatever_the_event(event: dict[str, Any], ascii_only: bool) -> None:
    with suppress(ValueError):  # a number of so many digits that Python does not write it out
        assert_the_same(json.dumps(event, ensure_ascii=ascii_only).encode(errors="surrogatepass"))


@steady
@given(st.sampled_from(GOOD), st.data(), st.sampled_from(SPELLINGS))
def test_whatever_the_spelling_of_a_value(event: dict[str, Any], data: st.DataObject, spelling: str) -> None:
    key = data.draw(st.sampled_from(sorted({*event, "user_id", "environment", "prompt", "trace_id", "feature"})))
    line = json.dumps({**event, key: "@@"}).replace('"@@"', spelling).encode()
    assert_the_same(line)


@steady
@given(st.sampled_from(GOOD), st.data(), st.sampled_from(["ann-4711", "ann@example.com", "a", "p1-x", "4711471147"]))
def test_wherever_a_person_is_mentioned(event: dict[str, Any], data: st.DataObject, identity: str) -> None:
    keys = data.draw(st.sets(st.sampled_from(sorted({*event, "feature", "team", "trace_id"} - {"event_type"}))))
    mentions = {key: data.draw(st.sampled_from([identity, f"/u/{identity}/x", f"x{identity}"])) for key in keys}
    assert_the_same(orjson.dumps({**event, "user_id": identity, **mentions}))


@steady
@given(st.sampled_from(GOOD), st.sampled_from(GOOD), st.data())
def test_whatever_stands_there_twice(event: dict[str, Any], other: dict[str, Any], data: st.DataObject) -> None:
    again = {key: value for key, value in other.items() if data.draw(st.booleans())}
    line = orjson.dumps(event)[:-1] + b"," + orjson.dumps(again)[1:] if again else orjson.dumps(event)
    assert_the_same(line)


@steady
@given(st.sampled_from(GOOD), st.integers(0, 600), st.binary(max_size=3))
@example(GOOD[0], 0, b"\xef\xbb\xbf")
@example(GOOD[0], 10, b"\xff")
def test_whatever_is_broken_in_it(event: dict[str, Any], place: int, noise: bytes) -> None:
    line = orjson.dumps(event)
    assert_the_same(line[:place] + noise + line[place:])
    assert_the_same(line[:place] + noise + line[place + len(noise) :])


def test_a_type_named_elsewhere_is_not_the_type() -> None:
    event = {"properties": None, "user_id": '"event_type":"feedback"', **GOOD[0]}
    assert_the_same(orjson.dumps(event))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300, -0.0])
def test_numbers_that_json_does_not_have(value: float) -> None:
    for event in GOOD:
        for key in event:
            item = {**event, key: value}
            for transform in STEPS.values():
                assert told(transform([item], NOW)) == told(plainly(transform, [item], None))
