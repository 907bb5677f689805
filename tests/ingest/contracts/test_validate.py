"""Whatever comes, ``validate`` answers: an event, or one sentence that says what to change and repeats no text."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contracts.envelope import Event
from ingest.contracts.types import ID_MAX_CHARS
from ingest.contracts.validate import CLOCK_SKEW, EARLIEST, Refusal, validate
from tests.ingest.contracts.examples import GOOD, NOW, anything, steady
from tests.lakes import event

MESSAGE_MAX_CHARS = 400
KEY_MAX_CHARS = 60


def refusal(payload: Any) -> Refusal:
    result = validate(payload, NOW)
    assert isinstance(result, Refusal)
    return result


@steady
@given(anything)
def test_anything_is_an_event_or_a_refusal_in_one_sentence(payload: Any) -> None:
    result = validate(payload, NOW)
    if isinstance(result, Refusal):
        assert re.fullmatch(r"[A-Z].*\.|[a-z_]+: .*\.", result.message), result.message
        assert len(result.message) <= MESSAGE_MAX_CHARS
        assert result.message.isprintable()
        assert result.event_id is None or len(result.event_id.encode()) <= 4 * ID_MAX_CHARS
    else:
        assert isinstance(result, Event)


FIELDS = sorted({field for example in GOOD for field in example} - {"event_type"})


@steady
@given(st.sampled_from(GOOD), st.sampled_from([*FIELDS, "extra"]), st.sampled_from([str, list, dict]))
def test_what_somebody_wrote_is_not_repeated(example: dict[str, Any], field: str, form: type) -> None:
    private = "my card is 4111 1111 1111 1111, please call +49 30 123456"
    result = validate({**example, field: {str: private, list: [private], dict: {"analytics": private}}[form]}, NOW)
    assert not isinstance(result, Refusal) or "4111" not in result.message


@pytest.mark.parametrize("key", ["x" * 5000, "a\nb. C", "\ud800", "é" * 300, ""])
def test_a_strange_key_is_told_short_and_on_one_line(key: str) -> None:
    found = refusal(event(**{key: 1}))
    assert found.code == ("wrong_type" if key == "\ud800" else "unknown_field")
    assert len(found.message) < MESSAGE_MAX_CHARS
    assert found.message.isprintable()
    assert "x" * (KEY_MAX_CHARS + 1) not in found.message


@pytest.mark.parametrize(
    ("sent", "meant", "unit"),
    [
        ("latency_s", "latency_ms", "milliseconds"),
        ("latency", "latency_ms", "milliseconds"),
        ("latency_seconds", "latency_ms", "milliseconds"),
        ("time_to_first_token", "time_to_first_token_ms", "milliseconds"),
        ("reported_cost", "reported_cost_usd", "US dollars"),
        ("reported_cost_eur", "reported_cost_usd", "US dollars"),
        ("output_token", "output_tokens", "tokens"),
    ],
)
def test_a_field_in_another_unit_is_pointed_to_the_right_one(sent: str, meant: str, unit: str) -> None:
    message = refusal(event(**{sent: 2.5})).message
    assert message == f"prompt_execution: has no field {sent!r}; did you mean {meant!r}, in {unit}."


@pytest.mark.parametrize(("sent", "meant"), [("userId", "user_id"), ("sessionid", "session_id"), ("Model", "model")])
def test_a_misspelt_field_is_pointed_to_the_right_one(sent: str, meant: str) -> None:
    assert refusal(event(**{sent: "x"})).message.endswith(f"; did you mean {meant!r}.")


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (None, "null"),
        (True, "true or false"),
        (7, "a number"),
        (7.5, "a number"),
        ("text of a person", "a string"),
        ([], "an array"),
    ],
)
def test_what_is_no_object_is_told_by_its_kind(payload: Any, says: str) -> None:
    assert refusal(payload).message == f"An event is a JSON object, but this is {says}."


@pytest.mark.parametrize("event_type", [None, 7, True, [], {}, "", "x" * 9000, "\ud800\n"])
def test_a_strange_type_is_unknown(event_type: Any) -> None:
    found = refusal({**event(), "event_type": event_type})
    assert (found.code, found.event_type) == ("unknown_type", "unknown")
    assert found.event_id
    assert len(found.message) < MESSAGE_MAX_CHARS


def test_an_id_that_can_be_none_is_kept_short_and_writable() -> None:
    assert refusal(event(event_id="x" * 100_000)).event_id == "x" * ID_MAX_CHARS
    assert refusal(event(event_id="\ud800")).event_id == "?"
    assert refusal(event(event_id=["x"])).event_id is None


def test_the_clock_decides_at_its_limits() -> None:
    late = NOW + CLOCK_SKEW
    assert isinstance(validate(event(occurred_at=late.isoformat()), NOW), Event)
    assert refusal(event(occurred_at=(late + timedelta(microseconds=1)).isoformat())).code == "time_in_future"
    assert isinstance(validate(event(occurred_at=EARLIEST.isoformat()), NOW), Event)
    assert refusal(event(occurred_at="1999-12-31T23:59:59.999999Z")).code == "time_too_early"


@steady
@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2026, 3, 1)),  # noqa: DTZ001 - the zone is added
    st.integers(-1439, 1439),
)
def test_a_time_is_the_same_instant_whatever_its_offset(moment: datetime, offset_min: int) -> None:
    instant = moment.replace(tzinfo=UTC)
    written = instant.astimezone(timezone(timedelta(minutes=offset_min))).isoformat()
    result = validate(event(occurred_at=written), NOW)
    assert isinstance(result, Event)
    assert result.occurred_at == instant


@pytest.mark.parametrize("written", [0, 1772357400, 1772357400250.5, "1772357400", " 1772357400.25 ", "-1", "+1"])
def test_a_bare_number_is_no_time(written: Any) -> None:
    found = refusal(event(occurred_at=written))
    assert found.code == "invalid_value"
    assert "bare number" in found.message
    assert "2026-03-01T09:30:00Z" in found.message


@pytest.mark.parametrize(
    "written", ["2026-03-01", "2026-03-01T09:30:00", "2026-03-01 09:30", "", "soon", True, None, {}]
)
def test_what_names_no_instant_is_no_time(written: Any) -> None:
    assert refusal(event(occurred_at=written)).code == "wrong_type"


@pytest.mark.parametrize(("sent", "kept"), [(812, 812), (812.4, 812), (0.2, 0), (812.6, 813)])
def test_fractions_of_a_millisecond_are_rounded(sent: float, kept: int) -> None:
    result = validate(event(latency_ms=sent), NOW)
    assert getattr(result, "latency_ms", None) == kept


@pytest.mark.parametrize(
    "sent", [-0.6, 1e12 + 1, 1e300, float("nan"), float("inf"), pytest.param(10**5000, id="5000 digits")]
)
def test_what_is_no_duration_is_refused(sent: float) -> None:
    assert refusal(event(latency_ms=sent)).code in {"out_of_range", "wrong_type"}


def test_a_refusal_counts_what_else_is_wrong() -> None:
    assert refusal(event(a=1, b=2, status="?")).message.endswith(" (2 more to fix).")
