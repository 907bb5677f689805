"""How much DynamoDB is asked for one request: bounded, however many templates there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from serving.stores.dynamo import DynamoTable
from serving.stores.table import Key
from serving.stores.templates import keys
from serving.stores.templates.searching import ROUNDS
from tests.services.dynamodb import client
from tests.serving.templates.people import ANN, BOB, Clock, Site, open_desk
from tests.tables import make_table

MANY = 620
Counted = tuple[Site, Counter[str], Any, str]
_numbers = count()


@pytest.fixture
def counted(dynamodb: str, tmp_path: Path) -> Counted:
    """The API over an empty table, what it asks of DynamoDB, the client and the table's name."""
    asked, name = client(dynamodb), f"counted-{next(_numbers)}"
    make_table(asked, name)
    clock = Clock()
    site = Site(open_desk(DynamoTable(asked, name), clock), clock, tmp_path)
    calls: Counter[str] = Counter()
    asked.meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.update([model.name]), unique_id="counting"
    )
    return site, calls, asked, name


def put(asked: Any, name: str, items: Iterable[tuple[Key, str]]) -> None:
    """Write items as the store does, many at a time."""
    puts = [
        {"PutRequest": {"Item": {"pk": {"S": pk}, "sk": {"S": sk}, "document": {"S": document}}}}
        for (pk, sk), document in items
    ]
    for start in range(0, len(puts), 25):
        asked.batch_write_item(RequestItems={name: puts[start : start + 25]})


def test_reads_are_bounded(counted: Counted) -> None:
    site, calls, client_, name = counted

    def asked(path: str, **query: Any) -> dict[str, int]:
        calls.clear()
        answer = site.get(path, **query)
        assert answer.status in (200, 404), answer.json
        return dict(calls)

    site.make("t0000", tags=["x"])
    made = site.desk.find("default", "t0000")
    owners = {MANY - 1: "zoe"}
    others = [
        made.model_copy(update={"id": f"t{number:04d}", "owner": owners.get(number, "ann")})
        for number in range(1, MANY)
    ]
    put(client_, name, ((keys.template("default", one.id), one.model_dump_json()) for one in others))
    put(client_, name, ((key, "{}") for one in others for key in keys.indexed(one)))
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
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, calls, *_ = counted
    monkeypatch.setattr("serving.stores.templates.searching._IDS", 2)
    for number in range(14):
        site.make(f"t{number:02d}", tags=["x"], owner="zoe" if number == 13 else "ann")
    calls.clear()
    first = site.get("", tag="x", owner="ann", status="draft", limit=100).json
    assert calls["Query"] == 3 * ROUNDS
    assert ([t["id"] for t in first["templates"]], first["next"]) == ([f"t{n:02d}" for n in range(10)], "t09")
    rest = site.get("", tag="x", owner="ann", after=first["next"]).json
    assert ([t["id"] for t in rest["templates"]], rest["next"]) == (["t10", "t11", "t12"], None)

    calls.clear()
    assert site.get("", tag="x", owner="nobody").json == {"templates": [], "next": None}
    assert calls["Query"] == 2, "one list is at its end: the other need not be read to its own"


def test_a_change_is_one_write(counted: Counted) -> None:
    site, calls, *_ = counted
    site.make("part")
    site.make("t", tags=["x"])
    calls.clear()
    answer = site.ask(
        ANN, "PUT", "/t", {"body": "{% include 'part@1' %}"}, headers={"If-Match": "*", "Idempotency-Key": "k"}
    )
    assert answer.status == 200
    assert calls["TransactWriteItems"] == 1
    assert calls["BatchGetItem"] <= 5


def test_a_label_that_many_follow_is_moved_with_a_bounded_look_at_them(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.logic.templates.following.MAX_LOOKED_AT", 3)
    site, calls, *_ = counted
    site.make("tone", "one")
    site.save("tone", body="two")
    for number in (1, 2):
        site.publish("tone", number)
    site.label("tone", "production", 1)
    for number in range(12):
        site.make(f"t{number:02d}", "{% include 'tone@production' %}")
    calls.clear()
    moved = site.label("tone", "production", 2, BOB)
    assert moved.json["warnings"] == ["Only 3 of the versions that tone@production leads to were tried."]
    assert calls.total() < 30
