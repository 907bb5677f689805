"""Budgets, and how much of them is spent."""

from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import AwareDatetime, BaseModel, Field

from serving.logic.budgets.counting import Counting
from serving.logic.budgets.model import Budget, BudgetTerms, to_usd
from serving.logic.budgets.notices import Notices
from serving.logic.cabinet import Cabinet
from serving.logic.record import values_of
from serving.routes.records import Kind, RecordIdPath, add_records
from serving.routes.templates.registering import EnvironmentQuery, Routes, send, tell

BUDGETS = "/budgets"


class BudgetSpending(BaseModel, defer_build=True):
    """What is counted on a budget in the period that is running."""

    budget_id: str
    period_start: AwareDatetime
    resets_at: AwareDatetime
    amount_usd: str
    spent_usd: str = Field(description="What executions have cost that have come back; a decimal")
    in_flight_usd: str = Field(description="What others may cost at most that have not; a decimal")
    notified_percent: list[Literal[50, 80, 100]] = Field(description="What somebody has been told of")


def add_budgets(routes: Routes, cabinet: Cabinet[Budget], counting: Counting) -> None:
    """Let the resolver keep budgets."""

    def make(terms: BudgetTerms, signed: dict[str, Any]) -> Budget:
        return Budget(**values_of(BudgetTerms, terms), **signed)

    def change(_: Budget, terms: BudgetTerms) -> dict[str, Any]:
        return values_of(BudgetTerms, terms)

    add_records(routes, Kind("budget", BUDGETS, cabinet, Budget, BudgetTerms, "admin", make, change))

    @routes.add("GET", f"{BUDGETS}/<record_id>/spending", "Look at what is spent", BudgetSpending)
    def get_budget_spending(record_id: RecordIdPath, environment: EnvironmentQuery = None) -> Response[Any]:
        """What is counted on a budget in the period that is running: only what was executed here."""
        budget = cabinet.find(routes.reader(environment), record_id)
        period, spent, in_flight = counting.spending(budget, cabinet.clock())
        told = Notices(counting.store.table, counting.notify).told(budget, period)
        spending = BudgetSpending.model_validate(
            {
                "budget_id": budget.id,
                "period_start": period.start,
                "resets_at": period.end,
                "amount_usd": to_usd(budget.limit_pico),
                "spent_usd": to_usd(spent),
                "in_flight_usd": to_usd(in_flight),
                "notified_percent": told,
            }
        )
        return send(tell(spending))
