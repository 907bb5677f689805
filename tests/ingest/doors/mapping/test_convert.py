"""Times, durations and numbers of every spelling; a wrong unit is told by name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.doors.mapping.convert import Kind
from ingest.doors.mapping.field_spec import DecimalMark, FieldSpec
from ingest.doors.mapping.fields import compile_field
from ingest.doors.mapping.times import EPOCH_UNITS, ConversionError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_moments = st.integers(946_771_200_000_000, 4_102_300_000_000_000).map(lambda us: _EPOCH + timedelta(microseconds=us))
START = 1767349800
_PER_SECOND = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}


def convert(value: Any, kind: Kind, **spec: Any) -> Any:
    return of_row({"x": value}, kind, **{"from": "x", **spec})


def of_row(row: dict[str, Any], kind: Kind, mark: DecimalMark = ".", **spec: Any) -> Any:
    return compile_field(FieldSpec.model_validate(spec), kind, mark)(row)


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
    assert convert("Waiting For SUPPORT", "text", lower=True, map={"waiting for support": "open"}) == "open"
    assert convert("a long mail", "text", cut=6) == "a long"


def test_a_list_or_an_object_is_joined_to_one_text() -> None:
    assert convert(["a", None, 2, True], "text", join=", ") == "a, 2, true"
    assert convert({"QueueName": "q", "Region": ""}, "text", join=", ") == "QueueName=q"
    assert convert("plain", "text", join=", ") == "plain"
    with pytest.raises(ConversionError, match="x is an object, not a text"):
        convert([{"a": 1}], "text", join=", ")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("4,5", "number", 4.5),
        ("-1.234.567,25", "number", -1234567.25),
        ("1.234", "integer", 1234),
        ("1'234\u00a0567", "integer", None),
        ("1\u00a0234", "integer", 1234),
        ("7", "integer", 7),
        (7.5, "number", 7.5),
        ("1.5", "number", None),
        ("1,2,3", "number", None),
        ("1.23,4", "number", None),
    ],
)
def test_a_decimal_comma_is_read_where_the_mapping_says_so(value: Any, kind: Kind, expected: Any) -> None:
    for spec, mark in (({"decimal": ","}, "."), ({}, ",")):
        if expected is None:
            with pytest.raises(ConversionError, match=r"x (is|has) .*not a number|x has a decimal point"):
                of_row({"x": value}, kind, mark, **{"from": "x"}, **spec)  # type: ignore[arg-type]
        else:
            assert of_row({"x": value}, kind, mark, **{"from": "x"}, **spec) == expected  # type: ignore[arg-type]
    assert of_row({"x": "1,5"}, "duration", ",", **{"from": "x", "unit": "min"}) == 90_000
    assert of_row({"x": "1767349800,5"}, "time", ",", **{"from": "x", "unit": "epoch_s"}).microsecond == 500_000


def test_a_duration_of_the_row_is_added_to_a_time() -> None:
    constant = {"value": "2026-03-01T00:00:00Z"}
    turn = {"from": "turn", "unit": "s"}
    assert of_row({"turn": "7"}, "time", **constant, plus=turn) == datetime(2026, 3, 1, 0, 0, 7, tzinfo=UTC)
    assert of_row({"turn": -1}, "time", **constant, plus={**turn, "map": {"-1": 60}}).minute == 1
    started = {"from": "at", "unit": "epoch_s", "plus": {"from": "took", "unit": "us", "default": 0}}
    assert of_row({"at": START, "took": 1.0}, "time", **started).microsecond == 1
    assert of_row({"at": START}, "time", **started) == datetime.fromtimestamp(START, UTC)
    assert of_row({"took": 5}, "time", **started) is None
    for row, reason in (
        ({}, "turn has no value to add; give `plus` a `default`"),
        ({"turn": "soon"}, "turn is a text, not a number"),
        ({"turn": 10**12}, "turn is too long to be added to a time"),
    ):
        with pytest.raises(ConversionError, match=reason):
            of_row(row, "time", **constant, plus=turn)
    with pytest.raises(ConversionError, match="turn leads beyond the year 9999"):
        of_row({"turn": 10}, "time", value="9999-12-31T23:59:59Z", plus=turn)


@pytest.mark.parametrize(
    ("start", "end", "spec", "expected"),
    [
        (1767349800.25, "1767349802", {"unit": "epoch_s"}, 1750),
        ("2026-01-02 10:00:00", "2026-01-02 10:00:00.0006", {"unit": "iso8601", "zone": "UTC"}, 1),
        ("10:00", "11:30", {"format": "%H:%M", "zone": "UTC"}, 5_400_000),
        ("12.5", 14, {"unit": "s"}, 1500),
        (5_000_000, 7_000_000, {"unit": "ns"}, 2),
        (None, 14, {"unit": "s"}, None),
        (14, "", {"unit": "s"}, None),
    ],
)
def test_a_duration_may_be_the_difference_of_two_times(start: Any, end: Any, spec: Any, expected: Any) -> None:
    assert of_row({"a": start, "b": end}, "duration", **{"from": "b", "minus": "a"}, **spec) == expected


def test_an_end_before_its_start_is_refused() -> None:
    with pytest.raises(ConversionError, match="b lies before a; check which of them is the end"):
        of_row({"a": 2, "b": 1}, "duration", **{"from": "b", "minus": "a", "unit": "s"})


def test_another_place_is_read_where_the_first_has_no_value() -> None:
    spec = {"from": "a", "map": {"x": None}, "or": {"from": "b", "or": {"from": "c"}}, "default": "none"}
    assert of_row({"a": "1", "b": "2"}, "text", **spec) == "1"
    assert of_row({"a": "x", "b": "2"}, "text", **spec) == "2"
    assert of_row({"a": "", "c": "3"}, "text", **spec) == "3"
    assert of_row({}, "text", **spec) == "none"


def test_the_first_format_that_fits_counts() -> None:
    layouts = {"from": "x", "format": ["%d/%b/%y %I:%M %p", "%Y-%m-%d %H:%M"], "zone": "UTC"}
    for value in ("01/Mar/26 9:30 AM", "2026-03-01 09:30"):
        assert of_row({"x": value}, "time", **layouts) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    with pytest.raises(ConversionError, match="x does not fit any of the formats '%d/%b/%y %I:%M %p', '"):
        of_row({"x": "yesterday"}, "time", **layouts)
