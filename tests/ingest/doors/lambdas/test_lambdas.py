"""The functions against Firehose as boto3 sees it: what they put there are finished rows, each event once."""

import base64
import json
from typing import Any

import boto3
import orjson
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from ingest.contracts.derive import QUARANTINE_TABLE, table_columns
from ingest.delivery.firehose import ATTEMPTS, FirehoseSink
from ingest.delivery.packing import RECORD_MAX_BYTES, REQUEST_MAX_BYTES, REQUEST_MAX_RECORDS, pack, requests
from ingest.delivery.unavailable import Unavailable
from ingest.doors.lambdas import collector, kinesis, variables, wiring
from tests.ingest.doors.http.conftest import NOW, build_export
from tests.ingest.doors.lambdas.conftest import NoBooks
from tests.lakes import event
from tests.steps import transform

KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}


def gateway(path: str, body: bytes, as_base64: bool = False, **headers: str) -> dict[str, Any]:
    """The event of an HTTP API in payload format 2.0."""
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {name.replace("_", "-").title(): value for name, value in headers.items()},
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": base64.b64encode(body).decode() if as_base64 else body.decode(),
        "isBase64Encoded": as_base64,
    }


def counted(printed: str) -> dict[tuple[str, str, str], int]:
    """What the metrics in a function's log say: (kind, door, event type) -> count."""
    found: dict[tuple[str, str, str], int] = {}
    for line in printed.splitlines():
        said = json.loads(line)
        (metrics,) = said["_aws"]["CloudWatchMetrics"]
        assert metrics["Namespace"] == variables.METRICS_NAMESPACE
        (kind,) = (metric["Name"] for metric in metrics["Metrics"])
        key = (kind, said["door"], said["event_type"])
        found[key] = found.get(key, 0) + int(said[kind][0])
    return found


def test_the_collector_puts_finished_rows_and_says_what_it_refused(streams: Any, capsys: Any) -> None:
    good, bad = event(event_id="e1", output_tokens=7), event(event_id="e2", output_tokens="7")
    answer = collector.handler(
        gateway("/v1/events", orjson.dumps([good, bad]), content_type="application/json"), object()
    )
    assert answer["statusCode"] == 207
    said = json.loads(answer["body"])
    assert (said["received"], said["stored"], said["quarantined"]) == (2, 1, 1)
    (row,) = streams("prompt_execution")
    assert (row["event_id"], row["output_tokens"], row["door"]) == ("e1", 7, "native")
    assert row.keys() <= {column.name for column in table_columns("prompt_execution")}
    assert row["received_at_us"] > row["occurred_at_us"] > 0
    (refused,) = streams(QUARANTINE_TABLE)
    assert (refused["event_id"], refused["code"]) == ("e2", "wrong_type")
    assert counted(capsys.readouterr().out) == {
        ("received", "native", "prompt_execution"): 2,
        ("quarantined", "native", "prompt_execution"): 1,
    }


def test_the_collector_takes_protobuf(streams: Any) -> None:
    body = build_export({"gen_ai.request.model": "gpt-4o", "gen_ai.usage.output_tokens": 3}).SerializeToString()
    asked = gateway("/v1/traces", body, as_base64=True, content_type="application/x-protobuf")
    answer = collector.handler(asked, object())
    assert answer["statusCode"] == 200
    ExportTraceServiceResponse.FromString(answer["body"].encode())
    (row,) = streams("prompt_execution")
    assert (row["model"], row["output_tokens"], row["door"]) == ("gpt-4o", 3, "otlp")


def test_the_collector_books_a_request_without_events(streams: Any, capsys: Any) -> None:
    assert collector.handler(gateway("/v1/nothing", b""), object())["statusCode"] == 404
    assert counted(capsys.readouterr().out) == {("refused_requests", "http", "unknown_path"): 1}


def test_pages_send_to_the_collector_from_the_origins_that_its_owner_named(
    streams: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variables.ORIGINS_VARIABLE, "https://app.example, https://shop.example/")
    wiring.origins.cache_clear()
    beacon = orjson.dumps({"name": "LCP", "value": 1200.5, "id": "v5-1"})
    answers = [
        collector.handler(gateway("/v1/beacon", beacon, content_type="text/plain", origin=origin), object())
        for origin in ("https://shop.example", "https://evil.example")
    ]
    wiring.origins.cache_clear()
    assert [answer["statusCode"] for answer in answers] == [204, 403]
    assert answers[0]["headers"]["access-control-allow-origin"] == "https://shop.example"
    assert [row["value"] for row in streams("web_vital")] == [1200.5]


def test_a_body_that_is_no_text_goes_back_as_base64() -> None:
    answer = collector.to_gateway(collector.Response(200, {}, b"\xff\x00"))
    assert (answer["body"], answer["isBase64Encoded"]) == ("/wA=", True)


def kinesis_event(*data: bytes) -> dict[str, Any]:
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "k",
                    "sequenceNumber": str(number),
                    "data": base64.b64encode(record).decode(),
                    "approximateArrivalTimestamp": NOW.timestamp(),
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-000000000000:{number}",
                "eventName": "aws:kinesis:record",
                "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/events",
                "awsRegion": "eu-central-1",
            }
            for number, record in enumerate(data)
        ]
    }


def test_the_consumer_takes_packed_records_and_refuses_what_is_none(streams: Any) -> None:
    packed = b"".join(orjson.dumps(event(event_id=f"k{n}")) for n in range(3))
    answer = kinesis.handler(kinesis_event(packed, b"no event", orjson.dumps(event(event_id="k3"))), LambdaContext())
    assert answer == {"batchItemFailures": []}
    assert sorted(row["event_id"] for row in streams("prompt_execution")) == ["k0", "k1", "k2", "k3"]
    assert [row["code"] for row in streams(QUARANTINE_TABLE)] == ["invalid_json"]


def test_the_consumer_names_the_records_that_firehose_did_not_take(
    streams: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "sink", lambda: sink)
    sink = FirehoseSink(NoFeedback(boto3.client("firehose")), "test-", wiring.books(), wiring.now, lambda _: None)
    records = [orjson.dumps(event("behavior")), orjson.dumps(event("feedback")), orjson.dumps(event("behavior"))]
    answer = kinesis.handler(kinesis_event(*records), LambdaContext())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(streams("behavior")) == 2


class NoFeedback:
    """Firehose while one stream is throttled."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Any) -> dict[str, Any]:  # noqa: N803
        if "feedback" in DeliveryStreamName:
            busy = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
            return {"FailedPutCount": len(Records), "RequestResponses": [busy] * len(Records)}
        answer: dict[str, Any] = self._client.put_record_batch(DeliveryStreamName=DeliveryStreamName, Records=Records)
        return answer


def test_only_the_entries_that_failed_are_sent_again() -> None:
    client = boto3.client("firehose", "eu-central-1", **KEYS)
    rows = [b'{"event_id":"%d","properties":"%s"}' % (n, b"x" * 600_000) for n in range(3)]
    outcome = transform([event()], NOW)
    outcome.rows = {"behavior": rows}
    taken, busy = {"RecordId": "r"}, {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
    waits: list[float] = []
    with Stubber(client) as stub:
        added = b',"received_at_us":%d,"door":"native"}\n' % (NOW.timestamp() * 1e6)
        records = [{"Data": row[:-1] + added} for row in rows]
        for sent, answers in (
            (records, [taken, busy, taken]),
            (records[1:2], [busy]),
            (records[1:2], [taken]),
        ):
            asked = {"DeliveryStreamName": "s-behavior", "Records": sent}
            stub.add_response(
                "put_record_batch",
                {"FailedPutCount": sum("ErrorCode" in answer for answer in answers), "RequestResponses": answers},
                asked,
            )
        FirehoseSink(client, "s-", NoBooks(), lambda: NOW, waits.append).deliver("native", outcome)
        stub.assert_no_pending_responses()
    assert waits == sorted(waits)
    assert len(waits) == 2


def test_a_stream_that_never_takes_it_is_told_as_unavailable() -> None:
    client = boto3.client("firehose", "eu-central-1", **KEYS)
    busy = {
        "FailedPutCount": 1,
        "RequestResponses": [{"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}],
    }
    with Stubber(client) as stub:
        for _ in range(ATTEMPTS):
            stub.add_response("put_record_batch", busy)
        sink = FirehoseSink(client, "s-", NoBooks(), lambda: NOW, lambda _: None)
        with pytest.raises(Unavailable, match="refused 1 records for s-prompt_execution 5 times"):
            sink.deliver("native", transform([event()], NOW))


def test_firehose_out_of_reach_is_a_503(streams: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        def put_record_batch(self, **_: Any) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url="https://firehose.eu-central-1.amazonaws.com")

    sink = FirehoseSink(Unreachable(), "s-", NoBooks(), lambda: NOW)
    monkeypatch.setattr(wiring, "sink", lambda: sink)
    answer = collector.handler(gateway("/v1/events", orjson.dumps(event())), object())
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")


def test_packing_keeps_every_row_in_order_and_every_limit() -> None:
    rows = [b"%d" % n * (1 + n % 50_000) for n in range(2_000)]
    records = list(pack(rows))
    assert b"".join(records).split(b"\n")[:-1] == rows
    assert max(map(len, records)) <= RECORD_MAX_BYTES
    asked = list(requests(records))
    assert [record for request in asked for record in request] == records
    assert all(len(request) <= REQUEST_MAX_RECORDS for request in asked)
    assert all(sum(map(len, request)) <= REQUEST_MAX_BYTES for request in asked)
    assert len(list(requests([b"x"] * 1_001))) == 3
