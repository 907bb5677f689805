"""What a budget is, and when its periods begin and end."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ingest.contracts.types import Text
from serving.logic.record import Record, RecordId

PICO = 10**12
"""Money is counted in millionths of a millionth of a dollar, which no token's price is finer than by much."""
AMOUNT_MAX_USD = 1_000_000

PeriodKind = Literal["day", "week", "month"]


class Scope(BaseModel):
    """Which executions of an environment are counted: those that have all of this; without any, all."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    team: Text | None = None
    feature: Text | None = None
    template_id: RecordId | None = None

    def holds(self, team: str | None, feature: str | None, template_id: str) -> bool:
        """Whether an execution is one of those."""
        asked = ((self.team, team), (self.feature, feature), (self.template_id, template_id))
        return all(wanted in (None, has) for wanted, has in asked)


class BudgetTerms(BaseModel):
    """What an owner sets."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    scope: Scope = Field(default=Scope(), description="Which executions of the environment; all where it is empty")
    amount_usd: Annotated[Decimal, Field(gt=0, le=AMOUNT_MAX_USD, max_digits=18, decimal_places=12)] = Field(
        description="What may be spent in a period, US dollars"
    )
    period: PeriodKind = Field(description="UTC; weeks begin on Monday")
    action: Literal["warn", "block"] = Field(description="What happens to executions once all is spent")


class Budget(BudgetTerms, Record):
    """A budget that is kept."""

    KIND = "budget"
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @property
    def limit_pico(self) -> int:
        return to_pico(self.amount_usd)


class Period(NamedTuple):
    """From ``start`` until, and without, ``end``."""

    start: datetime
    end: datetime


def period_at(kind: PeriodKind, at: datetime) -> Period:
    """The period that an instant lies in."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "day":
        return Period(day, day + timedelta(days=1))
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=7))
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1))


def to_pico(usd: Decimal) -> int:
    """Rounded up: a budget is never spent by less than what it cost."""
    scaled = usd * PICO
    whole = int(scaled)
    return whole if whole == scaled else whole + 1


def to_usd(pico: int) -> str:
    """As a decimal in a string."""
    return f"{(Decimal(pico) / PICO).normalize():f}"
