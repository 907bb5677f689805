"""The one step before storage: everything is counted once, consent is heeded, nothing that comes breaks it."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contracts.derive import QUARANTINE_COLUMNS, QUARANTINE_TABLE, columns
from ingest.contracts.envelope import NOT_STORED, Event
from ingest.contracts.instants import from_us
from ingest.contracts.registry import EVENTS
from ingest.contracts.validate import Refusal, validate
from ingest.delivery.batch import PAYLOAD_MAX_CHARS
from ingest.delivery.privacy.remains import REMOVED
from ingest.delivery.privacy.settings import Privacy, Settings, texts
from tests.ingest.contracts.examples import GOOD, NOW, anything, files, load, steady
from tests.lakes import event
from tests.steps import step, transform, visible_step

ALL_TEXTS: Any = {kind: dict.fromkeys([of for other, of in texts() if other == kind], "full") for kind, _ in texts()}
KEEPS_ALL = visible_step(Settings(environments={"*": Privacy(text=ALL_TEXTS)}))._treatment("default")
refusals = st.builds(Refusal, st.just("invalid_json"), st.text(), st.sampled_from(["unknown", "behavior"]))


@steady
@given(st.lists(anything | refusals, max_size=8))
def test_received_is_accepted_and_quarantined_and_dropped(items: list[Any]) -> None:
    outcome = transform(items, NOW)
    stored = Counter({table: len(rows) for table, rows in outcome.rows.items()})
    assert outcome.received.total() == len(items)
    assert outcome.accepted + outcome.quarantined.total() + outcome.dropped.total() == len(items)
    assert stored.pop(QUARANTINE_TABLE, 0) == outcome.quarantined.total() == len(outcome.refusals)
    assert outcome.received == stored + outcome.quarantined + outcome.dropped
    names = {column.name for column in QUARANTINE_COLUMNS}
    for row in outcome.rows.get(QUARANTINE_TABLE, []):
        assert orjson.loads(row).keys() <= names
        assert len(orjson.loads(row)["payload"]) <= PAYLOAD_MAX_CHARS


def test_refusals_name_their_place_in_the_batch() -> None:
    outcome = transform([event(), 7, event(), {"event_type": "behavior"}], NOW)
    assert [(i, refusal.code) for i, refusal in outcome.refusals] == [(1, "not_an_object"), (3, "missing_field")]


@pytest.mark.parametrize("event_type", EVENTS)
def test_without_consent_to_analytics_nothing_is_stored(event_type: str) -> None:
    outcome = transform([event(event_type, consent={"analytics": False}), event(event_type)], NOW)
    assert (outcome.dropped, outcome.received) == ({event_type: 1}, {event_type: 2})
    assert {table: len(rows) for table, rows in outcome.rows.items()} == {event_type: 1}


@pytest.mark.parametrize("given_consent", [None, {}, {"content": True}, {"personalisation": False}])
def test_what_a_person_wrote_is_stored_unless_withheld(given_consent: Any) -> None:
    outcome = transform([event("feedback", comment="Danke", consent=given_consent)], NOW)
    assert b"Danke" in outcome.rows["feedback"][0]


@pytest.mark.parametrize(("kind", "value"), [("thumb", "up"), ("comment", "Danke"), ("survey", "Danke")])
def test_without_consent_to_content_the_rest_is_stored(kind: str, value: str) -> None:
    sent = event("feedback", kind=kind, thumb="up", comment="Danke", answer="Danke", consent={"content": False})
    (row,) = transform([sent], NOW).rows["feedback"]
    assert b"Danke" not in row
    assert {"kind": kind, "thumb": "up"}.items() <= orjson.loads(row).items()


def test_a_row_has_bronze_columns_only() -> None:
    for event_type, model in EVENTS.items():
        own = {column.name for column in columns(model)}
        for example in GOOD:
            if example["event_type"] == event_type:
                assert orjson.loads(transform([example], NOW).rows.get(event_type, [b"{}"])[0]).keys() <= own


@steady
@given(anything)
def test_every_field_of_an_accepted_event_is_in_its_row(payload: Any) -> None:
    accepted = validate(payload, NOW)
    if not isinstance(accepted, Event):
        return
    try:
        row = orjson.loads(KEEPS_ALL.row(accepted))
    except TypeError:
        return  # properties that can't be written
    for name in type(accepted).model_fields:
        value = getattr(accepted, name)
        if isinstance(value, datetime):
            assert from_us(row.pop(f"{name}_us")) == value
        elif name == "properties" and value is not None:
            assert orjson.loads(row.pop("properties")) == orjson.loads(orjson.dumps(value))
        elif value is not None and name not in NOT_STORED:
            assert row.pop(name) == value
    assert row == {}


@steady
@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2026, 3, 1)),  # noqa: DTZ001 - the zone is added
    st.integers(-1439, 1439),
)
def test_microseconds_are_exact_for_any_offset(moment: datetime, offset_min: int) -> None:
    instant = moment.replace(tzinfo=UTC)
    written = instant.astimezone(timezone(timedelta(minutes=offset_min))).isoformat()
    (row,) = transform([event(occurred_at=written)], NOW).rows["prompt_execution"]
    assert orjson.loads(row)["occurred_at_us"] == (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def test_equal_properties_are_stored_alike() -> None:
    one, other = transform(
        [
            event(event_id="e", properties={"a": 1, "b": {"c": 2, "d": 3}}),
            event(event_id="e", properties={"b": {"d": 3, "c": 2}, "a": 1}),
        ],
        NOW,
    ).rows["prompt_execution"]
    assert one == other


def nested(levels: int) -> Any:
    value: Any = "core"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [260, 300, 990, 1000, 1010, 1020])
def test_nesting_to_the_limit_of_a_parser_breaks_nothing(levels: int) -> None:
    """Near 1,000 levels `repr` and `json` reach Python's own recursion limit; orjson stops writing at 254."""
    item = orjson.loads(
        orjson.dumps(event(properties="HERE")).replace(b'"HERE"', b'{"a":' + b"[" * levels + b"]" * levels + b"}")
    )
    outcome = transform([event(), item, nested(levels), event()], NOW)
    assert outcome.accepted == 2
    assert [refusal.code for _, refusal in outcome.refusals] == ["invalid_value", "not_an_object"]
    assert all(orjson.loads(row)["payload"] for row in outcome.rows[QUARANTINE_TABLE])


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**5000, "\ud800", {"\udfff": 1}], ids=range(5))
def test_what_json_writes_but_we_cannot_is_refused_by_itself(value: Any) -> None:
    outcome = transform([event(properties={"tokens": 5, "odd": value}), event()], NOW)
    (refused,) = outcome.refusals
    assert (refused[0], refused[1].code, outcome.accepted) == (0, "invalid_value", 1)
    kept = orjson.loads(orjson.loads(outcome.rows[QUARANTINE_TABLE][0])["payload"])
    assert kept["properties"]["tokens"] == 5


def test_quarantine_keeps_what_its_owner_lets_it_and_why() -> None:
    keeps_all = visible_step(Settings(environments={"*": Privacy(text=ALL_TEXTS, unknown="full")}))
    for path in files("fail"):
        sent = load(path)["event"]
        (row,) = keeps_all([sent], NOW).rows[QUARANTINE_TABLE]
        kept = orjson.loads(row)
        is_id = re.fullmatch("[!-~]+", sent["event_id"])
        assert (kept["code"], kept["stage"]) == (load(path)["code"], "delivery")
        assert kept["event_id"] == (sent["event_id"] if is_id else None)
        for name, value in orjson.loads(kept["payload"]).items():
            assert value in (sent[name], REMOVED) or name == "consent"


def test_quarantine_keeps_no_more_than_anybody_reads() -> None:
    keeps_unknown = step(Settings(environments={"*": Privacy(unknown="full")}))
    (row,) = keeps_unknown([event(colour="x" * 1_000_000)], NOW).rows[QUARANTINE_TABLE]
    assert len(orjson.loads(row)["payload"]) == PAYLOAD_MAX_CHARS
