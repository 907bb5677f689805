"""Whatever stands in a query: an answer or a problem, and never another answer than the question's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.app import QUESTIONS
from tests.serving.lakes import EXAMPLE, Api
from tests.serving.test_problems import EVIL, problem

NAMES = ["from", "to", "group_by", "granularity", "compare", "sort", "limit", "cursor", "format", "feature", "model"]
DATES = st.dates().map(str) | st.sampled_from(["0001-01-01", "9999-12-31", "2026-03-01", "2026-03-03"])
WORDS = st.sampled_from(["day", "week", "month", "previous", "feature", "-executions", "executions_delta", "csv", "1"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(EVIL) | DATES | WORDS


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Api:
    api = Api(tmp_path_factory.mktemp("lake", numbered=True))
    api.publish(EXAMPLE)
    return api


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(QUESTIONS), st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=6))
def test_any_query(lake: Api, question, query: list[tuple[str, str]]) -> None:  # type: ignore[no-untyped-def]
    answer = lake.get(question.path, query)
    if answer.status != 200:
        assert problem(answer)[0] == 400
    elif "csv" not in dict(query).get("format", ""):
        told, plain = answer.json, lake.get(question.path, [("to", "2026-03-03")] if question.is_daily else []).json
        metric = question.metrics[0]
        assert not any(name in ("feature", "model") for name, _ in query) or len(told["filters"]) > 0
        if told["total"].get(metric) is not None:
            assert told["total"][metric] <= plain["total"][metric], "no part is more than the whole"


def test_the_files_beside_the_lake_stay_closed(lake: Api, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("feature\nsecret")
    for name in NAMES:
        for attack in (f"(SELECT * FROM '{secret}')", f"x' UNION SELECT feature FROM read_csv('{secret}') --"):
            assert b'"secret"' not in lake.get("/analytics/costs", [(name, attack)]).body
