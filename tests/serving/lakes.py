"""Small lakes that have been published to, and the API in front of them, asked the way API Gateway asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb

from infra.local.gateway import ask
from infra.local.templates import open_desk
from ingest.contracts import layout
from ingest.contracts.validate import Refusal, validate
from serving.app import build_app
from serving.logic.health import Component
from sql.catalog import models
from sql.publication import WHOLE, Extract, Part, Publication
from sql.reader import Reader

Row = dict[str, Any]
DAY_1, DAY_2, DAY_3 = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
AS_OF, COMPLETE_THROUGH = "2026-03-04T10:00:00+00:00", "2026-03-04T09:59:00+00:00"


def publish(root: Path, tables: Mapping[str, Sequence[Row]], name: str = "p1") -> None:
    """Write extracts and the pointer, as a build does. A column that a row leaves out is 0 if it counts, else null."""
    extracts = {}
    for table, rows in tables.items():
        path = layout.extract(name, table)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_extract(root / path, table, rows)
        extracts[table] = Extract({WHOLE: Part(path, len(rows))})
    publication = Publication(name, AS_OF, COMPLETE_THROUGH, extracts)
    (root / layout.PUBLISH).mkdir(exist_ok=True)
    fresh = root / f"{layout.POINTER}.tmp"
    fresh.write_bytes(publication.to_json())
    fresh.replace(root / layout.POINTER)


def write_extract(path: Path, table: str, rows: Sequence[Row]) -> None:
    model = models()[f"gold.{table}"]
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE t ({', '.join(f'{name} {spec.type}' for name, spec in model.columns.items())})")
        zero = {name: 0 for name, spec in model.columns.items() if spec.type == "bigint" and name not in model.grain}
        for row in rows:
            full = dict.fromkeys(model.columns) | zero | row
            assert full.keys() == model.columns.keys()
            db.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(full))})", list(full.values()))
        db.execute(f"COPY t TO '{path}' (FORMAT parquet)")


class Answer:
    """One HTTP answer."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def row(self, **keys: Any) -> Row:
        """The one row with these values."""
        (found,) = [r for r in self.json["rows"] if all(r[k] == v for k, v in keys.items())]
        return found


class Api:
    """The API over one lake folder, with a recorder of feedback that validates as delivery does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.recorded: list[Row] = []
        self.record: Callable[[Row], Refusal | None] = self._record
        self.components: list[Component] = []
        self.app = build_app(
            Reader(root), lambda event: self.record(event), open_desk(root), probe=lambda: self.components
        )

    def _record(self, event: Row) -> Refusal | None:
        checked = validate(event, datetime.now(UTC))
        if isinstance(checked, Refusal):
            return checked
        self.recorded.append(event)
        return None

    def get(self, path: str, query: Sequence[tuple[str, str]] = (), **parameters: str) -> Answer:
        pairs = [*query, *((name.rstrip("_"), value) for name, value in parameters.items())]
        return Answer(*ask(self.app, "GET", path, urlencode(pairs), {"accept": "*/*"}, b""))

    def post(self, path: str, body: Any, headers: Mapping[str, str] = {}, query: str = "") -> Answer:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(*ask(self.app, "POST", path, query, {"content-type": "application/json"} | dict(headers), sent))

    def publish(self, tables: Mapping[str, Sequence[Row]], name: str = "p1") -> None:
        publish(self.root, tables, name)


def cost(day: date, feature: str | None, model: str, **values: Any) -> Row:
    keys = {"day": day, "environment": "production", "team": "core", "feature": feature, "provider": "anthropic"}
    return keys | {"model": model} | values


def quality(day: date, feature: str | None, **values: Any) -> Row:
    return {"day": day, "environment": "production", "feature": feature, "model": "sonnet"} | values


def latency(day: date, feature: str, bucket_ms: int, executions: int, measure: str = "latency") -> Row:
    keys = {"day": day, "environment": "production", "feature": feature, "model": "sonnet", "measure": measure}
    return keys | {"bucket_ms": bucket_ms, "executions": executions}


EXAMPLE: dict[str, list[Row]] = {
    "cost_daily": [
        cost(DAY_1, "chat", "sonnet", executions=3, uncached_input_tokens=60, cache_read_tokens=30,
             cache_write_5m_tokens=10, output_tokens=7, cost_usd="0.100000000001", reported_cost_usd="0.2"),
        cost(DAY_2, "chat", "haiku", executions=2, uncached_input_tokens=50, output_tokens=5, cost_usd="0.2"),
        cost(DAY_2, None, "sonnet", executions=1, uncached_input_tokens=10, output_tokens=1, cost_usd="0.4"),
        cost(DAY_3, "search", "house-model", executions=4, uncached_input_tokens=400, output_tokens=4,
             unpriced_tokens=404, unpriced_executions=4),
    ],
    "quality_daily": [
        quality(DAY_1, "chat", executions=3, errors=1, thumbs_up=3, thumbs_down=1, ratings=2, rating_sum=9),
        quality(DAY_2, "chat", executions=2, nps_answers=4, nps_promoters=3, nps_detractors=1),
        quality(DAY_2, None, executions=1, evaluations_passed=1, evaluations_failed=3),
        quality(DAY_3, "search", executions=4, errors=4, implicit_negative=2),
    ],
    "evaluation_daily": [quality(DAY_2, None, metric="tone", evaluations=4, passed=1, failed=3)],
    "error_daily": [quality(DAY_3, "search", error_class="timeout", errors=4)],
    "latency_daily": [
        latency(DAY_1, "chat", 100, 90),
        latency(DAY_2, "chat", 1000, 9),
        latency(DAY_2, "chat", 5000, 1),
        latency(DAY_2, "chat", 40, 1, "time_to_first_token"),
    ],
    "engagement_daily": [
        {"day": DAY_1, "environment": "production", "active_users": 4, "sessions": 5, "session_duration_s": 500,
         "executions": 3},
        {"day": DAY_2, "environment": "production", "active_users": 2, "sessions": 2, "session_duration_s": 60,
         "executions": 3},
    ],
    "web_vitals_daily": [
        {"day": DAY_1, "environment": "production", "name": "LCP", "page_loads": 9, "bucket": 210_000_000},
        {"day": DAY_2, "environment": "production", "name": "LCP", "page_loads": 9, "bucket": 190_000_000},
    ],
}  # fmt: skip
