"""Reads ``slos.yaml``: what is promised of each part of the stack, and how it is seen that a promise is broken."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from infra.aws.stage import StageError

FILE = Path(__file__).with_name("slos.yaml")
RUNBOOKS = "docs/runbooks"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Signal(_Strict):
    """A metric, and the value from which on it is bad."""

    namespace: str | None = None
    """None is the stage's own."""
    metric: str
    dimensions: dict[str, str] = {}
    """Values with a colon are parts of the stack."""
    statistic: Annotated[str, Field(pattern=r"^(Sum|Maximum|Minimum|Average|p\d{2})$")]
    minutes: Annotated[int, Field(ge=1, le=1440)]
    at_least: float | None = None
    below: float | None = None
    missing: Literal["ok", "bad"]

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.below is None):
            raise ValueError("a signal has one of at_least and below")
        return self

    @property
    def bound(self) -> float:
        return float(self.below if self.at_least is None else self.at_least)  # type: ignore[arg-type] # one of them is set


class Objective(_Strict):
    """One promise."""

    name: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    title: str
    objective: str
    severity: Literal["page", "ticket"]
    covers: tuple[str, ...]
    signal: Signal

    @property
    def runbook(self) -> str:
        """Its path in the project."""
        return f"{RUNBOOKS}/{self.name}.md"

    @property
    def parts(self) -> frozenset[str]:
        """All parts of the stack that it speaks of."""
        named = (value for value in self.signal.dimensions.values() if ":" in value)
        return frozenset(self.covers) | frozenset(named)


@cache
def objectives() -> tuple[Objective, ...]:
    """All of them, in the file's order."""
    return tuple(Objective.model_validate(one) for one in yaml.safe_load(FILE.read_text())["objectives"])


def objectives_of(parts: Collection[str], every: Sequence[Objective]) -> list[Objective]:
    """Those whose parts there are in a stack.

    Raises:
        StageError: a part of the stack has none, or an objective speaks of some parts that there are and some that
            there are not.
    """
    held = [one for one in every if one.parts <= set(parts)]
    covered = {part for one in held for part in one.covers}
    if bare := sorted(set(parts) - covered):
        raise StageError(f"{FILE.name}: nothing is promised of {', '.join(bare)}; write an objective that covers it.")
    torn = [one for one in every if one.parts & set(parts) and not one.parts <= set(parts)]
    if torn:
        absent = sorted(torn[0].parts - set(parts))
        raise StageError(f"{FILE.name}: {torn[0].name} speaks of {', '.join(absent)}, which this stack does not have.")
    return held


def resolved(signal: Signal, parts: Mapping[str, str]) -> dict[str, str]:
    """The dimensions of a signal, with what the parts are called in the account."""
    return {name: parts[value] if ":" in value else value for name, value in signal.dimensions.items()}
