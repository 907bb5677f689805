"""A build of one million executions, beside the same aggregation written by hand over the same files."""

import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import orjson

from infra.local.lake import open_lake
from ingest.delivery.outcome import Outcome
from tests.bench.measure import Run, measured
from tests.commands import PROMPTLAKE

EXECUTIONS, DAYS = 1_000_000, 30
_START_US = 1_790_000_000_000_000
_MODELS = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-3-5-sonnet-20241022"),
    ("mistral", "mistral-large-latest"),
)
_BY_HAND = """
import duckdb, sys
duckdb.connect(config={"threads": 2}).execute('''
    SELECT make_timestamp(occurred_at_us)::DATE, feature, provider, model, count(*), sum(uncached_input_tokens),
        sum(output_tokens), count(DISTINCT user_id), quantile_cont(latency_ms, 0.95)
    FROM read_parquet(?, hive_partitioning = false) GROUP BY ALL''', [sys.argv[1]]).fetchall()
"""


@dataclass(frozen=True)
class Build:
    first: Run
    """Everything from bronze to the publication, process start included."""
    again: Run
    """With nothing new."""
    by_hand: Run
    """Baseline: one day by feature by model query in DuckDB over bronze, process start included."""


def measure(folder: Path, executions: int = EXECUTIONS) -> Build:
    root = folder / "million"
    _fill(root, executions)
    command = [str(PROMPTLAKE), "build", "--quiet", "--lake", str(root)]
    objects = str(root / "bronze" / "prompt_execution" / "*" / "*.parquet")
    by_hand = measured([sys.executable, "-c", _BY_HAND, objects])
    return Build(measured(command), measured(command), by_hand)


def _fill(root: Path, executions: int) -> None:
    """Executions in bronze, as the doors would have delivered them; only the validation is left out."""
    lake, dice = open_lake(root, create=True), random.Random(1)
    writer = lake.spool_writer()
    for first in range(0, executions, 10_000):
        rows = [_execution(number, executions, dice) for number in range(first, first + 10_000)]
        writer.append("native", Outcome({"prompt_execution": rows}, Counter(prompt_execution=len(rows))))
        if writer.bytes_written > 16 << 20:
            writer.roll()
    writer.roll()
    lake.drain()


def _execution(number: int, executions: int, dice: random.Random) -> bytes:
    provider, model = _MODELS[dice.randrange(4)]
    person = random.Random(number // 5).randrange(max(1, executions // 50))  # a session is one person's
    trace_id, span_id = f"{dice.getrandbits(128):032x}", f"{dice.getrandbits(64):016x}"
    return orjson.dumps(
        {
            "schema_version": 1,
            "event_id": f"{trace_id}-{span_id}",
            "occurred_at_us": _START_US + number * (DAYS * 86_400_000_000 // executions),
            "trace_id": trace_id,
            "span_id": span_id,
            "environment": "bench",
            "feature": f"feature-{dice.randrange(8)}",
            "user_id": f"u{person}",
            "session_id": f"s{number // 5}",
            "provider": provider,
            "model": model,
            "operation": "chat",
            "status": "ok" if dice.random() > 0.02 else "error",
            "uncached_input_tokens": dice.randint(10, 5_000),
            "output_tokens": dice.randint(1, 900),
            "latency_ms": int(dice.lognormvariate(7, 1)),
            "template_id": f"template-{dice.randrange(12)}",
            "template_version": "3",
        }
    )
