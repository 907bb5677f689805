"""What people and evaluators thought, and what failed, by kind."""

from __future__ import annotations

from typing import Any

import pytest

from serving.app import QUESTIONS
from sql.catalog import metrics, models
from tests.serving.lakes import DAY_1, DAY_2, Api, Row, quality


def evaluated(metric: str, **values: Any) -> Row:
    return quality(DAY_1, "chat", metric=metric, **values)


@pytest.fixture
def judged(api: Api) -> Api:
    api.publish(
        {
            "quality_daily": [
                quality(DAY_1, "chat", executions=10, errors=3, ratings=2, rating_sum=9, thumbs_up=3, thumbs_down=1),
                quality(DAY_2, "chat", executions=1, comments=2),
            ],
            "nps": [quality(DAY_2, "chat", nps_answers=4, nps_promoters=3, nps_detractors=1)],
            "evaluation_daily": [
                evaluated("tone", evaluations=3, scored=2, score_sum="1.5"),
                evaluated("length", evaluations=1, scored=1, score_sum="400"),
            ],
            "error_daily": [
                quality(DAY_1, "chat", error_class="timeout", errors=2),
                quality(DAY_1, "chat", error_class=None, errors=1),
            ],
        }
    )
    return api


def test_what_people_said(judged: Api) -> None:
    total = judged.get("/analytics/quality").json["total"]
    said = {"average_rating": 4.5, "ratings": 2, "thumbs_up_rate": 0.75, "thumbs": 4, "nps": 50.0, "nps_answers": 4}
    assert total.items() >= (said | {"comments": 2, "evaluations": 4, "errors": 3, "classified_errors": 3}).items()
    assert total["evaluation_pass_rate"] is None, "nobody said that one passed"


def test_failures_by_kind(judged: Api) -> None:
    answer = judged.get("/analytics/quality", group_by="error_class").json
    assert answer["rows"] == [
        {"error_class": "timeout", "classified_errors": 2},
        {"error_class": None, "classified_errors": 1},
    ]
    assert {entry["metric"] for entry in answer["not_available"]} >= {"errors", "average_rating", "evaluations"}


def test_scores_of_several_scales_are_never_added_up(judged: Api) -> None:
    answer = judged.get("/analytics/quality").json
    assert "evaluation_score" not in answer["total"]
    assert "evaluation_score" not in answer["rows"][0]
    assert {"metric": "evaluation_score", "lacks": [], "needs": ["metric"]} in answer["not_available"]
    by_metric = judged.get("/analytics/quality", group_by="metric").json
    scores = {row["metric"]: row["evaluation_score"] for row in by_metric["rows"]}
    assert scores == {"length": 400.0, "tone": 0.75}
    assert "evaluation_score" not in by_metric["total"]


def test_the_score_of_one_metric_needs_no_group(judged: Api) -> None:
    answer = judged.get("/analytics/quality", metric="tone", group_by="feature").json
    assert answer["total"]["evaluation_score"] == 0.75
    assert [row["evaluation_score"] for row in answer["rows"]] == [0.75]
    two = judged.get("/analytics/quality", [("metric", "tone"), ("metric", "length")]).json
    assert "evaluation_score" not in two["total"]


def test_every_metric_of_a_published_table_is_answered() -> None:
    answered = {name for question in QUESTIONS for name in question.metrics}
    assert {name for name, metric in metrics().items() if models()[f"gold.{metric.table}"].published} == answered
