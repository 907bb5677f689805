"""Takes every figure and writes ``docs/benchmarks.md``: ``make bench``."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.bench import build, otlp
from tests.bench.measure import machine

RUNS = 3
DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main() -> None:
    otlps, builds = [], []
    for number in range(RUNS):
        print(f"run {number + 1} of {RUNS}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            otlps.append(otlp.measure(Path(folder)))
            builds.append(build.measure(Path(folder)))
    spans, parse = median(o.spans_per_s for o in otlps), median(o.parse_only_spans_per_s for o in otlps)
    first, hand = median(b.first.wall_s for b in builds), median(b.by_hand.wall_s for b in builds)
    rows = [
        ("OTLP client to queryable bronze, spans/s", f"{spans:,.0f}", "at least 10,000",
         f"{spans / parse:.3f} × protobuf's parser alone ({parse:,.0f}/s)"),
        ("bytes in bronze for one execution", f"{median(o.bytes_per_execution for o in otlps):.1f}", "at most 80", ""),
        ("build of 1 million executions, s", f"{first:.1f}", "under 10",
         f"{first / hand:.1f} × one aggregation by hand in DuckDB ({hand:.1f} s)"),
        ("its peak memory, MB", f"{max(b.first.peak_mb for b in builds):,.0f}", "under 1,000", ""),
        ("build with nothing new, s", f"{median(b.again.wall_s for b in builds):.1f}", "", ""),
    ]  # fmt: skip
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}; medians of {RUNS} runs (peak memory: the largest), "
        "client beside the server.",
        "",
        f"Machine: {machine()}.",
        "",
        "| figure | measured | asked for | ratio to a baseline in the same run |",
        "|---|--:|--:|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    DOCUMENT.write_text("\n".join(lines) + "\n")
    print(DOCUMENT.read_text())


if __name__ == "__main__":
    main()
