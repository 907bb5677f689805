"""What looks at a deployed lake: what is new, what the figures are, what Firehose has set aside."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.aws.lake.objects import DELIVERED_WITHIN
from infra.aws.watch import measure, news, sweep
from ingest.contracts import layout
from ingest.delivery.booking import BronzeObject
from ingest.delivery.dynamo_books import DynamoBooks
from ingest.doors.lambdas import variables, wiring
from serving.lambdas import publishing
from serving.lambdas.variables import BUCKET_VARIABLE
from sql.catalog import metrics, models
from sql.publication import Publication
from sql.reader import Reader
from tests.infra.aws.lake.account import BUCKET, Account
from tests.services.moto import client
from tests.serving.lakes import EXAMPLE, publish

NOW = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)


def is_new(aws: Account, now: datetime | None = None) -> bool:
    dynamodb = wiring.dynamodb()
    return news.is_new(aws.s3(), dynamodb, BUCKET, aws.environment[variables.LEDGER_VARIABLE], now or datetime.now(UTC))


@pytest.fixture
def account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL_FIREHOSE", aws.moto_url)
    monkeypatch.setenv(variables.PREFIX_VARIABLE, "promptlake-dev-")
    monkeypatch.setenv(variables.NAMESPACE_VARIABLE, "promptlake/dev")
    monkeypatch.setenv(BUCKET_VARIABLE, BUCKET)
    cached = (wiring.dynamodb, wiring.sink, wiring.books, publishing.reader)
    for one in cached:
        one.cache_clear()
    yield aws
    for one in cached:
        one.cache_clear()


def test_a_build_is_due_where_something_was_counted_found_or_delivered(account: Account, tmp_path: Path) -> None:
    assert is_new(account), "nothing was ever published"
    account.s3().put_object(Bucket=BUCKET, Key=layout.POINTER, Body=b"{}")
    assert is_new(account), "what is published can't be read"
    published = Publication("p1", NOW.isoformat(), NOW.isoformat(), {})
    account.s3().put_object(Bucket=BUCKET, Key=layout.POINTER, Body=published.to_json())
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    assert not is_new(account, midnight + DELIVERED_WITHIN - timedelta(seconds=1)), "none would be complete through it"
    assert is_new(account, midnight + DELIVERED_WITHIN), "a build a day in any case, complete through the day before"

    ledger = account.environment[variables.LEDGER_VARIABLE]
    books = DynamoBooks(wiring.dynamodb(), ledger)
    books.book("native", "2026-03-01-09", {"received": {"behavior": 2}})
    assert is_new(account, NOW)
    ((_, strike),) = books.counted()
    wiring.dynamodb().transact_write_items(TransactItems=[strike])
    assert not is_new(account, NOW)

    hour = f"{NOW:{layout.HOUR_FORMAT}}"
    path = layout.bronze_object("behavior", hour, "a")
    account.s3().put_object(Bucket=BUCKET, Key=path, Body=b"x")
    assert is_new(account, NOW), "delivered, and nobody knows of it"
    lake = account.lake(tmp_path / "disk")
    lake.ledger.add([BronzeObject(path, "behavior", hour, "native", 1, 1)])
    assert is_new(account, NOW), "known, and not built"
    lake.ledger.commit_silver("r1", [path], [], {})
    assert not is_new(account, NOW)


def test_figures_have_the_names_and_values_of_the_semantic_layer(account: Account, tmp_path: Path, capsys: Any) -> None:
    publish(tmp_path / "lake", EXAMPLE)
    tables = Reader(tmp_path / "lake").current()
    (last,) = tables.rows("SELECT MAX(day) AS day FROM gold.cost_daily")
    told = dict(measure.figures(tables, last["day"] + timedelta(days=1)))
    assert told.pop("retention_rate") == 30 / 40, "of a cohort of 40, in the week after their first"
    assert told
    assert set(told) <= set(metrics())
    for name, value in told.items():
        days = [last["day"] - timedelta(days=6), last["day"]]
        assert tables.metrics([name], where="day BETWEEN ? AND ?", parameters=days) == [{name: pytest.approx(value)}]
    for path in (path for path in (tmp_path / "lake").rglob("*") if path.is_file()):
        account.s3().upload_file(str(path), BUCKET, path.relative_to(tmp_path / "lake").as_posix())
    answer = measure.handler({"is_new": False}, None)
    assert answer[measure.FRESHNESS] == 0, "nothing is behind where nothing is new"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    emitted = {m["Name"]: line[m["Name"]] for line in lines
               for d in line["_aws"]["CloudWatchMetrics"] for m in d["Metrics"]}  # fmt: skip
    assert {name: value[0] for name, value in emitted.items()} == answer
    assert {d["Namespace"] for line in lines for d in line["_aws"]["CloudWatchMetrics"]} == {"promptlake/dev"}


def test_every_figure_is_a_metric_of_a_published_table() -> None:
    assert set(measure.DAILY) <= set(metrics())
    assert all(models()[f"gold.{metrics()[name].table}"].published for name in measure.DAILY)


def failed(raw: bytes, **more: Any) -> bytes:
    said = {"rawData": base64.b64encode(raw).decode(), "arrivalTimestamp": 1772357400000, "attemptsMade": 4, **more}
    return json.dumps(said).encode() + b"\n"


def test_what_firehose_set_aside_is_put_back_once(account: Account) -> None:
    s3, firehose = account.s3(), client("firehose", account.moto_url)
    s3.create_bucket(Bucket="streamed")
    for table in ("behavior", "quarantine"):
        to = {"BucketARN": "arn:aws:s3:::streamed", "RoleARN": "arn:aws:iam::1:role/f", "Prefix": f"{table}/"}
        firehose.create_delivery_stream(DeliveryStreamName=f"promptlake-dev-{table}", S3DestinationConfiguration=to)
    event = b'{"event_type": "behavior", "event_id": "b-1"}'
    row = {"event_id": "b-2", "received_at_us": 1772357400000000, "door": "segment", "page": 7}
    aside = layout.failed("behavior")
    s3.put_object(Bucket=BUCKET, Key=f"{aside}/processing-failed/2026/1", Body=failed(event))
    reason = {"errorCode": "DataFormatConversion.ParseError", "errorMessage": "page is no string"}
    unconverted = failed(json.dumps(row).encode() + b"\n", **reason)
    s3.put_object(Bucket=BUCKET, Key=f"{aside}/format-conversion-failed/2026/1", Body=unconverted)

    assert sweep.handler({}, None) == {"again": 1, "quarantined": 1}
    assert sweep.handler({}, None) == {"again": 0, "quarantined": 0}, "nothing lies there any more"

    def streamed(table: str) -> list[dict[str, Any]]:
        listed = s3.list_objects_v2(Bucket="streamed", Prefix=f"{table}/").get("Contents", ())
        bodies = (s3.get_object(Bucket="streamed", Key=one["Key"])["Body"].read() for one in listed)
        return [json.loads(line) for body in bodies for line in body.splitlines()]

    assert streamed("behavior") == [json.loads(event)]
    (refused,) = streamed("quarantine")
    assert (refused["event_type"], refused["event_id"], refused["door"]) == ("behavior", "b-2", "segment")
    assert (refused["stage"], refused["code"]) == ("convert", "DataFormatConversion.ParseError")
    assert json.loads(refused["payload"]) == row
    ((bookings, _),) = DynamoBooks(wiring.dynamodb(), account.environment[variables.LEDGER_VARIABLE]).counted()
    assert [tuple(booking) for booking in bookings] == [("2026-03-01-09", "behavior", "segment", "quarantined", 1)]
