"""What may stop a job that changes the tables, told in one sentence."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.lake import LakeError


@contextmanager
def stopping(job: str, then: str) -> Iterator[None]:
    """Run a job.

    Args:
        job: what is told to have stopped, such as ``The build``.
        then: what is so now.

    Raises:
        LakeError: a rule is broken, or a file or database of the lake can't be read or written.
    """
    import duckdb  # the engines take a second to import
    from sqlalchemy.exc import DBAPIError

    from transforms.engines.unreadable import UnreadableObjects
    from transforms.jobs.build import GateFailed

    try:
        yield
    except GateFailed as failed:
        raise LakeError(str(failed)) from failed
    except UnreadableObjects as unreadable:
        raise LakeError(f"{job} stopped, and {then}: {unreadable}") from unreadable
    except (duckdb.Error, sqlite3.DatabaseError, DBAPIError) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        raise LakeError(f"{job} stopped, and {then}: {' '.join(str(said).split())}") from error
