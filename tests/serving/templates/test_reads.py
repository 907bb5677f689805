"""How much DynamoDB is asked for one request: bounded, however many templates there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from serving.stores.templates import keys
from serving.stores.templates.dynamo import DynamoTable
from serving.stores.templates.store import ROUNDS
from serving.stores.templates.table import Key
from tests.serving.templates.people import ANN, Clock, Site, open_desk
from tests.tables import make_table

MANY = 620


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[tuple[Site, Counter[str], Any]]:
    with mock_aws():
        asked: Any = boto3.client("dynamodb", region_name="eu-central-1")
        make_table(asked, "templates")
        clock = Clock()
        site = Site(open_desk(DynamoTable(asked, "templates"), clock), clock, tmp_path)
        calls: Counter[str] = Counter()
        asked.meta.events.register(
            "before-call.dynamodb", lambda model, **_: calls.update([model.name]), unique_id="counting"
        )
        yield site, calls, asked


def test_reads_are_bounded(counted: tuple[Site, Counter[str], Any]) -> None:
    site, calls, client = counted

    def put(key: Key, document: str) -> None:  # as the store does, and faster than moto's transactions
        item = {"pk": {"S": key.partition}, "sk": {"S": key.sort}, "document": {"S": document}}
        client.put_item(TableName="templates", Item=item)

    def asked(path: str, **query: Any) -> dict[str, int]:
        calls.clear()
        answer = site.get(path, **query)
        assert answer.status in (200, 404), answer.json
        return dict(calls)

    site.make("t0000", tags=["x"])
    made = site.desk.find("default", "t0000")
    for number in range(1, MANY):
        owner = "zoe" if number == MANY - 1 else "ann"
        template = made.model_copy(update={"id": f"t{number:04d}", "owner": owner})
        put(keys.template("default", template.id), template.model_dump_json())
        for key in keys.indexed(template):
            put(key, "{}")
    one, page = {"BatchGetItem": 1}, {"Query": 1, "BatchGetItem": 1}
    assert asked("/t0000") == one
    assert asked("/t0000/versions/1") == one
    assert asked("/nothing") == one
    assert asked("/t0000/versions") == page
    assert asked("") == page
    assert asked("", prefix="t03", limit=100) == page
    assert asked("", tag="x") == page
    assert asked("", owner="zoe") == page
    assert asked("", tag="x", owner="zoe") == {"Query": 2, "BatchGetItem": 1}
    assert [t["id"] for t in site.get("", tag="x", owner="zoe").json["templates"]] == [f"t{MANY - 1:04d}"]


def test_what_is_rare_is_looked_for_in_so_many_pages_and_no_more(
    counted: tuple[Site, Counter[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, calls, _ = counted
    monkeypatch.setattr("serving.stores.templates.store._IDS", 2)
    for number in range(14):
        site.make(f"t{number:02d}", tags=["x"], owner="zoe" if number == 13 else "ann")
    calls.clear()
    first = site.get("", tag="x", owner="ann", status="draft", limit=100).json
    assert calls["Query"] == 3 * ROUNDS
    assert ([t["id"] for t in first["templates"]], first["next"]) == ([f"t{n:02d}" for n in range(10)], "t09")
    rest = site.get("", tag="x", owner="ann", after=first["next"]).json
    assert ([t["id"] for t in rest["templates"]], rest["next"]) == (["t10", "t11", "t12"], None)


def test_a_change_is_one_write(counted: tuple[Site, Counter[str], Any]) -> None:
    site, calls, _ = counted
    site.make("t", tags=["x"])
    calls.clear()
    answer = site.ask(ANN, "PUT", "/t", {"body": "new"}, headers={"If-Match": "*", "Idempotency-Key": "k"})
    assert answer.status == 200
    assert calls["TransactWriteItems"] == 1
    assert calls["BatchGetItem"] <= 4
