"""What SQLite can't do just now, told in delivery's own terms."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.delivery.unavailable import Unavailable


@contextmanager
def passing() -> Iterator[None]:
    """For what a request needs of the lake's state: a full disk or a lock is no fault of the program, and passes.

    Raises:
        Unavailable: it can't be read or written now.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the lake's state can't be used: {error}") from error
