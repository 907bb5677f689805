"""The API over one table, with a model behind real HTTP, and all events that it recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingest.contracts.validate import Refusal, validate
from serving.access import Principal
from serving.app import build_app
from serving.logic.budgets.notices import Notice
from serving.logic.execution.executions import Executions
from serving.logic.models.bedrock import Bedrock
from serving.logic.models.openai_compatible import OpenAICompatible
from serving.logic.models.provider import Models
from serving.logic.templates.desk import Desk
from serving.logic.testing.checks import RenderedAndTested
from serving.prompts import Prompts, open_prompts
from serving.stores.table import Table
from serving.stores.templates.store import TemplateStore
from sql.reader import Reader
from tests.serving.execution.model_server import ModelServer
from tests.serving.lakes import Answer
from tests.serving.templates.people import ADA, ANN, Clock, Site

SHOP = Principal("shop", "executor")
MODEL = "gpt-4o-mini"
INPUT_USD, OUTPUT_USD = Decimal("0.15") / 10**6, Decimal("0.60") / 10**6
ANSWER_USD = 1_000 * INPUT_USD + 100 * OUTPUT_USD
"""What the model server's usual answer costs."""


@dataclass
class Kitchen:
    """See the module."""

    site: Site
    model: ModelServer
    prompts: Prompts = field(init=False)
    events: list[dict[str, Any]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    deferred: list[tuple[str, str]] = field(default_factory=list)
    record: Callable[[dict[str, Any]], Refusal | None] | None = None

    def keep(self, event: dict[str, Any]) -> Refusal | None:
        if self.record is not None:
            return self.record(event)
        checked = validate(event, datetime(2101, 1, 1, tzinfo=UTC))
        if isinstance(checked, Refusal):
            return checked
        self.events.append(event)
        return None

    @property
    def executions_desk(self) -> Executions:
        """Where deferred executions are worked on."""
        return self.prompts.executions

    @property
    def executions(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event_type"] == "prompt_execution"]

    def execute(
        self, who: Principal = SHOP, headers: Mapping[str, str] = {}, query: Mapping[str, str] = {}, **wanted: Any
    ) -> Answer:
        asked = {"template_id": "greeting", "values": {"name": "Ann"}} | wanted
        return self.ask(who, "POST", "/prompts/execute", asked, query, headers)

    def ask(
        self,
        who: Principal,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] = {},
        headers: Mapping[str, str] = {},
    ) -> Answer:
        return self.site.send(who, method, path, body, query, headers)

    def budget(self, budget_id: str = "all", amount_usd: str = "1", action: str = "block", **more: Any) -> None:
        terms = {"id": budget_id, "amount_usd": amount_usd, "period": "day", "action": action} | more
        answer = self.ask(ADA, "POST", "/budgets", terms)
        assert answer.status == 201, answer.json

    def spending(self, budget_id: str = "all") -> dict[str, Any]:
        answer = self.ask(ADA, "GET", f"/budgets/{budget_id}/spending")
        assert answer.status == 200, answer.json
        found: dict[str, Any] = answer.json
        return found

    def spent(self, budget_id: str = "all") -> Decimal:
        found = self.spending(budget_id)
        assert found["in_flight_usd"] == "0", "what has come back holds nothing any more"
        return Decimal(found["spent_usd"])


def open_kitchen(table: Table, model: ModelServer, folder: Path, *, defers: bool = False) -> Kitchen:
    """A kitchen with one template, ``greeting``, whose first version is in production."""
    clock = Clock()
    providers = {"openai": OpenAICompatible("openai", f"{model.url}/v1"), "bedrock": Bedrock("bedrock", "eu-central-1")}
    desk = Desk(TemplateStore(table), RenderedAndTested(), Models(providers, MODEL), clock=clock)
    site = Site(desk, clock, folder)
    kitchen = Kitchen(site, model)
    defer = (lambda environment, one: kitchen.deferred.append((environment, one))) if defers else None
    kitchen.prompts = open_prompts(desk, kitchen.keep, kitchen.notices.append, defer)
    site.app = build_app(Reader(folder), kitchen.keep, desk, None, kitchen.prompts)
    site.make("greeting", "Hello {{ name }}", ANN, variables=[{"name": "name"}])
    site.publish("greeting")
    assert site.label("greeting", "production", 1).status == 200
    return kitchen
