"""Functions run from packages that the builder of the deployment puts together, for this machine: an event goes through
collector, transform and build, each with nothing but its package.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from infra.aws.deploying import owners_files
from infra.aws.lake.lake import LAKE_VARIABLE
from infra.aws.packages.build import Package, build_functions, build_glue, build_jobs_context, build_jobs_tree
from infra.aws.packages.installed import HERE, ROOT
from infra.aws.stage import read_stage
from ingest.contracts import layout
from ingest.delivery.bronze import to_arrow
from ingest.doors.lambdas import variables
from tests.infra.aws.lake.account import BUCKET, PREFIX, Account
from tests.infra.aws.stack.templates import EXAMPLES
from tests.lakes import make_lake
from tests.services.lambda_runtime import RuntimeApi, function, needs_runtime
from tests.services.moto import client

ROLE = "arn:aws:iam::123456789012:role/firehose"
STREAMED = "streamed"
TABLES = ("prompt_execution", "web_vital", "behavior", "email_event", "support_ticket", "quarantine")
AT = "2026-03-01T09:30:00Z"

SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "chat",
    "kind": 3,
    "startTimeUnixNano": "1772357400000000000",
    "endTimeUnixNano": "1772357401000000000",
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-mini"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "3"}},
    ],
}
EVENT = {"event_type": "prompt_execution", "event_id": "e-1", "occurred_at": AT, "model": "gpt-4o-mini"}
VITAL = {"name": "LCP", "value": 1200.5, "delta": 1200.5, "id": "v5-1", "rating": "good", "navigationType": "navigate"}
TICKET = {"id": "35436", "status": "SOLVED", "created_at": AT, "updated_at": AT, "subject": "Refund"}
SOLVED = {
    "id": "01J",
    "type": "zen:event-type:ticket.status_changed",
    "time": AT,
    "event": {"current": "SOLVED", "previous": "OPEN"},
    "detail": TICKET,
}
OPENED = {
    "eventType": "Open",
    "open": {"timestamp": AT},
    "mail": {"messageId": "m-1", "timestamp": AT, "destination": ["ada@example.com"]},
}
TRACKED = {"type": "track", "messageId": "m-1", "userId": "u-1", "event": "Asked", "timestamp": AT}
JOB_IS_IN = """
import contextlib, runpy
with contextlib.suppress(SystemExit):
    runpy.run_path("job.py", run_name="__main__")
import sql
print(sql.__path__[0])
"""
SENT: tuple[tuple[str, Any, str], ...] = (
    ("/v1/events", EVENT, "prompt_execution"),
    ("/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}, "prompt_execution"),
    ("/v1/track", TRACKED, "behavior"),
    ("/v1/beacon", {"page": "/", "timestamp": 1772357400000, "metrics": [VITAL]}, "web_vital"),
    ("/v1/sources/ses", OPENED, "email_event"),
    ("/v1/sources/zendesk", SOLVED, "support_ticket"),
)
"""What each kind of HTTP door is sent, and what it becomes."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    (folder / "settings.toml").write_text('[environments."*"]\nphone_regions = ["DE"]\n')
    build_functions(Package.DOORS, folder / "functions", {"settings.toml": folder / "settings.toml"}, HERE)
    build_jobs_tree(folder / "jobs", {"settings.toml": folder / "settings.toml"}, HERE)
    return folder


def ask(lambda_: type[RuntimeApi], event: Any) -> Any:
    lambda_.events.put(json.dumps(event).encode())
    kind, body = lambda_.answers.get(timeout=900)  # the jobs compile what they import, and a machine may be busy
    assert kind == "response", body
    return json.loads(body)


@pytest.fixture
def environment(aws: Account, tmp_path: Path) -> dict[str, str]:
    aws.s3().create_bucket(Bucket=STREAMED)
    for table in TABLES:
        to = {"BucketARN": f"arn:aws:s3:::{STREAMED}", "RoleARN": ROLE, "Prefix": f"{table}/"}
        client("firehose", aws.moto_url).create_delivery_stream(
            DeliveryStreamName=f"promptlake-dev-{table}", S3DestinationConfiguration=to
        )
    aws.take_keys(make_lake(tmp_path / "embedded"))
    (tmp_path / "disk").mkdir()
    return {
        **aws.environment,
        "AWS_ENDPOINT_URL_FIREHOSE": aws.moto_url,
        variables.PREFIX_VARIABLE: "promptlake-dev-",
        variables.SETTINGS_VARIABLE: "settings.toml",
        "TMPDIR": str(tmp_path / "disk"),
    }


def to_collector(path: str, document: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default"},
        "body": json.dumps(document),
        "isBase64Encoded": False,
    }


def records_of(aws: Account, table: str) -> list[bytes]:
    listed = aws.s3().list_objects_v2(Bucket=STREAMED, Prefix=f"{table}/").get("Contents", ())
    return [aws.s3().get_object(Bucket=STREAMED, Key=one["Key"])["Body"].read() for one in listed]


def convert(aws: Account, table: str, rows: list[dict[str, Any]], folder: Path) -> None:
    """What Firehose does with the answer of the transform: one object of Parquet in bronze."""
    at_us, door = rows[0]["received_at_us"], rows[0]["door"]
    own = [{k: v for k, v in row.items() if k not in ("received_at_us", "door")} for row in rows]
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in own)
    file = folder / f"{table}.parquet"
    pq.write_table(to_arrow(table, door, [(at_us, len(rows), memoryview(lines))]), file)
    hour = layout.received_hour(at_us)
    aws.s3().upload_file(str(file), BUCKET, f"{PREFIX}/{layout.bronze_object(table, hour, 'firehose-1')}")


@needs_runtime
def test_events_of_every_door_go_through_packages_into_tables(
    aws: Account, packages: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with function("ingest.doors.lambdas.collector.handler", environment, package=packages / "functions") as collector:
        for path, document, _ in SENT:
            answer = ask(collector, to_collector(path, document))
            assert answer["statusCode"] < 300, (path, answer)
        closed = environment | {variables.CLOSED_VARIABLE: "1"}
    with function("ingest.doors.lambdas.collector.handler", closed, package=packages / "functions") as collector:
        assert ask(collector, to_collector("/v1/events", SENT[0][1]))["statusCode"] == 401, "without a key"
    expected = [becomes for _, _, becomes in SENT]
    with function("ingest.doors.lambdas.firehose.handler", environment, package=packages / "functions") as transform:
        for table in dict.fromkeys(expected):
            records = [
                {
                    "recordId": str(number),
                    "approximateArrivalTimestamp": int(time.time() * 1000),
                    "data": base64.b64encode(record).decode(),
                }
                for number, record in enumerate(records_of(aws, table))
            ]
            stream = f"arn:aws:firehose:us-east-1:123456789012:deliverystream/promptlake-dev-{table}"
            told = ask(transform, {"deliveryStreamArn": stream, "records": records})["records"]
            assert {one["result"] for one in told} == {"Ok"}
            rows = [json.loads(line) for one in told for line in base64.b64decode(one["data"]).splitlines()]
            # Objects of Firehose hold rows of one door here, as this test's writer does.
            convert(aws, table, [{**row, "door": rows[0]["door"]} for row in rows], tmp_path)
    with function("infra.aws.lake.handler.handler", environment, memory_mb=2048, package=packages / "jobs") as jobs:
        built = ask(jobs, {"job": "build"})
    assert built["built"] is True
    assert built["new_rows"] == {table: expected.count(table) for table in set(expected)}
    assert json.loads(aws.pointer())["publication"] == built["publication"]
    assert aws.environment[LAKE_VARIABLE] == f"s3://{BUCKET}/{PREFIX}/"


def test_what_glue_starts_finds_the_job_in_the_archive(tmp_path: Path) -> None:
    glue = build_glue(tmp_path / "glue", {})
    alone = {**os.environ, "PYTHONPATH": str(glue / "rooms.zip")}
    done = subprocess.run(
        [sys.executable, "job.py", "--help"], cwd=glue, env=alone, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "--pseudonyms" in done.stdout) == (0, True), done.stderr
    where = subprocess.run(
        [sys.executable, "-c", JOB_IS_IN, "--help"], cwd=glue, env=alone, capture_output=True, text=True, check=False
    )
    assert "promptlake-" in where.stdout.splitlines()[-1], "unpacked, and not what is installed here"


def test_the_owners_files_are_in_every_package(tmp_path: Path) -> None:
    files = owners_files(read_stage("prod", EXAMPLES))
    context, glue = build_jobs_context(tmp_path / "jobs", files), build_glue(tmp_path / "glue", files)
    assert {path.name for path in (context / "owner").iterdir()} >= {"settings.toml", "models.toml", "people.toml"}
    assert (glue / "settings.toml").read_bytes() == files["settings.toml"].read_bytes()
    copied = [line.split()[1].rstrip("/") for line in (context / "Dockerfile").read_text().splitlines()
              if line.startswith("COPY")]  # fmt: skip
    assert all((context / name).exists() for name in copied)
    assert not [*context.rglob("*.pyc")]
    assert not [path for path in context.rglob("*") if path.name == "clients"]
    assert (ROOT / "infra/aws/lake/Dockerfile").read_bytes() == (context / "Dockerfile").read_bytes()
