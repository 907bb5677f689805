"""What metrics say of single days and groups merges to what they say of all: counts, money, percentiles, people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.buckets import RELATIVE_ERROR
from sql.catalog import models
from sql.compile import metric_query, tables_that_answer
from sql.dialects import to_duckdb
from sql.given import GIVEN
from tests.sql.cases import Input, Row
from tests.sql.test_cases import on_duckdb
from transforms.engines.duck import session

OUTPUT_USD = Decimal("0.000000000007")
FIRST = date(2026, 3, 28)  # the days around the change of clocks
EXECUTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 2),
            "user_id": st.sampled_from(["ann", "bob", "Zoë", None]),
            "feature": st.sampled_from(["chat", "search", None]),
            "template_id": st.sampled_from(["t", "u"]),
            "model": st.sampled_from(["m", "unknown"]),
            "status": st.sampled_from(["ok", "error"]),
            "output_tokens": st.integers(0, 10**9),
            "latency_ms": st.integers(0, 200) | st.integers(0, 86_400_000),
        }
    ),
    min_size=1,
    max_size=25,
)
PRICES: list[Row] = [
    {
        "day": FIRST + timedelta(day),
        **dict.fromkeys(("said_provider", "said_model", "provider", "model"), "m"),
        **dict.fromkeys(("said_region", "said_service_tier", "region"), ""),
        **dict.fromkeys(("input_usd", "cache_read_usd", "cache_write_5m_usd", "cache_write_1h_usd"), Decimal(0)),
        "said_is_batch": False,
        "input_tokens_from": 0,
        "input_tokens_through": 10**12,
        "output_usd": OUTPUT_USD,
        "valid_from": datetime(1, 1, 1),  # noqa: DTZ001 - SQL's TIMESTAMP has no zone
        "valid_to": datetime(9999, 12, 31),  # noqa: DTZ001 - the same
    }
    for day in range(3)
]
NAMES = ("cost_daily", "cost_rollup_daily", "cost_user_daily", "latency_daily", "latency_rollup_daily")


class Gold:
    """Some gold tables, computed by their own queries from executions, and asked for metrics."""

    def __init__(self, executions: Sequence[Row]) -> None:
        silver = [
            {
                **{key: value for key, value in execution.items() if key != "day"},
                "event_id": str(number),
                "occurred_at": datetime.combine(FIRST + timedelta(execution["day"]), datetime.min.time()),
                "environment": "prod",
                "provider": "m",
            }
            for number, execution in enumerate(executions)
        ]
        types = {name: {c: spec.type for c, spec in models()[name].columns.items()} for name in models()}
        inputs = {
            "silver.prompt_execution": Input(types["silver.prompt_execution"], silver),
            "price.model_price": Input(GIVEN["price.model_price"], PRICES),
        }
        self._db = session(Path())
        for name in NAMES:
            model = models()[f"gold.{name}"]
            rows = on_duckdb(model, inputs)
            inputs[model.full_name] = Input(types[model.full_name], rows)
            columns = ", ".join(f"{c} {kind}" for c, kind in types[model.full_name].items())
            self._db.execute(f"CREATE TABLE gold.{name} ({columns})")
            for row in rows:
                self._db.execute(f"INSERT INTO gold.{name} VALUES ({', '.join('?' * len(row))})", list(row.values()))

    def ask(self, name: str, group_by: Sequence[str] = (), where: str | None = None, table: str = "") -> list[Row]:
        chosen = models()[f"gold.{table}"] if table else None
        found = self._db.execute(to_duckdb(metric_query([name], group_by, where, table=chosen)))
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def close(self) -> None:
        self._db.close()


def values(rows: Sequence[Row], name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


@settings(max_examples=15)
@given(EXECUTIONS)
def test_days_and_groups_merge_to_the_whole(executions: list[Row]) -> None:
    gold = Gold(executions)
    try:
        for name in ("executions", "output_tokens", "unpriced_tokens", "cost_usd"):
            (whole,) = gold.ask(name)
            for group_by in (["day"], ["feature"], ["day", "model", "template_id"]):
                parts = values(gold.ask(name, group_by), name)
                assert sum(parts, Decimal(0)) == (whole[name] or 0)
        tokens = sum(e["output_tokens"] for e in executions if e["model"] == "m")
        assert (gold.ask("cost_usd")[0]["cost_usd"] or 0) == tokens * OUTPUT_USD
        _check_people(gold, executions)
        _check_percentile(gold, executions)
        _check_rollups(gold)
    finally:
        gold.close()


def _check_people(gold: Gold, executions: Sequence[Row]) -> None:
    def people(days: Sequence[int]) -> int:
        return len({e["user_id"] for e in executions if e["day"] in days} - {None})

    for days in ([0], [1], [0, 1], [1, 2], [0, 1, 2]):
        first, last = (FIRST + timedelta(day) for day in (days[0], days[-1]))
        asked = gold.ask("prompt_users", where=f"day BETWEEN DATE '{first}' AND DATE '{last}'")
        assert asked[0]["prompt_users"] == people(days)


def _check_percentile(gold: Gold, executions: Sequence[Row]) -> None:
    """The nearest rank of all days together, though the table holds days and models apart."""
    for feature in ("chat", None):
        chosen = sorted(e["latency_ms"] for e in executions if e["feature"] == feature)
        asked = [row for row in gold.ask("latency_p50_ms", ["feature"]) if row["feature"] == feature]
        if not chosen:
            assert asked == []
            continue
        exact = chosen[(len(chosen) + 1) // 2 - 1]
        assert abs(asked[0]["latency_p50_ms"] - exact) <= RELATIVE_ERROR * exact


def _check_rollups(gold: Gold) -> None:
    for name, group_by in _questions():
        own, *others = (model.name for model in tables_that_answer([name], group_by))
        assert others
        for table in others:
            assert gold.ask(name, group_by, table=table) == gold.ask(name, group_by, table=own)


def _questions() -> Iterator[tuple[str, list[str]]]:
    for name in ("cost_usd", "cost_per_success_usd", "cache_hit_rate", "latency_p95_ms"):
        yield name, []
        yield name, ["day", "model"]


@pytest.mark.parametrize("dimension", ["template_id", "template_version", "variant"])
def test_what_a_rollup_does_not_have_is_asked_of_its_base(dimension: str) -> None:
    assert [model.name for model in tables_that_answer(["cost_usd"], [dimension])] == ["cost_daily"]
    assert [model.name for model in tables_that_answer(["cost_usd"], where=f"{dimension} = ?")] == ["cost_daily"]
