"""An answer is of one publication, whatever happens while it is made."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local.gateway import ask
from infra.local.templates import open_desk
from ingest.contracts import layout
from serving.app import build_app
from sql.reader import PublishedTables, Reader
from tests.serving.lakes import DAY_1, Answer, Api, Row, cost, publish


def state(number: int) -> dict[str, list[Row]]:
    """A lake in which everything is ``number``."""
    engagement = {"day": DAY_1, "environment": "production", "sessions": number, "active_users": 100}
    return {"cost_daily": [cost(DAY_1, "chat", "m", executions=number)], "engagement_daily": [engagement]}


def test_the_next_request_sees_the_next_publication(api: Api) -> None:
    for number in (1, 2, 3):
        api.publish(state(number), f"p{number}")
        total = api.get("/analytics/usage").json["total"]
        assert (total["executions"], total["sessions"]) == (number, number)


@pytest.mark.parametrize("query", ["group_by=day", "granularity=week&compare=previous&limit=1"])
def test_a_publication_in_the_middle_of_a_request_is_not_seen(tmp_path: Path, query: str) -> None:
    published = 1

    class Moving(PublishedTables):
        def metrics(self, names: Sequence[str], *rest: Any, **more: Any) -> list[Row]:
            nonlocal published
            published += 1
            publish(tmp_path, state(published), f"p{published}")
            return super().metrics(names, *rest, **more)

    publish(tmp_path, state(1), "p1")
    app = build_app(Reader(tmp_path, Moving), lambda _: None, open_desk(tmp_path))
    for _ in range(3):
        before = published
        answer = Answer(*ask(app, "GET", "/analytics/usage", query, {}, b""))
        (row,) = answer.json["rows"]
        assert published > before + 1
        assert {row["executions"], row["sessions"], answer.json["total"]["executions"]} == {before}


def test_many_at_once_while_publications_go_by(api: Api) -> None:
    api.publish(state(1), "p1")

    def read(_: int) -> tuple[int, int]:
        answer = api.get("/analytics/usage", group_by="environment")
        (row,) = answer.json["rows"]
        return row["executions"], row["sessions"]

    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(read, range(60))
        for number in range(2, 8):
            api.publish(state(number), f"p{number}")
        assert all(executions == sessions for executions, sessions in answers)


def test_a_pointer_that_is_none_is_a_sentence(filled: Api) -> None:
    pointer = filled.root / layout.POINTER
    for content in (b"", b"{}", b"[1]", b'{"format_version": 2}', b'{"format_version": 1, "tables": {"x": 3}}'):
        pointer.write_bytes(content)
        answer = filled.get("/analytics/costs")
        assert (answer.status, answer.json["code"]) == (503, "nothing_published"), content
