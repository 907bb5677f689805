"""Runs the build on an embedded lake, one at a time."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import partial

from infra.local.bronze import FolderBronze
from infra.local.declared import funnels_in
from infra.local.delivering import consents_of
from infra.local.lake import Lake
from infra.local.ledger import SqliteLedger
from infra.local.price_files import book_in
from transforms.engines.duck_engine import DuckEngine, duck_engine
from transforms.engines.store import FolderStore
from transforms.engines.warehouse import FolderWarehouse
from transforms.jobs.backfill import BackfillRequest, backfill
from transforms.jobs.build import build
from transforms.jobs.build_request import BuildRequest
from transforms.jobs.build_result import BuildResult
from transforms.jobs.pending import finish_pending


def build_lake(
    lake: Lake,
    on_step: Callable[[str], None] = lambda _: None,
    on_wait: Callable[[], None] = lambda: None,
    on_damage: Callable[[str], None] = lambda _: None,
    again: tuple[date, date] | None = None,
    reprice: tuple[date, date] | None = None,
) -> BuildResult:
    """Build the lake; waits where another process is building it, and says so through ``on_wait``.

    Args:
        on_damage: gets a sentence for each part of the spool that could not be read, and for what can't be read again.
        again: the first and the last day that are read from bronze and computed once more.
        reprice: the first and the last day that are priced anew.

    Raises:
        LakeError: the lake can't be built, or one of its files of prices or funnels says nonsense; nothing was written.
    """
    book, funnels = book_in(lake.root), funnels_in(lake.root)

    def drain() -> int:
        drained = lake.drain()
        for sentence in drained.damaged:
            on_damage(sentence)
        return drained.complete_through_us

    with alone(lake, on_wait):
        lake.check_catalog()
        ledger, consents = lake.ledger(), consents_of(lake)
        try:
            request = BuildRequest(engine_of(lake), ledger, consents, drain, on_step, book, funnels, reprice)
            if again is not None:
                _read_again(lake, ledger, again, on_step, on_damage)
            return build(request)
        finally:
            consents.close()
            ledger.close()


def engine_of(lake: Lake) -> Callable[[], AbstractContextManager[DuckEngine]]:
    """What opens the lake's engine; whoever opens it holds the build lock."""
    return partial(duck_engine, FolderWarehouse(lake.root), FolderStore(lake.root))


def _read_again(
    lake: Lake,
    ledger: SqliteLedger,
    days: tuple[date, date],
    on_step: Callable[[str], None],
    on_left: Callable[[str], None],
) -> None:
    with engine_of(lake)() as engine:
        finish_pending(engine, ledger)
    first, last = days
    opened, bronze = engine_of(lake), FolderBronze(lake.root, ledger)
    for sentence in backfill(BackfillRequest(first, last, opened, bronze, ledger, on_step)).left:
        on_left(sentence)


@contextmanager
def alone(lake: Lake, on_wait: Callable[[], None]) -> Iterator[None]:
    """While it is held, no other job changes the lake's tables."""
    with (lake.root / "build.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
