"""A backup of templates, budgets, experiments and surveys, made when a schedule says so."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from serving.lambdas import wiring
from serving.logic.bundle import check_bundle, write_bundle


def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Write one backup into the bucket, once it has been read again, and say where it is."""
    now = datetime.now(UTC)
    key = f"templates/{now:%Y/%m/%d/%H%M%S}.jsonl.gz"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        with path.open("wb") as file:
            write_bundle(wiring.store(), file, now)
        counts = check_bundle(path)
        client, bucket = wiring.backups()
        client.upload_file(str(path), bucket, key)
    return {"bucket": bucket, "key": key, "counts": dict(counts)}
