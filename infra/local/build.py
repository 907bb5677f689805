"""Runs the build on an embedded lake, one at a time."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

from infra.local.delivering import consents_of
from infra.local.lake import Lake
from infra.local.price_files import book_in
from transforms.engines.duck_engine import duck_engine
from transforms.engines.store import FolderStore
from transforms.engines.warehouse import FolderWarehouse
from transforms.jobs.build import BuildRequest, BuildResult, build


def build_lake(
    lake: Lake,
    on_step: Callable[[str], None] = lambda _: None,
    on_wait: Callable[[], None] = lambda: None,
    on_damage: Callable[[str], None] = lambda _: None,
    reprice: tuple[date, date] | None = None,
) -> BuildResult:
    """Build the lake; waits where another process is building it, and says so through ``on_wait``.

    ``on_damage`` gets a sentence for each part of the spool that could not be read. ``reprice`` is a range of days that
    are priced anew, both ends included.

    Raises:
        LakeError: the lake can't be built, or one of its price files says nonsense; nothing was written.
    """
    book = book_in(lake.root)

    def drain() -> int:
        drained = lake.drain()
        for sentence in drained.damaged:
            on_damage(sentence)
        return drained.complete_through_us

    with _alone(lake, on_wait):
        lake.check_catalog()
        ledger, consents = lake.ledger(), consents_of(lake)
        try:
            engine = partial(duck_engine, FolderWarehouse(lake.root), FolderStore(lake.root))
            request = BuildRequest(engine, ledger, consents, drain, on_step, book, reprice)
            return build(request)
        finally:
            consents.close()
            ledger.close()


@contextmanager
def _alone(lake: Lake, on_wait: Callable[[], None]) -> Iterator[None]:
    with (lake.root / "build.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
