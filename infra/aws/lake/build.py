"""Builds a lake in AWS with DuckDB, in one function's memory and disk."""

import errno
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from infra.aws.lake.discovery import receive
from infra.aws.lake.lake import AwsLake
from infra.aws.lake.prices import book_in
from ingest.contracts import layout
from transforms.engines.duck_engine import duck_engine
from transforms.jobs.build import BuildRequest, BuildResult, build

_NEEDED_S = 20
"""A step is not begun with less; the commits of a build take a few seconds."""


class TooLarge(Exception):
    """The lake has outgrown a function. Nothing was committed; one sentence that says what to change."""


def build_lake(
    lake: AwsLake, memory_mb: int, remaining_s: Callable[[], float], on_step: Callable[[str], None] = lambda _: None
) -> BuildResult:
    """Bring the tables up to what was received.

    Args:
        memory_mb: what DuckDB may have; it spills to disk beyond.
        remaining_s: how long the caller lives still.

    Raises:
        Busy: another build is running.
        GateFailed: readers keep the last good state.
        PriceError: one of the owner's price files says nonsense; nothing was read or written.
        TooLarge: it does not fit; the same.
    """

    def step(name: str) -> None:
        if remaining_s() < _NEEDED_S:
            raise TooLarge(_sentence(f"the function's time is over before {name!r}"))
        on_step(name)

    book = book_in(lake.mirror.bucket)
    engine = partial(duck_engine, lake.mirror, lake.mirror.bucket, memory_mb)
    with lake.lease.held(remaining_s()):
        request = BuildRequest(engine, lake.ledger, lake.consents, lambda: receive(lake), step, book)
        try:
            return build(request)
        except duckdb.OutOfMemoryException as error:
            raise TooLarge(_sentence("its memory is full")) from error
        except (OSError, duckdb.IOException) as error:
            if not _is_full(error):
                raise
            raise TooLarge(_sentence(f"its disk is full at {lake.mirror.root}")) from error


def make_room(root: Path, share: float = 0.5) -> None:
    """Empty the local folder where what earlier builds fetched takes more than a share of its disk."""
    used = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    if used > share * shutil.disk_usage(root).total:
        shutil.rmtree(root)
        root.mkdir()


def _is_full(error: OSError | duckdb.IOException) -> bool:
    # DuckDB passes on what the system says, not its number.
    return getattr(error, "errno", None) == errno.ENOSPC or os.strerror(errno.ENOSPC) in str(error)


def _sentence(what: str) -> str:
    return (
        f'The lake has outgrown the build\'s function ({what}); set `engine = "spark"` under `[build]` in '
        f"{layout.SETTINGS_FILE} and deploy again, and it is built in Glue. Nothing of this build was committed."
    )
