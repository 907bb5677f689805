"""boto3's own calls, unchanged, against the embedded Kinesis and Firehose."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
from botocore.exceptions import ClientError

from tests.aws import environment
from tests.commands import Up, run_json, up
from tests.lakes import event


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def server(lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Up]:
    with up(lake, "--build-every", "0") as running:
        for name, value in environment(running.url).items():
            monkeypatch.setenv(name, value)
        yield running


def stored(server: Up, lake: Path, query: str) -> list[dict[str, Any]]:
    """Rows of bronze once the server has stopped."""
    server.process.terminate()
    server.process.wait(timeout=60)
    run_json("build", "--lake", lake)
    rows: list[dict[str, Any]] = run_json("sql", query, "--lake", lake)
    return rows


def test_firehose(server: Up, lake: Path) -> None:
    firehose = boto3.client("firehose")
    one = firehose.put_record(
        DeliveryStreamName="events", Record={"Data": orjson.dumps(event(event_id="f0", output_tokens=11)) + b"\n"}
    )
    packed = b"".join(orjson.dumps(event(event_id=f"f{n}", output_tokens=n)) for n in (1, 2))
    broken = orjson.dumps(event(event_id="f3", output_token=3))
    many = firehose.put_record_batch(DeliveryStreamName="events", Records=[{"Data": packed}, {"Data": broken}])
    assert many["FailedPutCount"] == 0
    ids = [one["RecordId"], *(entry["RecordId"] for entry in many["RequestResponses"])]
    assert len(set(ids)) == 3
    rows = stored(server, lake, "SELECT event_id, output_tokens, door FROM bronze.prompt_execution ORDER BY ALL")
    assert [tuple(row.values()) for row in rows] == [
        ("f0", 11, "firehose"),
        ("f1", 1, "firehose"),
        ("f2", 2, "firehose"),
    ]
    (refused,) = run_json("sql", "SELECT event_id, code, door FROM bronze.quarantine", "--lake", lake)
    assert refused == {"event_id": "f3", "code": "unknown_field", "door": "firehose"}


def test_kinesis(server: Up, lake: Path) -> None:
    kinesis = boto3.client("kinesis")
    one = kinesis.put_record(StreamName="events", Data=orjson.dumps(event("behavior", event_id="k0")), PartitionKey="u")
    records = [{"Data": orjson.dumps(event("behavior", event_id=f"k{n}")), "PartitionKey": "u"} for n in (1, 2)]
    many = kinesis.put_records(StreamARN="arn:aws:kinesis:eu-central-1:123456789012:stream/events", Records=records)
    assert many["FailedRecordCount"] == 0
    numbers = [one["SequenceNumber"], *(entry["SequenceNumber"] for entry in many["Records"])]
    assert sorted(numbers) == numbers
    assert len(set(numbers)) == 3
    rows = stored(server, lake, "SELECT event_id, door FROM bronze.behavior ORDER BY ALL")
    assert rows == [{"event_id": f"k{n}", "door": "kinesis"} for n in range(3)]


def test_what_aws_writes_itself_is_read(server: Up, lake: Path) -> None:
    """A subscription's record is one gzip document with many log lines; a metric stream's holds many documents."""
    bedrock = {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-03-01T09:30:00Z",
        "requestId": "r-1",
        "operation": "Converse",
        "modelId": "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-v1:0",
        "region": "eu-central-1",
        "input": {"inputTokenCount": 20, "cacheReadInputTokenCount": 400, "cacheWriteInputTokenCount": 30},
        "output": {"outputTokenCount": 7},
    }
    lines = [
        {"id": "1", "timestamp": 1772357400000, "message": json.dumps(bedrock)},
        {
            "id": "2",
            "timestamp": 1772357401000,
            "message": "REPORT RequestId: 8f5-1\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 512 MB\t"
            "Max Memory Used: 88 MB\tInit Duration: 412.10 ms\t\n",
        },
    ]
    batch = {"messageType": "DATA_MESSAGE", "logGroup": "/aws/lambda/prompts-execute", "logEvents": lines}
    metric = {
        "metric_stream_name": "all",
        "account_id": "123456789012",
        "region": "eu-central-1",
        "namespace": "AWS/Bedrock",
        "metric_name": "InvocationLatency",
        "dimensions": {"ModelId": "amazon.nova-lite-v1:0"},
        "timestamp": 1772357400000,
        "value": {"count": 3.0, "sum": 900.0, "max": 400.0, "min": 200.0},
        "unit": "Milliseconds",
    }
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "timestamp": 0, "message": "hello"}]}
    records = [gzip.compress(orjson.dumps(batch)), gzip.compress(orjson.dumps(control)), orjson.dumps(metric) + b"\n"]
    boto3.client("firehose").put_record_batch(DeliveryStreamName="logs", Records=[{"Data": data} for data in records])
    (execution,) = stored(server, lake, "SELECT * FROM bronze.prompt_execution")
    buckets = [
        execution[name]
        for name in ("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "output_tokens")
    ]
    assert buckets == [20, 400, 30, 7]
    assert (execution["model"], execution["provider"]) == ("eu.anthropic.claude-sonnet-4-v1:0", "aws.bedrock")
    assert (execution["event_id"], execution["usage_convention"]) == ("r-1", "input_excludes_cached")
    rows = run_json(
        "sql",
        "SELECT kind, service, name, duration_ms, init_ms, samples FROM bronze.service_metric ORDER BY 1",
        "--lake",
        lake,
    )
    assert [tuple(row.values()) for row in rows] == [
        ("function", "prompts-execute", None, 102, 412, None),
        ("metric", "AWS/Bedrock", "InvocationLatency", None, None, 3.0),
    ]
    status = run_json("status", "--lake", lake)
    assert status["reconciles"] is True


def test_a_mistake_is_told_as_aws_tells_it(server: Up) -> None:
    with pytest.raises(ClientError) as refused:
        boto3.client("firehose").describe_delivery_stream(DeliveryStreamName="events")
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"
    with pytest.raises(ClientError) as refused:
        boto3.client("kinesis").put_records(StreamName="events", Records=[{"Data": b"{}", "PartitionKey": "u"}] * 501)
    assert refused.value.response["Error"]["Code"] == "InvalidArgumentException"
    assert "1 to 500" in refused.value.response["Error"]["Message"]
