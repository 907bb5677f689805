"""The transform of a Firehose stream: exact ids, rows of its own table, everything else where it belongs."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import orjson
import pytest
from moto.server import ThreadedMotoServer

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE, table_columns
from ingest.delivery.batch import PAYLOAD_MAX_CHARS
from ingest.delivery.dynamo_books import DynamoBooks
from ingest.delivery.firehose import FirehoseSink
from ingest.doors.lambdas import firehose, variables, wiring
from tests.ingest.doors.http.conftest import NOW
from tests.ingest.doors.lambdas.conftest import KEYS, LEDGER, NoBooks
from tests.ingest.doors.lambdas.test_lambdas import NoFeedback, counted
from tests.lakes import event
from tests.services.lambda_runtime import RuntimeApi, function, needs_runtime
from tests.steps import transform
from tests.tables import make_table

ARRIVED_MS = int(NOW.timestamp() * 1000)


def batch(*data: bytes, table: str = "prompt_execution") -> dict[str, Any]:
    """What Firehose asks with."""
    return {
        "invocationId": "i",
        "deliveryStreamArn": f"arn:aws:firehose:eu-central-1:123456789012:deliverystream/test-{table}",
        "region": "eu-central-1",
        "records": [
            {
                "recordId": f"49546986683135544286507457936321625675700192471156785154{n:06d}",
                "approximateArrivalTimestamp": ARRIVED_MS,
                "data": base64.b64encode(one).decode(),
            }
            for n, one in enumerate(data)
        ],
    }


def results(answer: dict[str, Any]) -> list[str]:
    return [record["result"] for record in answer["records"]]


def told(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows in an answer."""
    documents = [base64.b64decode(record["data"]) for record in answer["records"] if "data" in record]
    assert all(document.endswith(b"\n") for document in documents)
    return [json.loads(line) for document in documents for line in document.splitlines()]


def test_each_record_is_answered_by_its_id_and_each_event_lands_where_it_belongs(streams: Any, capsys: Any) -> None:
    asked = batch(
        b"".join(orjson.dumps(event(event_id=f"p{n}", output_tokens=n)) for n in range(3)),
        gzip.compress(orjson.dumps(event(event_id="z")) + b"\n" + orjson.dumps(event("behavior", event_id="b"))),
        orjson.dumps(event(event_id="no", consent={"analytics": False})),
        b"no event",
        orjson.dumps(event(event_id="bad", latency_s=1)) + orjson.dumps(event(event_id="good")),
        b"",
    )
    answer = firehose.handler(asked, object())
    assert [record["recordId"] for record in answer["records"]] == [record["recordId"] for record in asked["records"]]
    assert results(answer) == ["Ok", "Ok", "Dropped", "Dropped", "Ok", "Dropped"]
    rows = told(answer)
    assert [row["event_id"] for row in rows] == ["p0", "p1", "p2", "z", "good"]
    assert rows[2]["output_tokens"] == 2
    assert {(row["received_at_us"], row["door"]) for row in rows} == {(ARRIVED_MS * 1000, "firehose")}
    assert rows[0].keys() <= {column.name for column in table_columns("prompt_execution")}
    assert [row["event_id"] for row in streams("behavior")] == ["b"]
    assert [row["code"] for row in streams(QUARANTINE_TABLE)] == ["invalid_json", "unknown_field"]
    assert counted(capsys.readouterr().out) == {
        ("received", "firehose", "prompt_execution"): 7,
        ("received", "firehose", "behavior"): 1,
        ("received", "firehose", "unknown"): 1,
        ("quarantined", "firehose", "prompt_execution"): 1,
        ("quarantined", "firehose", "unknown"): 1,
        ("dropped", "firehose", "prompt_execution"): 1,
    }


def test_a_repetition_writes_the_same_rows_to_the_byte(streams: Any) -> None:
    asked = batch(b"no event", b"no event", orjson.dumps(event(event_id="bad", latency_s=1)), orjson.dumps(event()))
    assert firehose.handler(asked, object()) == firehose.handler(asked, object())
    rows = [json.dumps(row) for row in streams(QUARANTINE_TABLE)]
    assert (len(rows), len(set(rows))) == (6, 3)
    ids = [record["recordId"] for record in asked["records"]]
    assert {row["refusal_key"] for row in streams(QUARANTINE_TABLE)} == {f"firehose-{name}-0" for name in ids[:3]}


@pytest.mark.parametrize("table", ["prompt_execution", QUARANTINE_TABLE])
def test_finished_rows_pass_as_they_are_and_are_booked_by_who_finished_them(
    streams: Any, capsys: Any, table: str
) -> None:
    sent: list[bytes] = []
    FirehoseSink(Kept(sent), "test-", NoBooks(), lambda: NOW).deliver(
        "native", transform([event(properties={"a": 1}), event(latency_s=1)], NOW)
    )
    (record,) = (data for data in sent if (b'"code"' in data) == (table == QUARANTINE_TABLE))
    answer = firehose.handler(batch(record, table=table), object())
    assert base64.b64decode(answer["records"][0]["data"]) == record
    assert capsys.readouterr().out == ""


class Kept:
    """Firehose that keeps what it is given."""

    def __init__(self, sent: list[bytes]) -> None:
        self._sent = sent

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Any) -> dict[str, Any]:  # noqa: N803
        self._sent += [record["Data"] for record in Records]
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"}] * len(Records)}


def kept(streams: Any) -> dict[tuple[str, str, str, str], int]:
    """What builds will book: (hour, event type, door, kind) -> events."""
    found = Counter[tuple[str, str, str, str]]()
    for bookings, _ in DynamoBooks(boto3.client("dynamodb"), LEDGER).counted():
        for *key, events in bookings:
            found[tuple(key)] += events  # type: ignore[index]
    return dict(found)


def test_every_event_is_booked_once_on_its_way_to_bronze(streams: Any) -> None:
    """Those of the collector when their rows pass, and those refused or dropped where that is decided."""
    sent: list[bytes] = []
    events = [event(), event(), event("behavior"), event(latency_s=1), event(consent={"analytics": False})]
    FirehoseSink(Kept(sent), "test-", wiring.books(), lambda: NOW).deliver("native", transform(events, NOW))
    for record in sent:
        table = next(name for name, mark in TABLES.items() if mark in record)
        firehose.handler(batch(record, table=table), object())
    firehose.handler(batch(b"".join(map(orjson.dumps, events))), object())
    for row in streams("behavior"):
        firehose.handler(batch(orjson.dumps(row), table="behavior"), object())
    hour = layout.received_hour(ARRIVED_MS * 1000)
    each = {("behavior", "received"): 1, ("prompt_execution", "received"): 4} | {
        ("prompt_execution", kind): 1 for kind in ("quarantined", "dropped")
    }
    assert kept(streams) == {
        (hour, event_type, door, kind): n for door in ("native", "firehose") for (event_type, kind), n in each.items()
    }


TABLES = {QUARANTINE_TABLE: b'"code"', "behavior": b'"action"', "prompt_execution": b'"model"'}


def test_what_has_no_room_in_the_answer_comes_again_finished(streams: Any, capsys: Any) -> None:
    # A compressed record grows; 7 MB of rows in all.
    packed = [
        gzip.compress(b"".join(orjson.dumps(event(properties={"x": "y" * 70_000})) for _ in range(25)))
        for _ in range(4)
    ]
    answer = firehose.handler(batch(*packed, orjson.dumps(event(event_id="small"))), object())
    assert len(json.dumps(answer)) < firehose.ANSWER_MAX_BYTES
    assert results(answer) == ["Ok", "Ok", "Dropped", "Dropped", "Ok"]
    back = streams("prompt_execution")
    rows = told(answer)
    assert len({row["event_id"] for row in [*back, *rows]}) == len(back) + len(rows) == 101
    assert counted(capsys.readouterr().out) == {("received", "firehose", "prompt_execution"): 101}
    again = firehose.handler(batch(b"\n".join(orjson.dumps(row) for row in back[:10])), object())
    assert told(again) == back[:10]
    assert capsys.readouterr().out == ""


def test_only_the_records_that_another_stream_did_not_take_have_failed(
    streams: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    busy = FirehoseSink(NoFeedback(None), "test-", wiring.books(), wiring.now, lambda _: None)
    monkeypatch.setattr(wiring, "sink", lambda: busy)
    answer = firehose.handler(batch(orjson.dumps(event()), orjson.dumps(event("feedback"))), object())
    assert results(answer) == ["Ok", "ProcessingFailed"]
    assert counted(capsys.readouterr().out) == {("received", "firehose", "prompt_execution"): 1}


def test_a_stream_of_no_table_is_told(streams: Any) -> None:
    with pytest.raises(ValueError, match="The stream test-prompts is no table's; call it test-<table>"):
        firehose.handler(batch(table="prompts"), object())


def test_a_refused_payload_is_cut(streams: Any) -> None:
    firehose.handler(batch(orjson.dumps(event(properties={"x": "y" * 2 * PAYLOAD_MAX_CHARS}, latency_s=1))), object())
    (row,) = streams(QUARANTINE_TABLE)
    assert len(row["payload"]) == PAYLOAD_MAX_CHARS


class Aws(RuntimeApi):
    """The runtime API, and at the same address Firehose, which takes all."""

    put: list[bytes] = []  # noqa: RUF012 - of the one test that uses it

    def other(self, body: bytes) -> bytes:
        records = json.loads(body)["Records"]
        self.put += [base64.b64decode(record["Data"]) for record in records]
        return json.dumps({"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"}] * len(records)}).encode()


@contextmanager
def account() -> Iterator[dict[str, str]]:
    """The environment of a function whose keys and tables are there."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"region_name": "eu-central-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    ssm = boto3.client("ssm", endpoint_url=url, **keys)
    ssm.put_parameter(Name="/test/keys", Type="SecureString", Value=KEYS)
    for name in ("runtime", "ledger"):
        make_table(boto3.client("dynamodb", endpoint_url=url, **keys), name)
    try:
        yield {
            "AWS_ENDPOINT_URL_SSM": url,
            "AWS_ENDPOINT_URL_DYNAMODB": url,
            "AWS_ENDPOINT_URL_FIREHOSE": "http://{api}",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_DEFAULT_REGION": "eu-central-1",
            variables.KEYS_VARIABLE: "/test/keys",
            variables.TABLE_VARIABLE: "runtime",
            variables.LEDGER_VARIABLE: "ledger",
            variables.PREFIX_VARIABLE: "test-",
        }
    finally:
        server.stop()
        ssm.close()


@needs_runtime
def test_it_runs_under_the_runtime_of_lambda() -> None:
    with account() as environment, function("ingest.doors.lambdas.firehose.handler", environment, Aws) as lambda_:
        lambda_.events.put(json.dumps(batch(orjson.dumps(event(event_id="e1")), b"no event")).encode())
        kind, body = lambda_.answers.get(timeout=60)
        lambda_.events.put(json.dumps(batch(table="prompts")).encode())
        failed, error = lambda_.answers.get(timeout=60)
    assert kind == "response"
    answer = json.loads(body)
    assert results(answer) == ["Ok", "Dropped"]
    assert [row["event_id"] for row in told(answer)] == ["e1"]
    assert json.loads(b"".join(Aws.put))["code"] == "invalid_json"
    assert failed == "error"
    assert json.loads(error)["errorType"] == "ValueError"
