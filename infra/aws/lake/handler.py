"""The build as a Lambda function, in a container since its libraries have no room in a zip."""

import logging
import os
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from infra.aws.lake.build import build_lake, make_room
from infra.aws.lake.lake import open_lake
from infra.aws.lake.lock import Busy

_DUCKDB_SHARE = 0.6
"""Of the function's memory; the rest is for Python, the gate's frames, and the catalog."""

_log = logging.getLogger(__name__)


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Build once.

    Raises:
        GateFailed: or ``TooLarge``: nothing was published; the message is the function's error.
    """
    root = Path(gettempdir()) / "lake"
    lake = open_lake(os.environ, root)
    make_room(root)
    memory_mb = int(float(context.memory_limit_in_mb) * _DUCKDB_SHARE)
    try:
        result = build_lake(lake, memory_mb, lambda: context.get_remaining_time_in_millis() / 1000, _log.info)
    except Busy as busy:
        return {"built": False, "reason": str(busy)}
    for warning in result.warnings:
        _log.warning(warning.sentence)
    return {"built": True, **result.to_dict()}
