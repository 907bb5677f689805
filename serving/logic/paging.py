"""A long answer in pages. A page begins where the one before ended, among the same rows, or it is refused."""

import base64
import hashlib
import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from serving.logic.refused import RequestRefused, bad_request

DEFAULT_ROWS = 1_000
MAX_ROWS = 2_000
"""With a comparison of the longest question that is what a Lambda may return."""

_MARK_CHARS = 12


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins, and of what. Opaque to the client."""

    question: str
    extracts: str
    row: int

    def to_text(self) -> str:
        document = json.dumps([self.question, self.extracts, self.row], separators=(",", ":"))
        return base64.urlsafe_b64encode(document.encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> Cursor | None:
    """A cursor as an earlier answer gave it.

    Raises:
        RequestRefused: it is none of ours.
    """
    if text is None:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        question, extracts, row = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise _not_ours() from None
    if not (isinstance(question, str) and isinstance(extracts, str) and type(row) is int and row > 0):
        raise _not_ours()
    return Cursor(question, extracts, row)


def cut(
    rows: Sequence[Any], count: int, cursor: Cursor | None, asked: Hashable, extracts: Iterable[str]
) -> tuple[Sequence[Any], str | None]:
    """One page, and the cursor of the next; None after the last.

    Args:
        rows: all of them, in an order that is always the same.
        count: so many make a page.
        cursor: where it begins.
        asked: the question, with a ``repr`` of its own.
        extracts: the files that the rows follow from. They never change, so that neither do the rows.

    Raises:
        RequestRefused: the cursor is another question's, or the files are others by now.
    """
    of_question, of_extracts = _mark(repr(asked)), _mark(repr(sorted(extracts)))
    if cursor is not None and cursor.question != of_question:
        raise bad_request(
            "wrong_cursor", "The cursor is of another question; send the parameters of the page before with it."
        )
    if cursor is not None and cursor.extracts != of_extracts:
        message = "Other numbers were published after the page before; begin again, without cursor."
        raise RequestRefused(HTTPStatus.GONE, "publication_changed", message)
    first = cursor.row if cursor else 0
    end = first + count
    is_last = end >= len(rows)
    return rows[first:end], None if is_last else Cursor(of_question, of_extracts, end).to_text()


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_MARK_CHARS]


def _not_ours() -> RequestRefused:
    return bad_request("wrong_cursor", "The cursor is none that an answer gave; send `next` of the page before.")
