"""Executions are counted on the budgets that hold for them: reserved before a model is asked, settled after it."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from serving.logic.budgets.model import Budget, Period, period_at, to_usd
from serving.logic.budgets.notices import Notices, Notify
from serving.logic.refused import RequestRefused
from serving.stores.records import RecordStore
from serving.stores.table import Add, Key, Lost

ATTEMPTS = 10
KEPT_FOR = timedelta(days=400)
_HELD, _SPENT = "held", "spent"
"""``held`` is what is spent and what is in flight, and is what a budget blocks by; ``spent`` is what is settled."""


class Spending(NamedTuple):
    """What was counted on a budget in a period, in pico-dollars."""

    period: Period
    spent: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one execution holds of its budgets until it is settled."""

    pico: int
    budgets: tuple[tuple[Budget, Period], ...]


@dataclass(frozen=True)
class Counting:
    """All budgets of a table.

    Args:
        store: where they are kept.
        notify: tells that a part of one is spent.
    """

    store: RecordStore[Budget]
    notify: Notify

    def reserve(
        self, environment: str, holds: Callable[[Budget], bool], estimate: Callable[[], int], at: datetime
    ) -> Reservation:
        """Hold the estimated cost of an execution on all its budgets, or on none. An execution is let in as long as
        anything is left, so that a budget is overspent by one execution at most, and by what was estimated too low.

        Args:
            environment: where it runs.
            holds: whether a budget holds for it.
            estimate: what it may cost, in pico-dollars; asked only where there is a budget.
            at: when.

        Raises:
            RequestRefused: 429, a budget that blocks is spent.
        """
        budgets = tuple((one, period_at(one.period, at)) for one in self.store.page(environment) if holds(one))
        if not budgets:
            return Reservation(0, ())
        pico = estimate()
        for _ in range(ATTEMPTS):
            try:
                # A power cut ends the execution, too, and then nothing is held.
                self.store.table.write([_holding(budget, period, pico) for budget, period in budgets], lasting=False)
            except Lost:
                self._check_left(budgets, at)
            else:
                return Reservation(pico, budgets)
        message = "Others count on the same budgets all the time; send the request again."
        raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, "busy", message, 1)

    def settle(self, reservation: Reservation, spent_pico: int) -> list[str]:
        """Count what an execution has cost in the place of what it held, and tell whoever wants to know.

        Returns:
            A sentence for each budget that is spent by now.
        """
        if not reservation.budgets:
            return []
        adds = [
            Add(
                _key(budget, period),
                {_HELD: spent_pico - reservation.pico, _SPENT: spent_pico},
                expires_at_s=_end(period),
            )
            for budget, period in reservation.budgets
        ]
        self._write(adds)
        notices = Notices(self.store.table, self.notify)
        spendings = self._read(reservation.budgets)
        for budget, period in reservation.budgets:
            notices.tell(budget, period, spendings[budget.id].spent, _end(period))
        return [
            f"The budget {budget.id} of {to_usd(budget.limit_pico)} USD a {budget.period} is spent."
            for budget, _ in reservation.budgets
            if spendings[budget.id].spent >= budget.limit_pico
        ]

    def spending(self, budget: Budget, at: datetime) -> Spending:
        """What is counted on a budget in the period of an instant."""
        return self._read([(budget, period_at(budget.period, at))])[budget.id]

    def _write(self, adds: Sequence[Add]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                self.store.table.write(adds)
            except Lost:  # others were faster, and there is no bound here that it could have met
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    def _check_left(self, budgets: Sequence[tuple[Budget, Period]], at: datetime) -> None:
        spendings = self._read(budgets)
        for budget, period in budgets:
            spending = spendings[budget.id]
            if budget.action == "block" and spending.spent + spending.in_flight >= budget.limit_pico:
                raise _spent(budget, spending, period, at)

    def _read(self, budgets: Sequence[tuple[Budget, Period]]) -> Mapping[str, Spending]:
        found = self.store.table.get([_key(budget, period) for budget, period in budgets])
        spendings = {}
        for budget, period in budgets:
            numbers = json.loads(found.get(_key(budget, period), "{}"))
            spent, held = numbers.get(_SPENT, 0), numbers.get(_HELD, 0)
            spendings[budget.id] = Spending(period, spent, held - spent)
        return spendings


def _holding(budget: Budget, period: Period, pico: int) -> Add:
    below = {_HELD: budget.limit_pico} if budget.action == "block" else {}
    return Add(_key(budget, period), {_HELD: pico}, below, _end(period))


def _key(budget: Budget, period: Period) -> Key:
    return Key(f"spend#{budget.environment}#{budget.id}", f"{budget.period}#{period.start:%Y-%m-%d}")


def _end(period: Period) -> int:
    return int((period.end + KEPT_FOR).timestamp())


def _spent(budget: Budget, spending: Spending, period: Period, at: datetime) -> RequestRefused:
    in_flight = f" and {to_usd(spending.in_flight)} USD in flight" if spending.in_flight > 0 else ""
    message = (
        f"The budget {budget.id} of {to_usd(budget.limit_pico)} USD a {budget.period} has "
        f"{to_usd(spending.spent)} USD spent{in_flight}; it begins anew at {period.end:%Y-%m-%dT%H:%M:%SZ}."
    )
    # Where what is in flight costs less than it might, something is left within seconds.
    is_over = spending.spent >= budget.limit_pico
    wait_s = max(1, math.ceil((period.end - at).total_seconds())) if is_over else 1
    extra = {"budget": budget.id, "resets_at": period.end.isoformat()}
    return RequestRefused(HTTPStatus.TOO_MANY_REQUESTS, "budget_spent", message, wait_s, extra=extra)
