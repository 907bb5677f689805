"""Kills a lake many times and writes the result into ``docs/faults.md``: ``make faults``."""

import argparse
import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.measure import machine
from tests.faults.kills import Kills, kill_often

KILLS = 200
DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
MARK = "<!-- From here on: written by `make faults`. -->\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, default=KILLS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = kill_often(Path(folder), args.seed, args.kills)
    written_by_hand, _, _ = DOCUMENT.read_text().partition(MARK)
    result = _result(done)
    DOCUMENT.write_text(written_by_hand + MARK + result)
    sys.stdout.write(result)


def _result(done: Kills) -> str:
    rows = {
        "servers killed": done.servers,
        "… during a drain of their own": done.own_drain,
        "… while a build was running": done.build,
        "… with a build or an import that drained killed at the same time": done.other_drain,
        "requests in flight at these moments": done.in_flight,
        "builds killed alone, wherever they were": done.builds,
        "imports killed alone": done.imports,
        "writes that a kill cut short": done.torn,
        "events sent": done.sent,
        "events acknowledged, each looked for in silver": done.acknowledged,
        "events in silver": done.stored,
        "events that had come twice, and are there once": done.duplicates,
        "acknowledged and missing; doubled; gaps in the counts": 0,  # else there were no result
    }
    lines = [
        "",
        f"Done on {datetime.now(UTC):%Y-%m-%d} with seed {done.seed}, in {done.seconds / 60:.1f} minutes.",
        "",
        f"Machine: {machine()}.",
        "",
        "| | |",
        "|---|--:|",
        *(f"| {what} | {count:,} |" for what, count in rows.items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
