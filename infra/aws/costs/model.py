"""The model: a month and what is taken for given become a bill, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from infra.aws.costs.assumptions import Assumptions, Fixed, Given
from infra.aws.costs.building import builds
from infra.aws.costs.delivery import functions, services
from infra.aws.costs.keeping import storage
from infra.aws.costs.prices import NOTHING, Price, Prices
from infra.aws.costs.reading import reading
from infra.aws.costs.traffic import traffic
from infra.aws.costs.usage import FIXED, MILLION, Scenario, Use, Uses
from infra.aws.costs.watching import watching

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One line of a bill."""

    use: Use
    price: Price

    @property
    def usd(self) -> Decimal:
        """Rounded to the cent, so that the lines of a page add up to its total."""
        return self.price.usd_for(self.use.quantity).quantize(CENT)


@dataclass(frozen=True)
class Bill:
    """A month."""

    month: Scenario
    lines: tuple[Line, ...]
    idle_usd: Decimal
    """What the same stack costs in a month in which nothing comes and nobody looks."""

    @property
    def total_usd(self) -> Decimal:
        return sum((line.usd for line in self.lines), NOTHING)

    @property
    def usd_per_million(self) -> Decimal:
        return self.total_usd / (self.month.events / MILLION)

    def usd_of(self, room: str) -> Decimal:
        """The sum of one heading."""
        return sum((line.usd for line in self.lines if line.use.room == room), NOTHING)

    @property
    def free_usd(self) -> Decimal:
        """What AWS's free tiers without an end would take off."""
        used: dict[str, Decimal] = {}
        for line in self.lines:
            used[line.use.price] = used.get(line.use.price, NOTHING) + line.use.quantity
        named = {line.use.price: line.price for line in self.lines}
        return sum((named[name].usd_for(min(used[name], named[name].free)) for name in named), NOTHING).quantize(CENT)


def bill(month: Scenario, given: Given, fixed: Mapping[str, Fixed], prices: Prices) -> Bill:
    """Price a month.

    Raises:
        KeyError: something is used that has no price.
    """
    lines = tuple(Line(use, prices.prices[use.price]) for use in uses(month, given, fixed))
    idle = replace(month, events=NOTHING, people=NOTHING)
    idle_lines = (Line(use, prices.prices[use.price]) for use in uses(idle, given, fixed))
    return Bill(month, lines, sum((line.usd for line in idle_lines), NOTHING))


def uses(month: Scenario, given: Given, fixed: Mapping[str, Fixed]) -> Uses:
    """All that a month uses, in the order of the architecture."""
    sent = traffic(month, given)
    yield from (Use(FIXED, "always", name, charge.quantity) for name, charge in fixed.items())
    yield from services(sent, given)
    yield from functions(month, sent, given)
    yield from builds(month, given)
    yield from storage(month, given)
    yield from reading(month, sent, given)
    yield from watching(month, sent, given)


def scenarios(assumptions: Assumptions) -> tuple[Scenario, ...]:
    """Every scale in every way of sending."""
    return tuple(
        Scenario(scale.events, scale.builds, scale.people, door, is_packed)
        for scale in assumptions.scenarios
        for door in ("direct", "http")
        for is_packed in (True, False)
    )
