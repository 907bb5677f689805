"""The part of the Kinesis and Firehose APIs that producers call, so that an unchanged boto3 emitter needs no account.

AWS's JSON 1.1 protocol: the operation stands in ``X-Amz-Target``, errors are an object with ``__type``. A record is
taken as the services take it, whatever it holds; events in it that break their contract go to quarantine.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

import orjson

from ingest.contracts.instants import to_us
from ingest.contracts.validate import Refusal
from ingest.delivery.delivery import Delivery
from ingest.doors import records
from ingest.doors.body import BODY_MAX_BYTES, EVENTS_MAX, too_large, too_many
from ingest.doors.exchange import Door, Request, Response
from ingest.doors.request_refused import RequestRefused

TARGET_HEADER = "x-amz-target"
RECORDS_MAX = 500
RECORD_MAX_BYTES = 10 << 20
"""Kinesis takes records up to this size, Firehose smaller ones; what fits the larger limit loses nothing here."""

_JSON = "application/x-amz-json-1.1"
_SHARD = "shardId-000000000000"


class _Api(NamedTuple):
    door: str
    one: str
    many: str
    stream: tuple[str, ...]


_APIS: Mapping[str, _Api] = {
    "Kinesis_20131202": _Api("kinesis", "PutRecord", "PutRecords", ("StreamName", "StreamARN")),
    "Firehose_20150804": _Api("firehose", "PutRecord", "PutRecordBatch", ("DeliveryStreamName",)),
}
_serial = count(1)


def find(request: Request) -> Door | None:
    """The door of the API that a request's target names, or None where it names none that we know."""
    return _DOORS.get(request.headers.get(TARGET_HEADER, "").partition(".")[0])


def _take(request: Request, delivery: Delivery, received_at: datetime) -> Response:
    service, _, operation = request.headers[TARGET_HEADER].partition(".")
    api = _APIS[service]
    try:
        return _put(api, operation, request.body, delivery, received_at)
    except _Fault as fault:
        delivery.refuse(api.door, fault.code)
        return _fault(400, fault.kind, fault.message)


def _put(api: _Api, operation: str, body: bytes, delivery: Delivery, received_at: datetime) -> Response:
    if operation not in (api.one, api.many):
        message = f"The embedded {api.door} answers {api.one} and {api.many} only, not {operation[:40]!a}."
        raise _Fault("UnknownOperationException", message)
    said = _arguments(body, api)
    if said.get("DryRun") is True:
        raise _Fault("DryRunOperationException", "The request is well formed; as a dry run it stored nothing.")
    data = [_data(record, index) for index, record in enumerate(_records(said, api, operation))]
    items = _items(data)
    delivery.take(api.door, items, received_at)
    answers = [_receipt(api, received_at) for _ in data]
    return _answer(200, _reply(api, operation, answers))


def _items(data: list[bytes]) -> list[Any]:
    """All that the records hold, which together may be no more than one body may hold."""
    room, unpacked = BODY_MAX_BYTES, []
    for record in data:
        content = records.unpack(record, room)
        room -= 0 if isinstance(content, Refusal) else len(content)
        if room < 0 or (isinstance(content, Refusal) and content.code == "body_too_large"):
            raise too_large()
        unpacked.append(content)
    items: list[Any] = []
    for content in unpacked:
        items.extend([content] if isinstance(content, Refusal) else records.items(content))
        if len(items) > EVENTS_MAX:
            raise too_many("events")
    return items


def _arguments(body: bytes, api: _Api) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _Fault("SerializationException", "The body is not JSON.") from error
    if not isinstance(said, dict) or not any(isinstance(said.get(name), str) for name in api.stream):
        raise _Fault("InvalidArgumentException", f"The request names no {' or '.join(api.stream)}.")
    return said


def _records(said: dict[str, Any], api: _Api, operation: str) -> list[Any]:
    if operation == api.many:
        found = said.get("Records")
        if not isinstance(found, list) or not 1 <= len(found) <= RECORDS_MAX:
            raise _Fault("InvalidArgumentException", f"Records must be a list of 1 to {RECORDS_MAX} records.")
        return found
    return [said.get("Record") if api.door == "firehose" else said]


def _data(record: Any, index: int) -> bytes:
    text = record.get("Data") if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise _Fault("SerializationException", f"Record {index} has no Data.")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _Fault("SerializationException", f"The Data of record {index} is not base64.") from error
    if len(data) > RECORD_MAX_BYTES:
        raise _Fault("InvalidArgumentException", f"Record {index} is larger than {RECORD_MAX_BYTES:,} bytes.")
    return data


def _receipt(api: _Api, received_at: datetime) -> dict[str, str]:
    # Unique and growing, as a client may rely on; the services promise no more.
    number = f"{to_us(received_at):020d}{next(_serial):012d}"
    return {"RecordId": number} if api.door == "firehose" else {"ShardId": _SHARD, "SequenceNumber": number}


def _reply(api: _Api, operation: str, receipts: list[dict[str, str]]) -> dict[str, Any]:
    if operation == api.one:
        return {**receipts[0], "Encrypted": False} if api.door == "firehose" else receipts[0]
    if api.door == "firehose":
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": receipts}
    return {"FailedRecordCount": 0, "Records": receipts}


class _Fault(RequestRefused):
    """A fault by AWS's name of it, which clients tell errors apart by."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(400, "aws_" + kind.removesuffix("Exception").lower(), message)
        self.kind = kind


def _say_no(_: Request, status: int, message: str) -> Response:
    return _fault(status, "ServiceUnavailableException" if status == 503 else "InvalidArgumentException", message)


def _fault(status: int, kind: str, message: str) -> Response:
    return _answer(status, {"__type": kind, "message": message})


def _answer(status: int, document: dict[str, Any]) -> Response:
    return Response(status, {"content-type": _JSON}, orjson.dumps(document))


_DOORS = {service: Door(api.door, _take, _say_no) for service, api in _APIS.items()}
