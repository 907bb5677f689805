"""The interval of the net promoter score holds what it says: 95 in 100 of all samples have the truth in it."""

from __future__ import annotations

import math

import duckdb
import pytest

from sql.compile import metric_query
from sql.dialects import to_duckdb

ANSWERS = 10
TRUTHS = [(promoters / 20, detractors / 20) for promoters in range(1, 19) for detractors in range(1, 20 - promoters)]
"""Shares of promoters and detractors among all people; the others are passive."""


@pytest.fixture(scope="module")
def intervals() -> dict[tuple[int, int], tuple[float, float]]:
    """By promoters and detractors among so many answers, as the metrics compute it."""
    query = to_duckdb(metric_query(["nps_low", "nps_high"], ["survey"]))
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA gold")
        db.execute(
            f"""CREATE TABLE gold.nps AS
            SELECT p.p || ' ' || d.d AS survey, {ANSWERS} AS nps_answers, p.p AS nps_promoters, d.d AS nps_detractors
            FROM range({ANSWERS + 1}) AS p (p), range({ANSWERS + 1}) AS d (d) WHERE p.p + d.d <= {ANSWERS}"""
        )
        rows = db.execute(query).fetchall()
    return {tuple(map(int, survey.split())): (low, high) for survey, low, high in rows}  # type: ignore[misc]


def covered(intervals: dict[tuple[int, int], tuple[float, float]], promoter: float, detractor: float) -> float:
    """How likely a sample has the truth in its interval: each sample that there can be, by its probability."""
    truth = 100 * (promoter - detractor)
    return sum(
        math.comb(ANSWERS, p)
        * math.comb(ANSWERS - p, d)
        * promoter**p
        * detractor**d
        * max(1 - promoter - detractor, 0) ** (ANSWERS - p - d)
        for (p, d), (low, high) in intervals.items()
        if low - 1e-9 <= truth <= high + 1e-9
    )


def test_ninety_five_in_a_hundred_samples_have_the_truth(intervals: dict[tuple[int, int], tuple[float, float]]) -> None:
    shares = [covered(intervals, *truth) for truth in TRUTHS]
    assert sum(shares) / len(shares) == pytest.approx(0.95, abs=0.01)
    assert min(shares) > 0.9


def test_it_stays_on_the_scale_and_around_the_score(intervals: dict[tuple[int, int], tuple[float, float]]) -> None:
    assert len(intervals) == (ANSWERS + 1) * (ANSWERS + 2) // 2
    for (promoters, detractors), (low, high) in intervals.items():
        assert -100 <= low < high <= 100
        assert low <= 100 * (promoters - detractors) / ANSWERS <= high
