"""The pointer that says which extracts are read: the old state or the new one, never a mix."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.contracts import layout

FORMAT_VERSION = 2
WHOLE = ""
"""In the place of a month: the one part of a table that is not by day."""


class NothingPublished(Exception):
    """There is no publication to read; the message says how to make one."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a gold table as one sorted Parquet file, by its path in the lake."""

    path: str
    rows: int


@dataclass(frozen=True, slots=True)
class State:
    """What is told of when. Times are ISO 8601, UTC."""

    as_of: str
    """When it was computed."""
    complete_through: str
    """The latest time such that every event received before is in the answer."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One gold table: a part for each month (2026-03) that has rows, or one part where it is not by day.

    A part never changes; a publication in which nothing of a month is new names the part of the one before.
    """

    parts: dict[str, Part]
    older: State | None = None
    """What it tells, where that is not what the publication does: a large lake computes some tables once a day."""

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(part.path for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class Publication:
    """What a reader sees."""

    publication: str
    as_of: str
    """As of :class:`State`, of all tables but those that are older."""
    complete_through: str
    tables: dict[str, Extract]

    @property
    def paths(self) -> set[str]:
        """Every file of it."""
        return {path for extract in self.tables.values() for path in extract.paths}

    def state(self, tables: Iterable[str]) -> State:
        """What some tables tell together: the oldest of it. Tables by name, without ``gold.``."""
        own = State(self.as_of, self.complete_through)
        states = [own, *(self.tables[t].older or own for t in tables if t in self.tables)]
        return State(min(s.as_of for s in states), min(s.complete_through for s in states))

    def to_json(self) -> bytes:
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=1).encode()


def read_publication(document: bytes) -> Publication:
    """Parse the pointer file.

    Raises:
        ValueError: it is not one, or one of another version.
    """
    fields: dict[str, Any] = json.loads(document)
    if fields.pop("format_version", None) != FORMAT_VERSION:
        raise ValueError("The publication pointer is of another version; publish again with `promptlake build`.")
    tables = {
        name: Extract(
            {month: Part(**part) for month, part in extract["parts"].items()},
            State(**older) if (older := extract.get("older")) else None,
        )
        for name, extract in fields.pop("tables").items()
    }
    return Publication(tables=tables, **fields)


def parsed(document: bytes | None) -> Publication | None:
    """The pointer file as a publication; None where there is none, or it can't be read and all is due anew."""
    try:
        return read_publication(document) if document is not None else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def current(root: Path) -> Publication | None:
    """What readers of a folder see now, as :func:`parsed`."""
    try:
        return parsed((root / layout.POINTER).read_bytes())
    except FileNotFoundError:
        return None
