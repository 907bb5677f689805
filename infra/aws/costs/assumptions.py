"""Everything that the model takes for given, each number with its unit and its reason."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from infra.aws.costs.documents import Strict, load
from infra.aws.costs.prices import NOTHING, Text

PATH = Path(__file__).with_name("assumptions.yaml")

Amount = Annotated[Decimal, Field(ge=0)]
Door = Literal["direct", "http"]
"""Applications put records into Firehose themselves, or post to the HTTP API."""


class Assumption(Strict):
    """One number."""

    value: Amount
    unit: Text
    kind: Literal["measured", "decided", "known", "guessed"]
    why: Text


class Fixed(Strict):
    """A charge that does not ask how much comes: so many units of the price of that name."""

    quantity: Amount
    why: Text


class Charges(Strict):
    """What is on by default, and what somebody has to turn on."""

    default: Mapping[str, Fixed]
    opt_in: Mapping[str, Fixed]


class Scale(Strict):
    """One month."""

    name: Text
    events: Amount
    builds: Amount
    """At most so many; one with nothing new is skipped."""
    people: Amount
    """Who look at the lake."""


class Aim(Strict):
    """What a month of so many events should cost at most, in all or for each million."""

    text: Text
    events: Amount
    usd: Amount = NOTHING
    usd_per_million: Amount = NOTHING
    only: str = ""
    """The one way of sending that it speaks of, if not of each."""

    @property
    def limit_usd(self) -> Decimal:
        return self.usd or self.usd_per_million * self.events / 1_000_000


class Instead(Strict):
    """Another choice: what to take for given instead."""

    text: Text
    changed: Mapping[str, Amount] = Field({}, alias="with")
    builds: Amount | None = None
    door: Door = "direct"


class Assumptions(Strict):
    """The file."""

    scenarios: tuple[Scale, ...]
    aims: tuple[Aim, ...]
    fixed: Charges
    mix: Mapping[str, Amount]
    assumptions: Mapping[str, Mapping[str, Assumption]]
    """By heading, then by name."""
    instead: tuple[Instead, ...]

    @property
    def given(self) -> "Given":
        """The numbers alone."""
        return Given({name: one.value for part in self.assumptions.values() for name, one in part.items()})


class Given:
    """The numbers alone, as attributes."""

    def __init__(self, values: Mapping[str, Decimal]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Decimal:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"There is no assumption {name!r}; add it to {PATH.name}.") from None

    def but(self, changed: Mapping[str, Decimal]) -> "Given":
        """The same with other values for some.

        Raises:
            KeyError: one of them is no assumption.
        """
        if unknown := sorted(changed.keys() - self._values.keys()):
            raise KeyError(f"There is no assumption {unknown[0]!r}; name one of {PATH.name}.")
        return Given({**self._values, **changed})


@cache
def load_assumptions(path: Path = PATH) -> Assumptions:
    """The assumptions of a file, by default the committed ones.

    Raises:
        CostError: one lacks its unit or reason, or is nonsense.
    """
    return load(Assumptions, path)
