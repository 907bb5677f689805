"""Firehose and Kinesis through boto3 itself, with answers that services give on bad days."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from promptlake_emitter import Emitter, FirehoseSink, KinesisSink, NotTaken
from promptlake_emitter.kinesis_sink import RECORD_MAX_BYTES, REQUEST_MAX_BYTES

from tests.ingest.clients.source import SOURCE

A = {"event_type": "behavior", "event_id": "a", "occurred_at": "2026-03-02T10:00:00Z"}
B = {**A, "event_id": "b", "event_type": "feedback"}
LINE_A = b'{"event_type":"behavior","event_id":"a","occurred_at":"2026-03-02T10:00:00Z"}\n'
LINE_B = LINE_A.replace(b"behavior", b"feedback").replace(b'"a"', b'"b"')
BUSY = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
THROTTLED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded."}


def stubbed(service: str) -> tuple[Any, Stubber]:
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    client = boto3.client(service, region_name="eu-central-1", **keys)
    return client, Stubber(client)


@pytest.fixture
def firehose() -> Iterator[tuple[Any, Stubber]]:
    client, stub = stubbed("firehose")
    with stub:
        yield client, stub
    stub.assert_no_pending_responses()


@pytest.fixture
def kinesis() -> Iterator[tuple[Any, Stubber]]:
    client, stub = stubbed("kinesis")
    with stub:
        yield client, stub
    stub.assert_no_pending_responses()


def batch(stream: str, *data: bytes) -> dict[str, Any]:
    return {"DeliveryStreamName": stream, "Records": [{"Data": one} for one in data]}


def test_firehose_gets_each_type_in_its_stream_and_again_only_the_records_that_failed(
    firehose: tuple[Any, Stubber],
) -> None:
    client, stub = firehose
    padded = [{**A, "event_id": str(n), "text": "x" * 600_000} for n in range(3)]
    lines = [LINE_A.replace(b'"a"', b'"%d"' % n)[:-2] + b',"text":"%s"}\n' % (b"x" * 600_000) for n in range(3)]
    taken = {"RecordId": "r"}
    stub.add_response(
        "put_record_batch",
        {"FailedPutCount": 2, "RequestResponses": [BUSY, taken, BUSY]},
        batch("clicks", *lines),
    )
    stub.add_response(
        "put_record_batch", {"FailedPutCount": 0, "RequestResponses": [taken]}, batch("lake-feedback", LINE_B)
    )
    stub.add_response(
        "put_record_batch",
        {"FailedPutCount": 1, "RequestResponses": [taken, BUSY]},
        batch("clicks", lines[0], lines[2]),
    )
    stub.add_response("put_record_batch", {"FailedPutCount": 0, "RequestResponses": [taken]}, batch("clicks", lines[2]))
    sink = FirehoseSink(streams={"behavior": "clicks"}, prefix="lake-", client=client)
    with Emitter(sink) as emitter:
        emitter.send([*padded, B])
        assert emitter.stats().taken == 4


def test_events_of_a_type_share_a_record(firehose: tuple[Any, Stubber]) -> None:
    client, stub = firehose
    answer = {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"}]}
    stub.add_response("put_record_batch", answer, batch("lake-behavior", LINE_A * 3))
    stub.add_response("put_record_batch", answer, batch("lake-feedback", LINE_B * 2))
    with Emitter(FirehoseSink(prefix="lake-", client=client), linger_s=3600) as emitter:
        for event in (A, B, A, A, B):
            emitter.emit(event)
        assert emitter.flush()


def test_kinesis_spreads_records_over_the_shards(kinesis: tuple[Any, Stubber]) -> None:
    client, stub = kinesis
    keys: list[str] = []
    client.meta.events.register(
        "provide-client-params.kinesis.PutRecords",
        lambda params, **_: keys.extend(record["PartitionKey"] for record in params["Records"]),
    )
    taken = {"SequenceNumber": "1", "ShardId": "s"}

    def asked(stream: str, *data: bytes) -> dict[str, Any]:
        return {"StreamName": stream, "Records": [{"Data": one, "PartitionKey": ANY} for one in data]}

    stub.add_response("put_records", {"FailedRecordCount": 1, "Records": [THROTTLED]}, asked("all", LINE_A))
    stub.add_response("put_records", {"Records": [taken]}, asked("mine", LINE_B * 2))
    stub.add_response("put_records", {"Records": [taken]}, asked("all", LINE_A))
    with Emitter(KinesisSink(stream="all", streams={"feedback": "mine"}, client=client)) as emitter:
        emitter.send([A, B, B])
    assert len(set(keys)) == 3
    assert max(map(len, keys)) == 32


def test_kinesis_counts_the_keys_towards_its_limits() -> None:
    limits = KinesisSink(stream="all", client=stubbed("kinesis")[0]).limits
    assert limits.record_bytes + 32 == limits.event_max_bytes + 32 == RECORD_MAX_BYTES
    assert limits.request_bytes + 32 * limits.request_records == REQUEST_MAX_BYTES


def test_a_call_that_is_throttled_is_tried_again(firehose: tuple[Any, Stubber]) -> None:
    client, stub = firehose
    stub.add_client_error("put_record_batch", "ThrottlingException", "Rate exceeded", 400)
    stub.add_client_error("put_record_batch", "ServiceUnavailableException", "Slow down", 503)
    stub.add_response("put_record_batch", {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"}]})
    with Emitter(FirehoseSink(prefix="lake-", client=client)) as emitter:
        emitter.send(A)


@pytest.mark.parametrize(("code", "status"), [("ResourceNotFoundException", 400), ("AccessDeniedException", 400)])
def test_a_call_that_is_refused_is_not(firehose: tuple[Any, Stubber], code: str, status: int) -> None:
    client, stub = firehose
    stub.add_client_error("put_record_batch", code, "No such stream.", status)
    with Emitter(FirehoseSink(prefix="lake-", client=client)) as emitter:
        emitter.emit(A)
        assert emitter.flush()
        assert emitter.stats().refused == {code: 1}


def test_a_type_without_a_stream_says_so(firehose: tuple[Any, Stubber]) -> None:
    with (
        Emitter(FirehoseSink(streams={"behavior": "clicks"}, client=firehose[0])) as emitter,
        pytest.raises(NotTaken, match="type has no stream here"),
    ):
        emitter.send(B)
    with pytest.raises(ValueError, match="needs streams="):
        FirehoseSink(client=firehose[0])
    with pytest.raises(ValueError, match="needs stream="):
        KinesisSink(client=firehose[0])


def test_without_boto3_a_sink_says_what_to_install() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); sys.modules['botocore'] = None\n"
        "import promptlake_emitter\n"
        "try:\n    promptlake_emitter.FirehoseSink(prefix='lake-')\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == ("Firehose and Kinesis need boto3; install it with: pip install 'promptlake-emitter[aws]'\n")
