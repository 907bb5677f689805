"""Shipped mappings on values that somebody sends now, rather than on files."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.ids import ContentIds
from ingest.doors.mapping.load import load, shipped
from ingest.doors.mapping.readers import read_rows
from ingest.doors.mapping.rule import Item, Placed


@cache
def names() -> tuple[str, ...]:
    """The mappings that ship."""
    return tuple(shipped())


@cache
def mapper(name: str) -> RowMapper:
    """A shipped mapping, compiled once. Its ids come from content alone: what is sent twice is one event.

    Raises:
        KeyError: none of this name ships.
    """
    if name not in names():
        raise KeyError(name)
    mapping = load(name)
    return RowMapper(mapping, ContentIds(mapping.source))


def items(name: str, content: Any, place: str | None = None) -> list[Item]:
    """Contract events for the transform step, and a ``Refusal`` for each row that can't be taken.

    Args:
        name: a shipped mapping.
        content: a decoded JSON object, which is one row, or an array of them; or text in the mapping's format.
        place: how sentences about it begin; else the mapping's name.

    Raises:
        ImportRefused: a text that can't be read as the mapping's format at all.
    """
    where = place or name
    if isinstance(content, str | bytes):
        text = content.encode(errors="replace") if isinstance(content, str) else content
        return [item for row in of_text(name, text, where) for _, item in row]
    if isinstance(content, list):
        numbered = enumerate(content, 1)
        return [item for n, value in numbered for _, item in of_value(name, value, f"{where} element {n}")]
    return [item for _, item in of_value(name, content, where)]


def of_value(name: str, value: Any, place: str) -> list[Placed]:
    """The events of one decoded value; none for one that the mapping passes over."""
    return mapper(name).of_value(place, value)


def of_text(name: str, text: bytes, place: str) -> Iterator[list[Placed]]:
    """The events of each row of a text in the mapping's own format; none for one that the mapping passes over.

    Raises:
        ImportRefused: it can't be read so at all.
    """
    made = mapper(name)
    for row in read_rows(Path(place), BytesIO(text), made.mapping):
        yield made.items(place, row)
