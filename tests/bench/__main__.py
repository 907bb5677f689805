"""Takes figures and writes them into ``docs/benchmarks.md``: ``make bench``, or some sections only."""

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.measure import machine
from tests.bench.sections import RUNS, SECTIONS, Row

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_SECTION = re.compile(r"^## (\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_HEAD = f"""# Benchmarks

Written by `make bench`, or for some sections by `make bench BENCH_ARGS="build large"`. Where there are several runs,
these are medians of {RUNS} (peak memory: the largest), client beside the server. The server has every safeguard on: a
write key with a limit, listed names, phone regions, a consent withdrawn.
"""


def main(wanted: Sequence[str]) -> None:
    """Measure the sections that are named, or all, and write each as soon as it is measured; the others stay."""
    if unknown := set(wanted) - SECTIONS.keys():
        sys.exit(f"There is no section {' or '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}.")
    for name in wanted or SECTIONS:
        print(name, file=sys.stderr, flush=True)
        rows = SECTIONS[name]()
        _write({**_written(), name: _section(rows)})
        print(*(" | ".join(row) for row in rows), sep="\n", flush=True)


def _section(rows: Sequence[Row]) -> str:
    lines = [
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}.",
        "",
        "| figure | measured | asked for | ratio to a baseline in the same run |",
        "|---|--:|--:|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n\n"


def _written() -> dict[str, str]:
    return dict(_SECTION.findall(DOCUMENT.read_text())) if DOCUMENT.exists() else {}


def _write(sections: Mapping[str, str]) -> None:
    kept = (f"## {name}\n{sections[name]}" for name in SECTIONS if name in sections)
    DOCUMENT.write_text("\n".join([_HEAD, "".join(kept).rstrip() + "\n"]))


if __name__ == "__main__":
    main(sys.argv[1:])
