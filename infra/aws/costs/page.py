"""``docs/cost.md`` and its chart, written by ``make costs``. A test fails while they are stale."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from infra.aws.costs.assumptions import Aim, Assumptions, Fixed, Instead, load_assumptions
from infra.aws.costs.chart import svg
from infra.aws.costs.model import Bill, Line, bill, scenarios
from infra.aws.costs.prices import NOTHING, Prices, load_prices
from infra.aws.costs.usage import Scenario, Use

DOCS = Path(__file__).parents[3] / "docs"
"""Only a checkout has it."""

_TEMPLATE = Path(__file__).with_name("page.md.j2")
_MANY = 100


def render(assumptions: Assumptions, prices: Prices) -> dict[str, str]:
    """Every file's text by its path below ``docs``."""
    page = _Page(assumptions, prices)
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - Markdown
    environment.filters |= {"usd": usd, "dollars": dollars, "number": number, "exact": exact}
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    names = [page.names[one.month.events] for one in page.bills]
    return {"cost.md": template.render(page=page) + "\n", "cost.svg": svg(page.bills, names)}


def usd(amount: Decimal) -> str:
    """Dollars and cents."""
    return f"{amount:,.2f}"


def dollars(price: Decimal) -> str:
    """A price: at least two decimals, and all that it has."""
    return max(usd(price), exact(price), key=len)


def number(quantity: Decimal) -> str:
    """A quantity, without decimals where it is large."""
    return f"{quantity:,.0f}" if quantity >= _MANY or quantity == int(quantity) else f"{quantity:,.2f}"


def exact(quantity: Decimal) -> str:
    """All digits, and no more."""
    return f"{quantity:,f}".rstrip("0").rstrip(".") if "." in f"{quantity:f}" else f"{quantity:,f}"


@dataclass(frozen=True)
class Verdict:
    """An aim held against one bill."""

    aim: Aim
    bill: Bill

    @property
    def is_met(self) -> bool:
        return self.bill.total_usd <= self.aim.limit_usd

    @property
    def largest(self) -> list[Line]:
        """What most of it is spent on."""
        return sorted(self.bill.lines, key=lambda line: -line.usd)[:2]


@dataclass(frozen=True)
class Row:
    """One line in every way of sending; ``lines`` has one a bill."""

    lines: tuple[Line, ...]

    @property
    def use(self) -> Use:
        return self.lines[0].use

    @property
    def is_under_a_cent(self) -> bool:
        return not any(line.usd for line in self.lines)


class _Page:
    """What the template reads."""

    def __init__(self, assumptions: Assumptions, prices: Prices) -> None:
        self.assumptions, self.prices = assumptions, prices
        self.names = {scale.events: scale.name for scale in assumptions.scenarios}
        self.bills = [self._bill(month) for month in scenarios(assumptions)]

    def _bill(self, month: Scenario, changed: Mapping[str, Decimal] | None = None) -> Bill:
        return bill(month, self.assumptions.given.but(changed or {}), self.assumptions.fixed.default, self.prices)

    @property
    def verdicts(self) -> list[Verdict]:
        """Each aim held against each way of sending that it speaks of, what is missed first."""
        pairs = (Verdict(aim, one) for aim in self.assumptions.aims for one in self.bills if _speaks_of(aim, one))
        return sorted(pairs, key=lambda verdict: verdict.is_met)

    def of(self, events: Decimal) -> list[Bill]:
        """The bills of one scale."""
        return [one for one in self.bills if one.month.events == events]

    def rows(self, events: Decimal) -> list[Row]:
        """The lines of one scale beside each other."""
        return [Row(lines) for lines in zip(*(one.lines for one in self.of(events)), strict=True)]

    @property
    def instead(self) -> Iterator[tuple[Instead, list[Decimal]]]:
        """For each other choice, the dollars that it adds at each scale, packed."""
        for choice in self.assumptions.instead:
            packed = (one for one in self.bills if one.month.door == choice.door and one.month.is_packed)
            yield choice, [self._added(choice, one) for one in packed]

    def breakers(self, verdict: Verdict) -> list[Instead]:
        """The choices with which a met aim would be missed."""
        spare = verdict.aim.limit_usd - verdict.bill.total_usd
        same_door = (choice for choice in self.assumptions.instead if choice.door == verdict.bill.month.door)
        return [choice for choice in same_door if self._added(choice, verdict.bill) > spare]

    def fixed_usd(self, name: str, charge: Fixed) -> Decimal:
        """What one fixed charge costs."""
        return self.prices.prices[name].usd_for(charge.quantity)

    def quicksight_usd(self, people: Decimal) -> Decimal:
        """One author, and everybody else a reader."""
        author, reader = (self.prices.prices[f"quicksight_{role}"] for role in ("author", "reader"))
        return author.usd_for(Decimal(1)) + reader.usd_for(max(people - 1, NOTHING))

    def _added(self, choice: Instead, one: Bill) -> Decimal:
        month = replace(one.month, builds=one.month.builds if choice.builds is None else choice.builds)
        return self._bill(month, choice.changed).total_usd - one.total_usd


def _speaks_of(aim: Aim, one: Bill) -> bool:
    return aim.events == one.month.events and aim.only in ("", one.month.way)


def main() -> None:
    """Write the files."""
    for name, text in render(load_assumptions(), load_prices()).items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
