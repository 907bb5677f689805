"""Takes an object of bronze that can't be read out of the lake's way."""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from infra.local.build import alone
from infra.local.lake import Lake, LakeError
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from ingest.delivery.drain import drain_lock
from transforms.engines.unreadable import unreadable


class Aside(NamedTuple):
    """What became of an object."""

    path: str | None
    """Where it lies now; None where it was gone."""
    events: int
    """That silver never had, and that are lost unless the file can be mended."""


def set_aside(lake: Lake, given: str) -> Aside:
    """Move an object out of bronze and book what it held. Safe to repeat.

    Raises:
        LakeError: it is no object of bronze, or can be read.
    """
    path = _below(lake, given)
    with alone(lake, lambda: None), drain_lock(lake.root), closing(lake.ledger()) as ledger:
        known = {item.path: (table, item) for table in (*EVENTS, QUARANTINE_TABLE) for item in ledger.objects(table)}
        if path not in known and not (lake.root / path).exists():
            raise LakeError(f"{given} is no object of bronze; name it as the message did, below {lake.root}.")
        if not unreadable(lake.root, [path]):
            raise LakeError(f"{given} can be read, so it stays where it is.")
        events = 0
        if path in known:
            table, item = known[path]
            is_waiting = table != QUARANTINE_TABLE and not item.is_built
            events = item.rows if is_waiting else 0
            ledger.forget_object(path, [(item.hour, table, item.door, "damaged", events)] if events else [])
        target = lake.root / layout.DAMAGED / path.replace("/", "~")
        if not (lake.root / path).exists():
            return Aside(None, events)
        target.parent.mkdir(exist_ok=True)
        (lake.root / path).replace(target)
    return Aside(str(target), events)


def _below(lake: Lake, given: str) -> str:
    place = (lake.root / given).resolve()
    if not place.is_relative_to(lake.root / layout.BRONZE):
        raise LakeError(f"{given} does not lie in {lake.root / layout.BRONZE}; only what lies there can be set aside.")
    return Path(place).relative_to(lake.root).as_posix()
