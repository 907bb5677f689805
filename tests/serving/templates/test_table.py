"""SQLite, moto and DynamoDB Local, held to the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.stores.table import ITEM_MAX_BYTES, Add, Delete, Expect, Full, Key, Lost, Put, every
from tests.serving.templates.tables import Open

KEY = Key("p", "s")


def test_what_is_written_is_read_by_others(fresh: Callable[[], Open]) -> None:
    open_table = fresh()
    open_table().write([Put(KEY, '{"a": "é\\u0000"}'), Put(Key("p", "t"), "")])
    assert open_table().get([KEY, Key("p", "t"), Key("p", "u"), Key("q", "s")]) == {
        KEY: '{"a": "é\\u0000"}',
        Key("p", "t"): "",
    }
    assert open_table().get([]) == {}


def test_a_write_that_knows_an_old_revision_is_lost_whole(fresh: Callable[[], Open]) -> None:
    table = fresh()()
    table.write([Put(KEY, "1", revision=1, replaces=0)])
    table.write([Put(KEY, "2", revision=2, replaces=1)])
    for stale in (0, 1, 3):
        with pytest.raises(Lost):
            table.write([Put(Key("p", "other"), "x"), Put(KEY, "3", revision=3, replaces=stale)])
    assert table.get([KEY, Key("p", "other")]) == {KEY: "2"}


def test_nothing_is_replaced_where_nothing_is(fresh: Callable[[], Open]) -> None:
    table = fresh()()
    with pytest.raises(Lost):
        table.write([Put(KEY, "x", revision=2, replaces=1)])
    table.write([Delete(KEY)])
    assert table.get([KEY]) == {}


def test_nothing_is_written_where_another_item_has_changed(fresh: Callable[[], Open]) -> None:
    table, other = fresh()(), Key("q", "other")
    table.write([Put(KEY, "1", revision=1)])
    table.write([Put(other, "1"), Expect(KEY, 1)])
    for key, revision in ((KEY, 2), (KEY, 0), (Key("p", "nothing"), 0), (Key("p", "nothing"), 1)):
        with pytest.raises(Lost):
            table.write([Put(other, "2"), Expect(key, revision)])
    assert table.get([KEY, other]) == {KEY: "1", other: "1"}, "and what is expected is not written"


def test_what_is_taken_away_by_revision_is_lost_where_it_was_changed(fresh: Callable[[], Open]) -> None:
    table = fresh()()
    table.write([Put(KEY, "1", revision=1)])
    with pytest.raises(Lost):
        table.write([Delete(KEY, replaces=2)])
    assert table.get([KEY]) == {KEY: "1"}
    table.write([Delete(KEY, replaces=1)])
    assert table.get([KEY]) == {}


def test_numbers_are_counted_on_and_stop_at_their_bound(fresh: Callable[[], Open]) -> None:
    table = fresh()()
    other = Key("p", "t")
    table.write([Add(KEY, {"a": 7, "b": -3}, below={"a": 10}, expires_at_s=4_102_444_800)])
    table.write([Add(KEY, {"a": 7}, below={"a": 10}), Add(other, {"a": 1})])
    assert {key: json.loads(found) for key, found in table.get([KEY, other]).items()} == {
        KEY: {"a": 14, "b": -3},
        other: {"a": 1},
    }
    for writes in ([Add(KEY, {"a": 1}, below={"a": 14})], [Add(other, {"a": 1}), Add(KEY, {"a": 1}, below={"a": 10})],
                   [Add(Key("p", "new"), {"a": 1}, below={"a": 0})]):  # fmt: skip
        with pytest.raises(Lost):
            table.write(writes)
    assert [json.loads(found) for _, found in table.query("p")] == [{"a": 14, "b": -3}, {"a": 1}]


def test_what_many_count_at_once_is_all_counted_and_stops_at_the_bound(shared: Open) -> None:
    keys = [KEY, Key("p", "t")]

    def count(number: int) -> bool:
        table = shared()
        wanted = [Add(key, {"n": 1}, below={"n": 20}) for key in keys[: 1 + number % 2]]
        for _ in range(50):
            try:
                table.write(wanted)
            except Lost:
                if json.loads(table.get([KEY])[KEY])["n"] >= 20:
                    return False
            else:
                return True
        raise AssertionError("others were always faster")

    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(count, range(40)))
    assert sum(counted) == 20
    assert json.loads(shared().get([KEY])[KEY]) == {"n": 20}


def test_what_is_too_large_is_refused_and_nothing_else_written(fresh: Callable[[], Open]) -> None:
    table = fresh()()
    table.write([Put(KEY, "x" * ITEM_MAX_BYTES)])
    with pytest.raises(Full, match="390,001 bytes"):
        table.write([Put(Key("p", "a"), "x"), Put(Key("p", "b"), "x" * (ITEM_MAX_BYTES + 1))])
    assert [sort for sort, _ in table.query("p")] == ["s"]


def test_pages_of_a_megabyte_are_put_together(fresh: Callable[[], Open]) -> None:
    table = fresh()()
    for number in range(7):
        table.write([Put(Key("p", f"v#{number}"), str(number) * 300_000)])
    assert [document[0] for _, document in table.query("p", "v#", limit=6, newest_first=True)] == list("654321")
    assert [sort for sort, _ in every(table, "p")] == [f"v#{number}" for number in range(7)]


_sorts = st.text(alphabet="ab#é😀", min_size=1, max_size=3)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sorts=st.sets(_sorts, max_size=12), prefix=st.text(alphabet="ab#é", max_size=2), after=_sorts | st.just(""),
       limit=st.integers(1, 5), newest_first=st.booleans())  # fmt: skip
def test_a_query_is_a_piece_of_the_sorted_keys(
    fresh: Callable[[], Open], sorts: set[str], prefix: str, after: str, limit: int, newest_first: bool
) -> None:
    table = fresh()()
    if sorts:
        table.write([Put(Key("p", sort), sort) for sort in sorted(sorts)])
        table.write([Put(Key("q", sort), sort) for sort in sorted(sorts)])
    within = sorted((s for s in sorts if s.startswith(prefix)), key=str.encode, reverse=newest_first)
    if after:
        within = [s for s in within if (s.encode() < after.encode() if newest_first else s.encode() > after.encode())]
    found = table.query("p", prefix, after, limit, newest_first=newest_first)
    assert [sort for sort, _ in found] == within[:limit]


_writes = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from([None, 0, 1, 2, 3]), st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda write: write[0],
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_writes, max_size=8))
def test_it_is_a_dictionary_with_conditions(
    fresh: Callable[[], Open], transactions: list[list[tuple[str, int, int | None, bool]]]
) -> None:
    table = fresh()()
    model: dict[str, tuple[str, int]] = {}
    for number, writes in enumerate(transactions):
        holds = all(
            replaces is None or (replaces == 0 and sort not in model) or
            (replaces > 0 and sort in model and model[sort][1] == replaces)
            for sort, _, replaces, _ in writes
        )  # fmt: skip
        asked = [
            Delete(Key("p", sort), replaces) if is_delete else Put(Key("p", sort), f"{number}", revision, replaces)
            for sort, revision, replaces, is_delete in writes
        ]
        if holds:
            table.write(asked)
            for sort, revision, _, is_delete in writes:
                model.pop(sort, None)
                if not is_delete:
                    model[sort] = (f"{number}", revision)
        else:
            with pytest.raises(Lost):
                table.write(asked)
    assert dict(table.query("p")) == {sort: document for sort, (document, _) in model.items()}
