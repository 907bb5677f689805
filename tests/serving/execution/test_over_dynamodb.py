"""What is executed, budgeted, tried out and asked over SQLite is so over DynamoDB, too."""

from __future__ import annotations

from pathlib import Path

from tests.serving.execution.kitchen import ANSWER_USD, SHOP, open_kitchen
from tests.serving.execution.model_server import ModelServer
from tests.serving.execution.test_experiments import act, assigned, draft
from tests.serving.execution.test_surveys import make, shown
from tests.serving.templates.people import BOB
from tests.serving.templates.tables import KINDS, tables


def test_all_of_it(dynamodb: str, model: ModelServer, tmp_path: Path) -> None:
    with tables(KINDS[2], tmp_path, lambda: dynamodb) as make_tables:
        kitchen = open_kitchen(make_tables()(), model, tmp_path)
        kitchen.budget("first", str(ANSWER_USD * 2))
        kitchen.budget("second", "1", "warn", scope={"template_id": "greeting"})
        first = kitchen.execute(headers={"Idempotency-Key": "k"}, cache_s=60)
        again = kitchen.execute(headers={"Idempotency-Key": "k"}, cache_s=60)
        assert again.json == first.json
        assert kitchen.execute(cache_s=60).json["is_local_cache_hit"] is True
        assert kitchen.execute().status == 200
        assert kitchen.execute().json["code"] == "budget_spent"
        assert kitchen.spent("first") == kitchen.spent("second") == ANSWER_USD * 2
        assert sorted(notice.percent for notice in kitchen.notices) == [50, 80, 100]
        draft(kitchen)
        act(kitchen, "start")
        for _ in range(2):
            assigned(kitchen, "ann")
        assert act(kitchen, "ship", BOB, {"variant": "short"}).json["winner"] == "short"
        make(kitchen, "spring")
        assert [shown(kitchen, "ann") for _ in range(2)] == ["spring", None]
        kinds = [event["event_type"] for event in kitchen.events]
        assert kinds == ["prompt_execution"] * 3 + ["behavior"]
        listed = kitchen.ask(BOB, "GET", "/budgets", query={"limit": "1"}).json
        assert ([one["id"] for one in listed["records"]], listed["next"]) == (["first"], "first")
        looked_at = kitchen.ask(SHOP, "GET", f"/prompts/executions/{first.json['execution_id']}")
        assert looked_at.json == first.json
