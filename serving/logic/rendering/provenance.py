"""Where text comes from: it carries its origins along, as far as it is passed on whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a template. ``block`` is None outside of blocks; a value is what an expression gave."""

    template: str
    block: str | None
    line: int
    is_value: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a result, from ``start`` up to ``end``, and where they come from."""

    start: int
    end: int
    origin: Origin


class Text(str):
    """A text that knows the origins of its pieces, (characters, origin). Whatever changes it gives a plain ``str``."""

    __slots__ = ("pieces",)
    pieces: tuple[tuple[int, Origin], ...]

    def __new__(cls, text: str, pieces: Iterable[tuple[int, Origin]]) -> Self:
        made = super().__new__(cls, text)
        made.pieces = tuple(pieces)
        return made

    def __str__(self) -> str:
        return self  # Jinja calls str() on all that it writes


def joined(texts: Iterable[Text]) -> Text:
    """All of them, as one."""
    listed = list(texts)
    return Text("".join(listed), _merged(piece for text in listed for piece in text.pieces))


def spans(text: Text) -> list[Span]:
    """The origins with their places, in order and without gaps."""
    found: list[Span] = []
    start = 0
    for chars, origin in text.pieces:
        found.append(Span(start, start + chars, origin))
        start += chars
    return found


def _merged(pieces: Iterable[tuple[int, Origin]]) -> Iterator[tuple[int, Origin]]:
    before: tuple[int, Origin] | None = None
    for chars, origin in pieces:
        if before is None:
            before = chars, origin
        elif before[1] == origin:
            before = before[0] + chars, origin
        else:
            yield before
            before = chars, origin
    if before is not None:
        yield before
