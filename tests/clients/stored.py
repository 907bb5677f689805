"""What a client's events are in bronze."""

import json
import time
from pathlib import Path
from typing import Any

from infra.local.keyring import open_keys
from infra.local.lake import open_lake
from infra.local.query import open_session

_DEADLINE_S = 60


def stored(lake: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a bronze table in no order, without the columns that are empty: all of them once the server has
    stopped, and until then the ones that are a moment old.
    """
    db = open_session(open_lake(lake))
    try:
        cursor = db.execute(f"SELECT * FROM bronze.{table}")
        names = [column[0] for column in cursor.description or ()]
        rows = [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in cursor.fetchall()]
    finally:
        db.close()
    return [row | {"properties": json.loads(row["properties"])} if "properties" in row else row for row in rows]


def who(lake: Path, identity: str) -> str:
    """Under which pseudonym a lake keeps someone."""
    return open_keys(open_lake(lake)).keyring.pseudonym(identity)


def stored_once(lake: Path, table: str, count: int) -> list[dict[str, Any]]:
    """The rows as soon as there are so many, while the server runs: for a client that sends when it likes."""
    end = time.monotonic() + _DEADLINE_S
    while len(rows := stored(lake, table)) < count:
        if time.monotonic() >= end:
            refused = stored(lake, "quarantine")
            raise AssertionError(f"bronze.{table} has {len(rows)} rows, not {count}: {rows}; refused: {refused}")
        time.sleep(0.1)
    return rows
