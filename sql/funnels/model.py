"""What a funnel is, and the table that queries read it from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import Any

TABLE = "funnel.step"

KINDS = ("behavior", "execution", "feedback")
"""The acts that a step may be."""

WORDS = ("action", "thumb", "signal")
"""Conditions that are words of a contract."""

PATTERNS = ("name", "page", "feature", "template_id", "template_version", "device")
"""Conditions in which ``*`` stands for anything."""

CONDITIONS = (*WORDS, *PATTERNS)

DIMENSIONS = ("feature", "template_id", "template_version", "device")
"""What entries may be told apart by: as the act has it that enters."""

MAX_STEPS = 8
"""The query is written out for so many."""

_DAY_S = 86_400
MAX_WINDOW_S = 7 * _DAY_S
"""As far as ``gold.funnels`` looks beyond the day of an entry."""

COLUMNS: Mapping[str, str] = {
    "funnel": "varchar",
    "step_number": "bigint",
    "step": "varchar",
    "steps": "bigint",
    "window_ms": "bigint",
    "kind": "varchar",
    **dict.fromkeys(CONDITIONS, "varchar"),
    **{f"by_{name}": "boolean" for name in DIMENSIONS},
}
"""Trino types of the table by column; ``steps`` is how many the funnel has. A step that several acts may be has a row
for each; a condition that is null holds for all. Patterns are such of SQL's LIKE, with ``!`` before what is meant as it
stands.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: an act of a kind that fulfils every condition, each by one of its values."""

    name: str
    kind: str
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def alternatives(self) -> int:
        """The rows that it takes."""
        return len(list(product(*(values for _, values in self.conditions))))


@dataclass(frozen=True, slots=True)
class Funnel:
    """Steps in their order, of which the last must come within the window after the first."""

    name: str
    window_s: int
    steps: tuple[Step, ...]
    by: tuple[str, ...] = ()


def following_days(funnels: Iterable[Funnel]) -> int:
    """How many days after the one on which somebody enters may hold a step of theirs."""
    return ceil(max((funnel.window_s for funnel in funnels), default=0) / _DAY_S)


def rows(funnels: Iterable[Funnel]) -> list[Sequence[Any]]:
    """Rows of the table."""
    return [
        (
            funnel.name,
            number,
            step.name,
            len(funnel.steps),
            funnel.window_s * 1000,
            step.kind,
            *(_value(name, chosen.get(name)) for name in CONDITIONS),
            *(name in funnel.by for name in DIMENSIONS),
        )
        for funnel in funnels
        for number, step in enumerate(funnel.steps, 1)
        for chosen in _alternatives(step)
    ]


def _alternatives(step: Step) -> Iterable[dict[str, str]]:
    names = [name for name, _ in step.conditions]
    return (dict(zip(names, values, strict=True)) for values in product(*(values for _, values in step.conditions)))


def _value(condition: str, said: str | None) -> str | None:
    if said is None or condition in WORDS:
        return said
    for sign in "!%_":
        said = said.replace(sign, f"!{sign}")
    return said.replace("*", "%")
