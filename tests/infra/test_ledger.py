"""The ledger books all of a hand-over or nothing, for several processes at once."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.ledger import SqliteLedger
from ingest.delivery.booking import Booking, BronzeObject

HOUR = "2026-03-01-10"


def bronze_object(path: str, table: str = "behavior", hour: str = HOUR, rows: int = 3) -> BronzeObject:
    return BronzeObject(path, table, hour, "native", rows, 100)


def booking(kind: str, events: int, event_type: str = "behavior") -> Booking:
    return Booking(HOUR, event_type, "native", kind, events)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    opened = SqliteLedger(tmp_path / "state.db")
    yield opened
    opened.close()


def test_a_drain_is_booked_whole(ledger: SqliteLedger) -> None:
    ledger.commit_drain([bronze_object("b1"), bronze_object("b2")], [booking("received", 6)], ["s1", "s2"])
    assert [ledger.is_drained(name) for name in ("s1", "s2", "s3")] == [True, True, False]
    assert ledger.objects_to_land() == ["b1", "b2"]
    booked, waiting = ledger.bookings_and_waiting()
    assert booked == [(HOUR, "behavior", "native", "received", 6)]
    assert [path for _, _, _, path, _ in waiting] == ["b1", "b2"]


def test_a_drain_that_fails_books_nothing(ledger: SqliteLedger) -> None:
    ledger.commit_drain([bronze_object("b1")], [booking("received", 3)], ["s1"])
    with pytest.raises(sqlite3.IntegrityError):
        ledger.commit_drain([bronze_object("b2")], [booking("received", 3)], ["s2", "s1"])
    with pytest.raises(sqlite3.IntegrityError):
        ledger.commit_drain([bronze_object("b1")], [booking("received", 3)], ["s3"])
    assert ledger.objects_to_land() == ["b1"]
    assert [ledger.is_drained(name) for name in ("s2", "s3")] == [False, False]
    assert ledger.bookings_and_waiting()[0] == [(HOUR, "behavior", "native", "received", 3)]


def test_an_object_is_new_once_it_has_landed_and_until_it_is_built(ledger: SqliteLedger) -> None:
    ledger.commit_drain(
        [
            bronze_object("late", hour="2026-03-01-11"),
            bronze_object("b"),
            bronze_object("a"),
            bronze_object("w", "web_vital"),
        ],
        [],
        ["s1"],
    )
    assert ledger.new_objects("behavior") == []
    ledger.landed(["late", "b", "a", "w"])
    assert ledger.objects_to_land() == []
    assert ledger.new_objects("behavior") == ["a", "b", "late"]
    ledger.commit_silver("run-1", ["a", "b"], [booking("silver", 6)], {})
    assert ledger.new_objects("behavior") == ["late"]
    assert ledger.new_objects("web_vital") == ["w"]
    assert ledger.stored() == [("behavior", 3, 9, 300), ("web_vital", 1, 3, 100)]


def test_segments_are_forgotten_when_they_are_gone(ledger: SqliteLedger) -> None:
    ledger.commit_drain([], [], ["s1", "s2"])
    ledger.forget_segments(["s1"])
    assert [ledger.is_drained(name) for name in ("s1", "s2")] == [False, True]


def test_a_silver_run_that_fails_remembers_nothing(ledger: SqliteLedger) -> None:
    ledger.commit_drain([bronze_object("a")], [], ["s1"])
    ledger.landed(["a"])
    ledger.set_fact("snapshot", "1")
    broken = (HOUR, "behavior", "native", "silver", "many")
    with pytest.raises(sqlite3.IntegrityError):
        ledger.commit_silver("run-1", ["a"], [broken], {"snapshot": "2"})  # type: ignore[list-item]
    assert (ledger.new_objects("behavior"), ledger.fact("snapshot"), ledger.last_booking()) == (["a"], "1", 0)


def test_facts_are_replaced_and_forgotten(ledger: SqliteLedger) -> None:
    assert ledger.fact("x") is None
    ledger.commit_silver("run-1", [], [], {"x": "1", "y": None})
    ledger.set_fact("x", "2")
    assert ledger.fact("x") == "2"
    ledger.set_fact("x", None)
    assert ledger.fact("x") is None


def test_what_was_drained_once_stays_so(ledger: SqliteLedger) -> None:
    assert [ledger.drained_until(us) for us in (9, 10, 7, 11)] == [9, 10, 10, 11]
    assert ledger.fact("drained_until_us") == "11"


def test_quarantine_waits_for_no_build(ledger: SqliteLedger) -> None:
    ledger.commit_drain([bronze_object("q", "quarantine")], [booking("quarantined", 3)], ["s1"])
    assert ledger.bookings_and_waiting()[1] == []


def test_bookings_are_summed_and_never_restated(ledger: SqliteLedger) -> None:
    for number in range(3):
        ledger.commit_drain([], [booking("received", 2), booking("received", 1, "feedback")], [f"s{number}"])
    assert ledger.last_booking() == 6
    assert ledger.bookings_and_waiting()[0] == [
        (HOUR, "behavior", "native", "received", 6),
        (HOUR, "feedback", "native", "received", 3),
    ]


def test_what_was_booked_is_there_when_opened_again(tmp_path: Path) -> None:
    first = SqliteLedger(tmp_path / "state.db")
    first.commit_drain([bronze_object("b1")], [booking("received", 3)], ["s1"])
    first.close()
    again = SqliteLedger(tmp_path / "state.db")
    assert (again.objects_to_land(), again.is_drained("s1")) == (["b1"], True)
    again.close()


def test_ledgers_opened_and_written_at_once_add_up(tmp_path: Path) -> None:
    """Opened for the first time by all of them at once, too; SQLite locks connections of a process like others'."""
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        start.wait()
        try:
            ledger = SqliteLedger(tmp_path / "state.db")
            for number in range(10):
                name = f"{writer}-{number}"
                ledger.commit_drain([bronze_object(name)], [booking("received", 1)], [name])
            ledger.close()
        except sqlite3.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    ledger = SqliteLedger(tmp_path / "state.db")
    assert ledger.bookings_and_waiting()[0] == [(HOUR, "behavior", "native", "received", 80)]
    assert len(ledger.objects_to_land()) == 80
    ledger.close()
