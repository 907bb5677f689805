"""Ids of rows that have none: what a row is counts, not where or how often the log is read."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.delivery.privacy.treatment import MADE
from ingest.doors.mapping.ids import RowIds

Rows = list[dict[str, Any]]
# Few different rows, so that equal ones are common.
_rows = st.lists(st.fixed_dictionaries({"a": st.integers(0, 3), "b": st.sampled_from(["x", "y"])}), max_size=25)


def ids(rows: Rows, source: str = "log") -> list[str]:
    made = RowIds(source)
    found = [made.next_id(row) for row in rows]
    made.close()
    return found


@given(_rows)
def test_every_row_has_its_own_id_of_32_hex_digits_marked_as_made(rows: Rows) -> None:
    found = ids(rows)
    assert len(set(found)) == len(rows)
    assert all(len(i) == 33 and i[0] == MADE and int(i[1:], 16) >= 0 for i in found)


@given(_rows, st.randoms())
def test_any_order_gives_the_same_ids(rows: Rows, random: Any) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert set(ids(shuffled)) == set(ids(rows))


@given(_rows, _rows)
def test_a_log_that_has_grown_keeps_the_ids_it_had(rows: Rows, more: Rows) -> None:
    assert ids(rows + more)[: len(rows)] == ids(rows)


@given(_rows, _rows)
def test_two_imports_hold_together_as_many_events_as_rows_that_differ_or_repeat_within_one(a: Rows, b: Rows) -> None:
    def counted(rows: Rows) -> Counter[str]:
        return Counter(str(sorted(row.items())) for row in rows)

    assert len(set(ids(a)) | set(ids(b))) == (counted(a) | counted(b)).total()


@given(_rows.filter(bool))
def test_another_source_has_other_ids(rows: Rows) -> None:
    assert not set(ids(rows)) & set(ids(rows, "another"))


def test_the_order_of_keys_says_nothing_and_the_id_stays_for_ever() -> None:
    assert ids([{"a": 1, "b": "ü"}]) == ids([{"b": "ü", "a": 1}]) == ["~404e4c8e84e73ef1d789badf1a38fe0b"]
