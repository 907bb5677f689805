"""Counts what one rendering does, and stops it at the bounds."""

from math import isfinite
from typing import Any, NoReturn

from serving.logic.rendering.limits import (
    CHARS_PER_STEP,
    MAX_CHARS,
    MAX_DATA_DEPTH,
    MAX_INTEGER,
    MAX_STEPS,
)
from serving.logic.rendering.refusals import Unrenderable


class Meter:
    """One rendering's account."""

    def __init__(self) -> None:
        self.steps = 0
        self.written_chars = 0

    def spend(self, steps: int) -> None:
        """Book steps before they are taken.

        Raises:
            Unrenderable: they are too many.
        """
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise Unrenderable(
                f"the template takes more than {MAX_STEPS:,} steps; loop over less, or prepare the data before", BOUND
            )

    def write(self, chars: int) -> None:
        """Book characters that are written, into the result or into a variable."""
        self.written_chars += chars
        if self.written_chars > MAX_CHARS:
            too_long()
        self.spend(1 + chars // CHARS_PER_STEP)

    def weigh(self, value: Any) -> Any:
        """Book all that a value holds, as often as it holds it; gives the value back."""
        pending = [(value, 0)]
        while pending:
            item, depth = pending.pop()
            if isinstance(item, str):
                check_length(len(item))
                self.spend(1 + len(item) // CHARS_PER_STEP)
            elif isinstance(item, dict | list | tuple):
                if depth == MAX_DATA_DEPTH:
                    raise Unrenderable(f"a value is nested deeper than {MAX_DATA_DEPTH} levels", BOUND)
                self.spend(1 + len(item))  # before they are listed
                inside = (*item, *item.values()) if isinstance(item, dict) else item
                pending += [(one, depth + 1) for one in inside]
            elif isinstance(item, int) and abs(item) > MAX_INTEGER:
                raise Unrenderable("a number has more than 64 bits", BOUND)
            elif isinstance(item, float) and not isfinite(item):
                raise Unrenderable("a number is too large, or none at all", BOUND)
            else:
                self.spend(1)
        return value


BOUND = "template_bound"


def check_length(chars: int) -> None:
    """Refuse a text of so many characters, best before it is made."""
    if chars > MAX_CHARS:
        too_long()


def too_long() -> NoReturn:
    """Say that a text has no end in sight."""
    raise Unrenderable(f"a text gets longer than {MAX_CHARS:,} characters", BOUND)
