"""`each`: the several values of one row that become an event each."""

from collections.abc import Callable, Iterable
from typing import Any

from ingest.doors.mapping.convert import EMPTY
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.times import ConversionError

NAME, VALUE, ID = "@name", "@value", "@id"
"""What a rule may refer to beside the row: a value's place or number, that value, and the event's id."""

ELEMENTS_MAX = 10_000
"""More events than this out of one row are a mistake in the mapping, or somebody's bomb."""

Elements = Callable[[dict[str, Any]], Iterable[tuple[str, Any]]]


def is_of_element(path: str) -> bool:
    """Whether a path leads into one of the values of `each` rather than into the row."""
    return path.partition(".")[0] in (NAME, VALUE)


def compile_each(each: str | list[str]) -> Elements:
    """A function from a row to the names and values of its elements that hold anything.

    It raises `ConversionError`.
    """
    if isinstance(each, list):
        return lambda row: [(path, value) for path in each if (value := get(row, path)) not in EMPTY]
    return lambda row: _inside(get(row, each), each)


def _inside(whole: Any, path: str) -> list[tuple[str, Any]]:
    if whole in EMPTY:
        return []
    if isinstance(whole, list):
        found = [(str(index), value) for index, value in enumerate(whole)]
    elif isinstance(whole, dict):
        found = list(whole.items())
    else:
        raise ConversionError(f"{path} is neither a list nor an object, as `each` needs")
    if len(found) > ELEMENTS_MAX:
        raise ConversionError(f"{path} holds {len(found):,} values; one row may become {ELEMENTS_MAX:,} events")
    return [(name, value) for name, value in found if value not in EMPTY]
