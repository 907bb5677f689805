"""What the gate has found since anything was published, out of the lake's bucket."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dashboards.briefs.refused import failure_of
from ingest.contracts import layout


def failure_in(s3: Any, bucket: str) -> str | None:
    """Why the last build published nothing, as :func:`dashboards.briefs.refused.failure_of`."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{layout.GATE_RESULTS}/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    if not keys:
        return None
    newest = max(keys, key=layout.gate_results_day)
    with TemporaryDirectory() as folder:
        path = Path(folder) / newest
        path.parent.mkdir(parents=True)
        s3.download_file(bucket, newest, str(path))
        return failure_of(Path(folder))
