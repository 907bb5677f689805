"""What commands that change the tables say where that failed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.lake import LakeError


@contextmanager
def told_failures(job: str = "The build", then: str = "readers keep the last good state") -> Iterator[None]:
    """Turn what stops a job into one sentence.

    Args:
        job: what has stopped.
        then: what is so now.

    Raises:
        LakeError: a model is not what it must be, a rule of severity ``fail`` is broken, something can't be read, or
            the engine gave up.
    """
    import duckdb  # the engines take a second to import
    from sqlalchemy.exc import DBAPIError

    from sql.catalog import CatalogError
    from transforms.engines.unreadable import UnreadableObjects
    from transforms.jobs.build import GateFailed

    try:
        yield
    except (CatalogError, GateFailed) as refused:
        raise LakeError(str(refused)) from refused
    except UnreadableObjects as unreadable:
        raise LakeError(f"{job} stopped, and {then}: {unreadable}") from unreadable
    except (duckdb.Error, sqlite3.DatabaseError, DBAPIError) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(said).split())
        raise LakeError(f"{job} stopped, and {then}: {reason}") from error
