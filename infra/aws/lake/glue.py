"""The jobs in Glue, for a lake that has outgrown one function: ``python -m infra.aws.lake.glue --lake s3://…``.

A person to be erased is named by pseudonym, which the function tells, for Glue keeps the arguments of its runs.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from infra.aws.lake.jobs import Jobs
from infra.aws.lake.lake import LAKE_VARIABLE, open_lake
from ingest.doors.lambdas.variables import LEDGER_VARIABLE, SETTINGS_VARIABLE, TABLE_VARIABLE
from transforms.jobs.glue import run, spark_engine

LONGEST_S = 6 * 3600
"""The job's own limit: who has held the lock longer is dead."""

_NEEDED = {"--lake": LAKE_VARIABLE, "--ledger": LEDGER_VARIABLE, "--consents": TABLE_VARIABLE}
"""What the functions have as variables; the last two are names of DynamoDB tables."""


def main(argv: Sequence[str]) -> int:
    """Do one job; returns the exit code. Glue passes arguments of its own beside ours, which are left.

    Raises:
        Busy: another job is running.
        PriceError: or ``SettingsError``: one of the owner's files says nonsense.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--job", choices=("build", "backfill", "maintain", "erase"), default="build")
    for argument, what in (("--from", "first"), ("--to", "last")):
        parser.add_argument(argument, dest=what, type=date.fromisoformat, help=f"the {what} day of a backfill")
    parser.add_argument("--pseudonyms", type=_names, help="of the person to be erased, with commas between them")
    parser.add_argument("--settings", dest=SETTINGS_VARIABLE, help="file among --extra-files")
    for argument, variable in _NEEDED.items():
        parser.add_argument(argument, dest=variable, required=True)
    given, _ = parser.parse_known_args(argv)
    if (given.job == "erase") != bool(given.pseudonyms):
        parser.error("--job erase needs --pseudonyms, and no other job has any.")
    if (given.job == "backfill") != bool(given.first and given.last):
        parser.error("--job backfill needs --from and --to, and no other job has any.")
    if given.first and given.first > given.last:
        parser.error(f"--from {given.first} lies after --to {given.last}; swap them.")
    lake = open_lake(vars(given), Path(gettempdir()) / "lake")
    jobs = Jobs(lake, partial(spark_engine, lake.mirror.bucket), print)
    with lake.alone(LONGEST_S):
        return run(partial(_do, jobs, given))


def _do(jobs: Jobs, given: argparse.Namespace) -> Mapping[str, Any]:
    match given.job:
        case "erase":
            return jobs.erase(given.pseudonyms)
        case "backfill":
            done, built = jobs.backfill(given.first, given.last)
            return {**done.to_dict(), **built.to_dict()}
        case "maintain":
            return jobs.maintain().to_dict()
        case _:
            return jobs.build().to_dict()


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
