"""What commands that build say of a build that failed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.lake import LakeError


@contextmanager
def told_failures() -> Iterator[None]:
    """Turn what stops a build into one sentence.

    Raises:
        LakeError: a model is not what it must be, a rule of severity ``fail`` is broken, or the engine gave up: readers
            keep the last good state.
    """
    import duckdb  # the engines take a second to import
    from sqlalchemy.exc import DBAPIError

    from sql.catalog import CatalogError
    from transforms.jobs.build import GateFailed

    try:
        yield
    except (CatalogError, GateFailed) as refused:
        raise LakeError(str(refused)) from refused
    except (duckdb.Error, sqlite3.DatabaseError, DBAPIError) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(said).split())
        raise LakeError(f"The build stopped, and readers keep the last good state: {reason}") from error
