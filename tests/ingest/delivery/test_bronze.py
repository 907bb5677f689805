"""Bronze objects: small, in the right partition, and exactly what was spooled."""

import random
import uuid
from datetime import timedelta
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from infra.local.lake import Lake, open_lake
from ingest.contracts.derive import columns
from ingest.contracts.registry import EVENTS
from ingest.delivery import bronze as encoding
from ingest.delivery import spool
from ingest.delivery.bronze import arrow_schema, to_arrow
from tests.ingest.contracts.examples import GOOD
from tests.ingest.delivery.spooled import NOW, append, behavior, booked, bronze
from tests.steps import transform

HOUR_US = 3_600_000_000


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(tmp_path / "lake", create=True)


def test_an_execution_takes_at_most_80_bytes(lake: Lake) -> None:
    """With random ids, which are most of it."""
    rng = random.Random(7)  # noqa: S311
    writer = lake.spool_writer()
    total = 20_000
    for start in range(0, total, 500):
        writer.append("otlp", transform([execution(rng, start + n) for n in range(500)], NOW))
    writer.roll()
    assert lake.drain().rows == total
    size = sum(path.stat().st_size for path in (lake.root / "bronze").rglob("*.parquet"))
    assert size / total <= 80


def execution(rng: random.Random, number: int) -> dict[str, object]:
    return {
        "event_type": "prompt_execution",
        "event_id": uuid.UUID(int=rng.getrandbits(128)).hex,
        "trace_id": f"{rng.getrandbits(128):032x}",
        "span_id": f"{rng.getrandbits(64):016x}",
        "occurred_at": (NOW - timedelta(seconds=number, microseconds=rng.randrange(10**6))).isoformat(),
        "model": rng.choice(["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5"]),
        "provider": "openai",
        "feature": rng.choice(["summary", "search", "chat"]),
        "user_id": f"u{rng.randrange(500)}",
        "uncached_input_tokens": rng.randrange(4000),
        "cache_read_tokens": rng.choice([0, 1024, 2048]),
        "output_tokens": rng.randrange(900),
        "latency_ms": rng.randrange(200, 9000),
    }


def test_every_good_example_comes_back_as_it_was_sent(lake: Lake) -> None:
    writer = lake.spool_writer()
    outcome = transform(GOOD, NOW)
    writer.append("native", outcome)
    writer.roll()
    lake.drain()
    for table, rows in outcome.rows.items():
        sent = {row["event_id"]: row for row in map(orjson.loads, rows)}
        stored = {
            row["event_id"]: {k: v for k, v in row.items() if v is not None and k not in {"received_at_us", "door"}}
            for row in bronze(lake, table)
        }
        assert stored == sent


@pytest.mark.parametrize(
    "text", ["\x00", "\x1f\x7f", "\u2028", "🙂" * 60, '"\\' * 90, "2026-03-01T00:00:00Z", "1", "null", "é\tü"]
)
def test_any_text_comes_back_as_it_was_sent(lake: Lake, text: str) -> None:
    writer = lake.spool_writer()
    writer.append("native", transform([behavior("a", name=text, properties={"t": [text]})], NOW))
    writer.roll()
    lake.drain()
    (row,) = bronze(lake)
    assert (row["name"], orjson.loads(row["properties"])) == (text, {"t": [text]})


def test_a_row_larger_than_any_usual_one_is_stored(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes double twice on their way; the JSON reader refuses a row that is larger than two of its blocks."""
    monkeypatch.setattr(encoding, "_BLOCK_BYTES", 1 << 16)
    writer = lake.spool_writer()
    text = '"' * 100_000
    append(writer, "small")
    append(writer, "large", properties={"text": text})
    append(writer, "small-too")
    writer.roll()
    assert lake.drain().damaged == ()
    rows = {row["event_id"]: row["properties"] for row in bronze(lake)}
    assert rows.keys() == {"small", "large", "small-too"}
    assert orjson.loads(rows["large"]) == {"text": text}


def test_an_hour_that_ends_begins_another_partition(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    boundary_us = int(NOW.timestamp()) * 1_000_000
    times_us = iter([boundary_us - 2, boundary_us - 1, boundary_us, boundary_us + HOUR_US])  # first, the segment's
    writer = lake.spool_writer()
    with monkeypatch.context() as patched:
        patched.setattr(spool.time, "time_ns", lambda: next(times_us) * 1000)
        for name in ("a", "b", "c"):
            append(writer, name)
    writer.roll()
    lake.drain()
    found = {
        path.parent.name: pq.ParquetFile(path).read().column("event_id").to_pylist()
        for path in (lake.root / "bronze" / "behavior").rglob("*.parquet")
    }
    assert found == {
        "received_hour=2026-03-01-11": ["a"],
        "received_hour=2026-03-01-12": ["b"],
        "received_hour=2026-03-01-13": ["c"],
    }
    assert booked(lake) == {"received": 6, "bronze": 3, "quarantined": 3}


def test_doors_do_not_mix(lake: Lake) -> None:
    writer = lake.spool_writer()
    for door in ("native", "otlp", "native"):
        writer.append(door, transform([behavior(door)], NOW))
    writer.roll()
    assert lake.drain().objects == 2
    assert sorted((row["door"], row["event_id"]) for row in bronze(lake)) == [
        ("native", "native"),
        ("native", "native"),
        ("otlp", "otlp"),
    ]


@pytest.mark.parametrize("event_type", EVENTS)
def test_the_arrow_schema_says_what_each_column_is(event_type: str) -> None:
    table = columns(EVENTS[event_type])
    for column, field in zip(table, arrow_schema(table), strict=True):
        assert (field.name, field.nullable) == (column.name, not column.required)
        assert field.metadata[b"description"].decode() == column.description
        assert field.metadata.get(b"unit", b"").decode() == (column.unit or "")


def test_a_spool_whose_counts_are_wrong_is_not_believed() -> None:
    row = memoryview(transform([behavior("a")], NOW).rows["behavior"][0] + b"\n")
    with pytest.raises(ValueError, match="the spool says 2 rows, but holds 1"):
        to_arrow("behavior", "native", [(0, 2, row)])
