"""A percentile read from bucket counts against the one of the raw values."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.contracts import layout
from sql.catalog import models
from sql.dialects import to_duckdb
from tests.serving.lakes import DAY_1, Api, publish

RANKS = {"latency_p50_ms": (50, 100), "latency_p95_ms": (95, 100), "latency_p99_ms": (99, 100)}


def nearest_rank(values: list[int], rank: tuple[int, int]) -> int:
    part, whole = rank
    return sorted(values)[math.ceil(len(values) * part / whole) - 1]


def publish_latencies(root: Path, by_feature: dict[str, list[int]]) -> None:
    """Raw executions through gold's own query into the extract."""
    publish(root, {"latency_daily": []})
    path = root / layout.extract("p1", "latency_daily")
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA silver")
        db.execute(
            "CREATE TABLE silver.prompt_execution (occurred_at TIMESTAMP, environment VARCHAR, team VARCHAR, "
            "feature VARCHAR, template_id VARCHAR, template_version VARCHAR, variant VARCHAR, provider VARCHAR, "
            "model VARCHAR, latency_ms BIGINT, time_to_first_token_ms BIGINT)"
        )
        for feature, values in by_feature.items():
            db.execute(
                "INSERT INTO silver.prompt_execution BY NAME SELECT CAST(? AS TIMESTAMP) AS occurred_at, "
                "'production' AS environment, ? AS feature, 'm' AS model, unnest(?) AS latency_ms",
                [DAY_1, feature, values],
            )
        db.execute(f"COPY ({to_duckdb(models()['gold.latency_daily'].query)}) TO '{path}' (FORMAT parquet)")


values = st.lists(st.integers(0, 3_600_000) | st.integers(0, 300), min_size=1, max_size=60)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), values, min_size=1))
@example({"a": list(range(1, 101)), "b": [1] * 19 + [1000]})
@example({"a": [1] * 95 + [900] * 5})
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_percentiles_are_within_one_percent_of_the_raw_ones(by_feature: dict[str, list[int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        publish_latencies(Path(folder), by_feature)
        answer = Api(Path(folder)).get("/analytics/performance", group_by="feature")
    everything = [value for values in by_feature.values() for value in values]
    groups = [(answer.json["total"], everything)]
    groups += [(answer.row(feature=feature), values) for feature, values in by_feature.items()]
    for row, raw in groups:
        for metric, rank in RANKS.items():
            exact = nearest_rank(raw, rank)
            assert abs(row[metric] - exact) <= 0.01 * exact, (metric, raw)
