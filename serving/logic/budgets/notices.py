"""Somebody is told when half, most and all of a budget is spent: each once in a period."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from serving.logic.budgets.model import Budget, Period, to_usd
from serving.stores.table import Delete, Key, Lost, Put, Table

THRESHOLDS_PERCENT = (50, 80, 100)


@dataclass(frozen=True, slots=True)
class Notice:
    """So much of a budget is spent."""

    budget_id: str
    environment: str
    percent: int
    spent_usd: str
    amount_usd: str
    action: str
    period_start: datetime
    resets_at: datetime

    def __str__(self) -> str:
        return (
            f"The budget {self.budget_id} of {self.environment} has spent {self.percent} % of its "
            f"{self.amount_usd} USD ({self.spent_usd} USD); it begins anew at {self.resets_at:%Y-%m-%dT%H:%M:%SZ}."
        )


Notify = Callable[[Notice], None]
"""Tells somebody. Raises ``OSError`` where that can't be done now; it is tried again at the next execution."""


class Notices:
    """Remembers in the table what was told."""

    def __init__(self, table: Table, notify: Notify) -> None:
        self._table, self._notify = table, notify

    def told(self, budget: Budget, period: Period) -> list[int]:
        """The percentages that were told in a period."""
        keys = {_key(budget, period, percent): percent for percent in THRESHOLDS_PERCENT}
        found = self._table.get(list(keys))
        return [percent for key, percent in keys.items() if key in found]

    def tell(self, budget: Budget, period: Period, spent_pico: int, expires_at_s: int) -> None:
        """Tell what was reached and not told yet."""
        reached = [percent for percent in THRESHOLDS_PERCENT if spent_pico * 100 >= budget.limit_pico * percent]
        if not reached:
            return
        told = self.told(budget, period)
        for percent in reached:
            if percent not in told:
                self._tell(budget, period, percent, spent_pico, expires_at_s)

    def _tell(self, budget: Budget, period: Period, percent: int, spent_pico: int, expires_at_s: int) -> None:
        key = _key(budget, period, percent)
        notice = Notice(
            budget.id,
            budget.environment,
            percent,
            to_usd(spent_pico),
            to_usd(budget.limit_pico),
            budget.action,
            period.start,
            period.end,
        )
        # Who gets to write it down is who tells, so that of many at once only one does.
        try:
            self._table.write([Put(key, orjson.dumps(notice).decode(), replaces=0, expires_at_s=expires_at_s)])
        except Lost:
            return
        try:
            self._notify(notice)
        except OSError:
            self._table.write([Delete(key)])


def _key(budget: Budget, period: Period, percent: int) -> Key:
    partition = f"notice#{budget.environment}#{budget.id}"
    return Key(partition, f"{budget.period}#{period.start:%Y-%m-%d}#{percent:03d}")
