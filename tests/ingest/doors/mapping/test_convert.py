"""Times, durations and numbers of every spelling; a wrong unit is told by name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.doors.mapping.convert import Kind, compile_field
from ingest.doors.mapping.model import FieldSpec
from ingest.doors.mapping.times import EPOCH_UNITS, ConversionError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_moments = st.integers(946_771_200_000_000, 4_102_300_000_000_000).map(lambda us: _EPOCH + timedelta(microseconds=us))
_PER_SECOND = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}


def convert(value: Any, kind: Kind, **spec: Any) -> Any:
    return compile_field(FieldSpec.model_validate({"from": "x", **spec}), kind)({"x": value})


@given(_moments, st.sampled_from(EPOCH_UNITS), st.booleans())
def test_an_epoch_is_exact_to_the_microsecond(moment: datetime, unit: str, as_text: bool) -> None:
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    value, rest = divmod(micros * _PER_SECOND[unit], 10**6)
    if rest == 0:
        assert convert(str(value) if as_text else value, "time", unit=unit) == moment
    assert convert(f"{micros // 10**6}.{micros % 10**6:06}", "time", unit="epoch_s") == moment


@given(_moments, st.sampled_from(EPOCH_UNITS), st.sampled_from(EPOCH_UNITS))
def test_a_time_in_another_unit_is_refused_with_the_right_one(moment: datetime, real: str, said: str) -> None:
    value = int((moment - _EPOCH).total_seconds()) * _PER_SECOND[real]
    if real == said:
        assert convert(value, "time", unit=said) == moment.replace(microsecond=0)
    else:
        with pytest.raises(ConversionError, match=f"set `unit: {real}`"):
            convert(value, "time", unit=said)


@given(_moments, st.sampled_from([" ", "T"]))
def test_a_time_without_offset_needs_a_zone(moment: datetime, between: str) -> None:
    text = moment.replace(tzinfo=None).isoformat(between)
    assert convert(text, "time", unit="iso8601", zone="UTC") == moment
    assert convert(moment.isoformat(between), "time", unit="iso8601") == moment
    with pytest.raises(ConversionError, match="set `zone`"):
        convert(text, "time", unit="iso8601")


def test_seven_digits_of_a_second_are_kept_to_the_microsecond() -> None:
    found = convert("2023-11-16 18:15:46.6805909", "time", unit="iso8601", zone="UTC")
    assert found == datetime(2023, 11, 16, 18, 15, 46, 680590, UTC)


def test_a_zone_and_a_format_are_applied() -> None:
    assert convert("2026-07-01 12:00", "time", unit="iso8601", zone="Europe/Berlin") == datetime(
        2026, 7, 1, 10, tzinfo=UTC
    )
    assert convert("01/Jul/2026:12:00:00 +0200", "time", format="%d/%b/%Y:%H:%M:%S %z") == datetime(
        2026, 7, 1, 10, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("value", "spec", "message"),
    [
        (True, {"unit": "epoch_s"}, "x is not a number, as epoch_s is"),
        (12, {"unit": "epoch_s"}, "x is 12, which is no time between 2000 and 2100"),
        ("NaN", {"unit": "epoch_s"}, "x is not a number"),
        ("1e999999", {"unit": "epoch_s"}, "x is not a number"),
        ("2026-01-01T00:00:00Z", {"unit": "epoch_ms"}, "set `unit: iso8601`"),
        (1767349800123, {"unit": "iso8601"}, "set `unit: epoch_ms`"),
        ("yesterday", {"unit": "iso8601"}, "x is not an ISO 8601 time"),
        ("2026-13-01", {"unit": "iso8601"}, "x is not an ISO 8601 time"),
        ("noon", {"format": "%H:%M"}, "does not fit the format '%H:%M'"),
    ],
)
def test_what_is_no_time_is_refused_in_one_sentence(value: Any, spec: dict[str, str], message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        convert(value, "time", **spec)


@given(st.integers(0, 10**9))
def test_durations_become_milliseconds(ms: int) -> None:
    assert convert(ms, "duration", unit="ms") == ms
    assert convert(f"{ms // 1000}.{ms % 1000:03}", "duration", unit="s") == ms
    assert convert(ms * 1000, "duration", unit="us") == ms
    assert convert(ms * 10**6, "duration", unit="ns") == ms


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_whole_numbers_may_come_as_text_and_stay_exact(number: int) -> None:
    assert convert(number, "integer") == convert(str(number), "integer") == number


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("12a", "integer", "x is a text, not a number"),
        (1.5, "integer", "x is 1.5, which is not a whole number"),
        (2**70, "integer", "more than 64 bits"),
        (True, "integer", "x is true or false, not a number"),
        ("inf", "number", "x is a text, not a number"),
        ({"a": 1}, "text", "x is an object, not a text"),
        ("maybe", "boolean", "is not one of true, false"),
    ],
)
def test_what_does_not_fit_is_refused_without_showing_texts(value: Any, kind: Kind, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        convert(value, kind)


def test_rewriting_goes_extract_prefix_map_default() -> None:
    assert convert("openai/gpt", "text", strip_prefix="openai/") == "gpt"
    assert convert("code=17;", "text", extract=r"code=(\d+)", map={17: "busy"}) == "busy"
    assert convert("nothing", "text", extract=r"code=(\d+)", default="other") == "other"
    assert convert(404, "text", map={200: "ok", "*": "error"}) == "error"
    assert convert("kept", "text", map={"a": "b"}) == "kept"
    assert convert("None", "text", map={"None": None}) is None
    assert convert("", "text", default="d") == convert(None, "text", default="d") == "d"
    assert convert(True, "text") == "true"
