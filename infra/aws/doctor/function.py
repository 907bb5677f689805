"""The doctor as a function: once a day, with the number of problems as a metric."""

import logging
import os
from typing import Any

import boto3

from infra.aws.doctor.after import AFTER
from infra.aws.doctor.examining import examine
from infra.aws.names import Names
from infra.aws.stage import Stage
from ingest.doors.lambdas.metrics import tell

STAGE_VARIABLE = "PROMPTLAKE_STAGE"
"""Environment variable: the stage's settings, as JSON, without those of which the function knows nothing."""
NOT_TOLD = {"people", "settings", "quicksight", "reports"}
PROBLEMS_METRIC = "doctor_problems"

_log = logging.getLogger(__name__)


def handler(_event: dict[str, Any], _context: object) -> dict[str, list[str]]:
    """Look at everything; what is found stands in the log, and in the answer."""
    names = Names(Stage.model_validate_json(os.environ[STAGE_VARIABLE]))
    found = examine(names, boto3.client, AFTER)
    problems = [f"{one.check}: {one.problem}" for one in found if one.problem]
    for problem in problems:
        _log.warning(problem)
    tell(PROBLEMS_METRIC, len(problems))
    return {"problems": problems}
