"""Who gets which report: what the stage's settings say, repeated in a file of the function's image."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from infra.aws.reports.variables import REPORTS_VARIABLE

if TYPE_CHECKING:
    from infra.aws.stage import Report  # which loads what settings of a lake may say


class NotAsked(Exception):
    """What is asked for is no report of the stage. One sentence that says what is wrong."""


def packed(reports: "Iterable[Report]") -> str:
    """The file: addresses by audience and period."""
    return json.dumps({_name(one.audience, one.period): one.to for one in reports}, indent=1)


def recipients(audience: str, period: str) -> list[str]:
    """Who is to get a report.

    Raises:
        NotAsked: nobody; the stage has no such report.
    """
    by_name: dict[str, list[str]] = json.loads(Path(os.environ[REPORTS_VARIABLE]).read_bytes())
    found = by_name.get(_name(audience, period))
    if found is None:
        raise NotAsked(f"The stage has no report for {audience} by {period}; write it into [[reports]], and deploy.")
    return found


def _name(audience: str, period: str) -> str:
    return f"{audience}/{period}"
