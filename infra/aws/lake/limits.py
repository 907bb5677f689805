"""What a function has of time, memory and disk, and what is told where a lake needs more."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.contracts import layout

_NEEDED_S = 20
"""A step is not begun with less; the commits of a build take a few seconds."""


class TooLarge(Exception):
    """The lake has outgrown a function. One sentence that says what to change, and what becomes of the job."""


@dataclass(frozen=True)
class Limits:
    """One run of a function."""

    memory_mb: int
    """What DuckDB may have; it spills to disk beyond."""
    remaining_s: Callable[[], float]
    """How long the function lives still."""
    on_step: Callable[[str], None] = lambda _: None
    left: str = "What it has begun, its next run finishes."
    """What is told of a job that ends before it is done."""

    def step(self, name: str) -> None:
        """Begin a step.

        Raises:
            TooLarge: there is no time for it.
        """
        if self.remaining_s() < _NEEDED_S:
            raise self._too_large(f"the function's time is over before {name!r}")
        self.on_step(name)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say it where memory or disk do not suffice.

        Raises:
            TooLarge: they don't.
        """
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise self._too_large("its memory is full") from error
        except (OSError, duckdb.IOException) as error:
            if not _is_full(error):
                raise
            raise self._too_large("its disk is full") from error

    def _too_large(self, what: str) -> TooLarge:
        return TooLarge(
            f'The lake has outgrown its function ({what}); set `engine = "spark"` under `[build]` in '
            f"{layout.SETTINGS_FILE} and deploy again, and its jobs run in Glue. {self.left}"
        )


def make_room(root: Path, share: float = 0.5) -> None:
    """Empty the local folder where what earlier jobs fetched takes more than a share of its disk."""
    used = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    if used > share * shutil.disk_usage(root).total:
        shutil.rmtree(root)
        root.mkdir()


def _is_full(error: OSError | duckdb.IOException) -> bool:
    # DuckDB passes on what the system says, not its number.
    return getattr(error, "errno", None) == errno.ENOSPC or os.strerror(errno.ENOSPC) in str(error)
