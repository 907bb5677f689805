"""Every ledger that a build can have, held to the same."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest

from infra.aws.lake.ledger import DynamoLedger
from infra.local.ledger import SqliteLedger
from ingest.contracts import layout
from ingest.delivery.booking import Booking, BronzeObject
from tests.services.dynamodb import client, dynamodb_local
from tests.tables import make_table
from transforms.jobs.ledger import JobLedger

HOUR = "2026-03-01-10"
_numbers = count()


class Opened(Protocol):
    """A ledger as each wiring has it."""

    ledger: JobLedger

    def arrive(self, *objects: BronzeObject) -> None:
        """Delivery has written these objects."""

    def again(self) -> JobLedger:
        """The same one, as another process opens it."""


class Sqlite:
    def __init__(self, path: Path) -> None:
        self._path, self.ledger = path, SqliteLedger(path)

    def arrive(self, *objects: BronzeObject) -> None:
        bookings = [Booking(o.hour, o.table, o.door, "bronze", o.rows) for o in objects]
        self.ledger.commit_drain(list(objects), bookings, [f"s{next(_numbers)}"])
        self.ledger.landed([o.path for o in objects])

    def again(self) -> SqliteLedger:
        return SqliteLedger(self._path)


class Dynamo:
    def __init__(self, asked: Any) -> None:
        self._asked, self._table = asked, f"ledger-{next(_numbers)}"
        make_table(asked, self._table)
        self.ledger = self.again()

    def arrive(self, *objects: BronzeObject) -> None:
        self.ledger.add(objects)

    def again(self) -> DynamoLedger:
        return DynamoLedger(self._asked, self._table)


@pytest.fixture(scope="module", params=["sqlite", "dynamodb local"])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Opened]]:
    if request.param == "sqlite":
        yield lambda: Sqlite(tmp_path_factory.mktemp("ledger") / "state.db")
    else:
        with dynamodb_local() as url:
            yield lambda: Dynamo(client(url))


@pytest.fixture
def opened(make: Callable[[], Opened]) -> Opened:
    return make()


def bronze(name: str, table: str = "behavior", hour: str = HOUR, rows: int = 3) -> BronzeObject:
    return BronzeObject(layout.bronze_object(table, hour, name), table, hour, "native", rows, 100)


def booking(kind: str, events: int, table: str = "behavior") -> Booking:
    return Booking(HOUR, table, "native", kind, events)


def test_nothing_is_known_at_first(opened: Opened) -> None:
    ledger = opened.ledger
    assert (ledger.new_objects("behavior"), ledger.fact("x"), ledger.last_booking()) == ([], None, 0)
    assert ledger.bookings_and_waiting() == ([], [])


def test_an_object_is_new_until_a_run_takes_it_and_older_arrivals_come_first(opened: Opened) -> None:
    late, b, a, vital = (
        bronze("a", hour="2026-03-01-11"),
        bronze("b"),
        bronze("a"),
        bronze("w", "web_vital"),
    )
    opened.arrive(late, b, a, vital)
    assert opened.ledger.new_objects("behavior") == [a.path, b.path, late.path]
    opened.ledger.commit_silver("run-1", [a.path, b.path], [booking("silver", 6)], {})
    for ledger in (opened.ledger, opened.again()):
        assert ledger.new_objects("behavior") == [late.path]
        assert ledger.new_objects("web_vital") == [vital.path]


def test_what_arrived_is_booked_and_waits_until_a_run_takes_it(opened: Opened) -> None:
    taken, left = bronze("a", rows=5), bronze("b", rows=2)
    opened.arrive(taken, left)
    booked, waiting = opened.ledger.bookings_and_waiting()
    assert booked == [booking("bronze", 7)]
    assert sorted(waiting) == [
        (HOUR, "behavior", "native", taken.path, 5),
        (HOUR, "behavior", "native", left.path, 2),
    ]
    opened.ledger.commit_silver("run-1", [taken.path], [booking("silver", 4), booking("duplicates", 1)], {})
    booked, waiting = opened.ledger.bookings_and_waiting()
    assert booked == [booking("bronze", 7), booking("duplicates", 1), booking("silver", 4)]
    assert [path for *_, path, _ in waiting] == [left.path]


def test_bookings_are_summed_and_each_raises_the_number_of_the_last(opened: Opened) -> None:
    for run in range(3):
        opened.ledger.commit_silver(f"run-{run}", [], [booking("silver", 2), booking("silver", 1, "feedback")], {})
    assert opened.ledger.last_booking() == 6
    assert opened.ledger.bookings_and_waiting()[0] == [booking("silver", 6), booking("silver", 3, "feedback")]


def test_a_silver_run_that_fails_remembers_nothing(opened: Opened) -> None:
    taken = bronze("a")
    opened.arrive(taken)
    opened.ledger.set_fact("snapshot", "1")
    before = opened.ledger.last_booking()
    broken = (HOUR, "behavior", "native", "silver", "many")
    with pytest.raises((sqlite3.IntegrityError, TypeError)):
        opened.ledger.commit_silver("run-1", [taken.path], [broken], {"snapshot": "2"})  # type: ignore[list-item]
    ledger = opened.again()
    assert ledger.new_objects("behavior") == [taken.path]
    assert (ledger.fact("snapshot"), ledger.last_booking()) == ("1", before)


def test_facts_are_replaced_and_forgotten(opened: Opened) -> None:
    opened.ledger.commit_silver("run-1", [], [], {"x": "1", "y": None})
    opened.ledger.set_fact("x", "2")
    assert opened.again().fact("x") == "2"
    opened.ledger.set_fact("x", None)
    assert opened.again().fact("x") is None


def test_a_fact_may_be_large(opened: Opened) -> None:
    """The run that is under way is one: it names each object and each booking of the first build of a large lake."""
    large = random.Random(1).randbytes(1_000_000).hex()  # noqa: S311
    opened.ledger.set_fact("pending", large)
    assert opened.again().fact("pending") == large
    opened.ledger.commit_silver("run-1", [], [], {"pending": large[::-1], "dirty": large})
    assert (opened.ledger.fact("pending"), opened.ledger.fact("dirty")) == (large[::-1], large)
    opened.ledger.commit_silver("run-2", [], [], {"pending": None, "dirty": "{}"})
    assert (opened.ledger.fact("pending"), opened.ledger.fact("dirty")) == (None, "{}")


def test_a_run_takes_as_many_objects_as_there_are(opened: Opened) -> None:
    objects = [bronze(f"{number:04d}") for number in range(333)]
    opened.arrive(*objects)
    assert opened.ledger.new_objects("behavior") == [o.path for o in objects]
    opened.ledger.commit_silver("run-1", [o.path for o in objects[:-1]], [booking("silver", 996)], {})
    assert opened.again().new_objects("behavior") == [objects[-1].path]
    assert opened.ledger.bookings_and_waiting()[0] == [booking("bronze", 999), booking("silver", 996)]
