"""What is DynamoDB's alone: writes that are cut off between two requests, and the counters at the doors."""

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from infra.aws.lake.discovery import collect
from infra.aws.lake.ledger import DynamoLedger
from infra.aws.lake.lock import CLOCKS_DIFFER_S, Busy, Lease
from ingest.contracts import layout
from ingest.delivery.booking import Booking, BronzeObject
from ingest.delivery.dynamo_books import DynamoBooks
from tests.services.dynamodb import client, dynamodb_local
from tests.tables import make_table

HOUR = "2026-03-01-10"
OBJECTS = [
    BronzeObject(layout.bronze_object("behavior", HOUR, f"{n:03d}"), "behavior", HOUR, "native", 2, 9)
    for n in range(100)
]
SILVER = Booking(HOUR, "behavior", "native", "silver", 200)
_numbers = count()


class Killed(BaseException):
    """The function's end, at whatever moment."""


class Mortal:
    """A client whose function dies before or after some request of a kind."""

    def __init__(self, asked: Any, request: str, number: int, *, is_done: bool) -> None:
        self._asked, self._request, self._left, self._is_done = asked, request, number, is_done

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._asked, name)
        if name != self._request:
            return real

        def request(**asked: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._is_done:
                raise Killed
            answer = real(**asked)
            if self._left == 0:
                raise Killed
            return answer

        return request


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with dynamodb_local() as url:
        yield client(url)


@pytest.fixture
def table(dynamodb: Any) -> str:
    name = f"ledger-{next(_numbers)}"
    make_table(dynamodb, name)
    return name


@pytest.mark.parametrize(
    ("request_", "number", "is_done", "is_committed"),
    [
        ("transact_write_items", 1, False, False),
        ("transact_write_items", 1, True, True),
        ("batch_write_item", 1, False, True),
        ("batch_write_item", 2, True, True),
        ("batch_write_item", 5, True, True),
    ],
)
def test_a_run_that_is_cut_off_is_there_whole_or_not_at_all(
    dynamodb: Any, table: str, request_: str, number: int, is_done: bool, is_committed: bool
) -> None:
    DynamoLedger(dynamodb, table).add(OBJECTS)
    mortal = Mortal(dynamodb, request_, number, is_done=is_done)
    with pytest.raises(Killed):
        DynamoLedger(mortal, table).commit_silver("run-1", [o.path for o in OBJECTS], [SILVER], {"x": "1"})
    ledger = DynamoLedger(dynamodb, table)
    assert ledger.fact("x") == ("1" if is_committed else None)
    assert len(ledger.new_objects("behavior")) == (0 if is_committed else 100)
    booked, waiting = ledger.bookings_and_waiting()
    assert (SILVER in booked, len(waiting)) == ((True, 0) if is_committed else (False, 100))


def test_objects_that_were_found_in_part_are_found_once(dynamodb: Any, table: str) -> None:
    with pytest.raises(Killed):
        DynamoLedger(Mortal(dynamodb, "transact_write_items", 2, is_done=True), table).add(OBJECTS)
    ledger = DynamoLedger(dynamodb, table)
    known = ledger.known("behavior", "")
    assert 0 < len(known) < 100
    ledger.add([o for o in OBJECTS if o.path not in known])
    assert ledger.known("behavior", "") == {o.path for o in OBJECTS}
    assert ledger.known("behavior", OBJECTS[97].path) == {OBJECTS[98].path, OBJECTS[99].path}
    assert ledger.bookings_and_waiting()[0] == [Booking(HOUR, "behavior", "native", "bronze", 200)]


def test_counts_at_the_doors_are_booked_once(dynamodb: Any, table: str) -> None:
    books, ledger = [DynamoBooks(dynamodb, table) for _ in range(20)], DynamoLedger(dynamodb, table)
    for function in books:
        function.book("otlp", HOUR, {"received": {"behavior": 3, "feedback": 1}, "quarantined": {"behavior": 1}})
        function.book("native", HOUR, {"refused_requests": {"unknown_path": 1}, "dropped": {"behavior": 0}})
    collect(books[0], ledger)
    collect(books[1], ledger)
    books[2].book("otlp", HOUR, {"received": {"behavior": 1}})
    collect(books[0], ledger)
    assert ledger.bookings_and_waiting()[0] == [
        (HOUR, "behavior", "otlp", "quarantined", 20),
        (HOUR, "behavior", "otlp", "received", 61),
        (HOUR, "feedback", "otlp", "received", 20),
        (HOUR, "unknown_path", "native", "refused_requests", 20),
    ]


def test_a_counter_that_counts_meanwhile_is_left_to_the_next_build(dynamodb: Any, table: str) -> None:
    books, ledger = DynamoBooks(dynamodb, table), DynamoLedger(dynamodb, table)
    books.book("native", HOUR, {"received": {"behavior": 1}})
    books.book("otlp", HOUR, {"received": {"behavior": 1}})

    class Meanwhile(DynamoBooks):
        def counted(self) -> Iterator[tuple[list[Booking], dict[str, Any]]]:
            found = list(super().counted())
            books.book("otlp", HOUR, {"received": {"behavior": 1}})
            yield from found

    collect(Meanwhile(dynamodb, table), ledger)
    assert ledger.bookings_and_waiting()[0] == [(HOUR, "behavior", "native", "received", 1)]
    collect(books, ledger)
    assert (HOUR, "behavior", "otlp", "received", 2) in ledger.bookings_and_waiting()[0]


def test_one_build_at_a_time_has_the_lock(dynamodb: Any, table: str) -> None:
    first, second = Lease(dynamodb, table), Lease(dynamodb, table)
    with (
        first.held(900),
        pytest.raises(Busy, match="Another job of this lake is running"),
        second.held(900),
    ):
        pass
    with Lease(dynamodb, table).held(900):
        pass


def test_the_lock_of_a_build_that_died_ends(dynamodb: Any, table: str) -> None:
    now_s = 1_000_000.0
    lease = Lease(dynamodb, table, lambda: now_s)
    dead = lease.held(900)
    dead.__enter__()
    now_s += 900 + CLOCKS_DIFFER_S
    with pytest.raises(Busy), lease.held(900):
        pass
    now_s += 1
    with lease.held(900):
        dead.__exit__(None, None, None)  # it was not dead after all, and takes nobody's lock with it
        with pytest.raises(Busy), lease.held(900):
            pass


def test_what_was_taken_out_of_an_object_is_booked_with_it(dynamodb: Any, table: str) -> None:
    """An object of several hours and doors, which a build still waits for."""
    ledger, path = DynamoLedger(dynamodb, table), OBJECTS[0].path
    later = "2026-03-01-11"
    ledger.add([OBJECTS[0]._replace(rows=3), OBJECTS[0]._replace(hour=later, door="otlp", rows=2)])
    (found,) = ledger.objects("behavior")
    assert (found.hours, found.rows, found.size_bytes, found.is_built) == ([HOUR, later], 5, 9, False)
    gone = [(HOUR, "native", 1), (later, "otlp", 2)]
    erased = [(hour, "behavior", door, "erased", rows) for hour, door, rows in gone]
    ledger.commit_rewrite(path, 4, gone, erased, {"x": "1"})
    assert (ledger.to_land(), ledger.fact("x")) == (path, "1")
    ledger.landed()
    assert ledger.to_land() is None
    (found,) = ledger.objects("behavior")
    assert (found.hours, found.rows, found.size_bytes) == ([HOUR, later], 2, 4)
    booked, waiting = ledger.bookings_and_waiting()
    assert {booking for booking in booked if booking[3] == "erased"} == set(erased)
    assert waiting == [(HOUR, "behavior", "native", path, 2), (later, "behavior", "otlp", path, 0)]
    ledger.commit_silver("run-1", [path], [SILVER], {})
    assert ledger.objects("behavior")[0].is_built
    ledger.commit_rewrite(path, 3, [(HOUR, "native", 2)], [], {})
    assert ledger.objects("behavior")[0].rows == 0


@pytest.mark.parametrize(("number", "is_done", "is_removed"), [(1, False, False), (1, True, True), (2, True, True)])
def test_a_removal_that_is_cut_off_is_there_whole_or_not_at_all(
    dynamodb: Any, table: str, number: int, is_done: bool, is_removed: bool
) -> None:
    ledger = DynamoLedger(dynamodb, table)
    ledger.add(OBJECTS)
    request = "transact_write_items" if number == 1 else "batch_write_item"
    out = [o.path for o in OBJECTS[:70]]
    with pytest.raises(Killed):
        DynamoLedger(Mortal(dynamodb, request, number, is_done=is_done), table).commit_removal(out, {"x": "1"})
    assert ledger.fact("x") == ("1" if is_removed else None)
    assert len(ledger.objects("behavior")) == (30 if is_removed else 100)
    struck = ledger.objects_to_remove(time.time() + 60)
    assert struck == (out if is_removed else [])
    assert ledger.objects_to_remove(time.time() - 3600) == []
    assert len(ledger.known("behavior", "")) == 100  # their files are still there, and not to be found again
    ledger.removed(struck)
    assert len(ledger.known("behavior", "")) == 100 - len(struck)
