"""The build as a Glue job, for a lake that has outgrown one function: ``python -m infra.aws.lake.glue --lake s3://…``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir

from infra.aws.lake.discovery import receive
from infra.aws.lake.lake import LAKE_VARIABLE, open_lake
from infra.aws.lake.prices import book_in
from ingest.doors.lambdas.wiring import LEDGER_VARIABLE, TABLE_VARIABLE
from transforms.jobs.glue import run

LONGEST_S = 6 * 3600
"""The job's own limit: who has held the lock longer is dead."""

_ARGUMENTS = {"--lake": LAKE_VARIABLE, "--ledger": LEDGER_VARIABLE, "--consents": TABLE_VARIABLE}
"""What the functions have as variables; the last two are names of DynamoDB tables."""


def main(argv: Sequence[str]) -> int:
    """Build once; returns the exit code. Glue passes arguments of its own beside ours, which are left.

    Raises:
        Busy: another build is running.
        PriceError: one of the owner's price files says nonsense.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for argument, variable in _ARGUMENTS.items():
        parser.add_argument(argument, dest=variable, required=True)
    given, _ = parser.parse_known_args(argv)
    lake = open_lake(vars(given), Path(gettempdir()) / "lake")
    book = book_in(lake.mirror.bucket)
    with lake.lease.held(LONGEST_S):
        return run(lake.mirror.bucket, lake.ledger, lake.consents, lambda: receive(lake), book)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
