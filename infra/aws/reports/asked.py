"""Who gets which report, as the stage's settings say and a file in the function's image repeats."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter

from infra.aws.reports.variables import REPORTS_VARIABLE
from infra.aws.stage import Report

_REPORTS: TypeAdapter[tuple[Report, ...]] = TypeAdapter(tuple[Report, ...])


class NotAsked(Exception):
    """What is asked for is no report of the stage. One sentence that says what is wrong."""


def packed(reports: Iterable[Report]) -> str:
    """The file."""
    return json.dumps([report.model_dump(mode="json") for report in reports], indent=1)


def recipients(audience: str, period: str) -> tuple[str, ...]:
    """Who is to get a report.

    Raises:
        NotAsked: nobody; the stage has no such report.
    """
    reports = _REPORTS.validate_json(Path(os.environ[REPORTS_VARIABLE]).read_bytes())
    found = next((one for one in reports if (one.audience, one.period) == (audience, period)), None)
    if found is None:
        raise NotAsked(f"The stage has no report for {audience} by {period}; write it into [[reports]], and deploy.")
    return found.to
