"""The fast way to read an event and the plain one accept the same, and read the same from it."""

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.contracts import quick
from ingest.contracts.validate import Refusal, hold_against_clock, validate
from tests.ingest.contracts.examples import GOOD, NOW, files, load, name, nearly_events, steady

SPELLINGS = ["1e3", "1.0", "-0", "-0.0", "1E400", "NaN", "Infinity", "-Infinity", "00", "+1", "1.", "0x1", "1" * 400]
SPELLINGS += ['"\\ud800"', '"\\u0041"', '"\x01"', "'a'", "1_000", "true", "null", "[]", "{}", '"' + "x" * 300 + '"']


def plainly(line: bytes) -> Any:
    """What the plain way makes of a line: an event, or None where it refuses."""
    try:
        decoded = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    found = validate(decoded, NOW)
    return None if isinstance(found, Refusal) else found


def assert_the_same(line: bytes) -> None:
    event = quick.read(line)
    if event is None:
        return  # then the plain way decides
    checked = hold_against_clock(event, NOW)
    accepted = None if isinstance(checked, Refusal) else checked
    plain = plainly(line)
    assert accepted == plain
    assert plain is None or accepted is None or type(accepted) is type(plain)
    assert plain is None or event.model_fields_set == plain.model_fields_set


@pytest.mark.parametrize("path", files("pass"), ids=name)
def test_good_events_take_the_fast_way_unless_they_hold_free_form_data(path: Any) -> None:
    event = load(path)
    line = orjson.dumps(event)
    assert (quick.read(line) is not None) == (event.get("properties") is None)
    assert_the_same(line)


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
    key = data.draw(st.sampled_from(sorted(event)))
    line = json.dumps({**event, key: "@@"}).replace('"@@"', spelling).encode()
    assert_the_same(line)


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
