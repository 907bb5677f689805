"""Segment's tracking API: a batch of calls, or one call at the path of its kind.

Any write key is taken, and none. The limits are Segment's own: an event over 32 KB is refused by itself, a request
over 500 KB as a whole. Clients repeat a request on 429 and 5xx only, so a batch of which some events were refused is
answered with 200, and with counts beside `success`.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson

from ingest.delivery.delivery import Delivery
from ingest.delivery.outcome import Outcome
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.exchange import JSON, PLAIN, Door, Request, Response, answer_json, media_type, unsupported
from ingest.doors.request_refused import RequestRefused
from ingest.doors.segment_calls import KINDS, Around, to_item
from ingest.doors.tally import tally

REQUEST_MAX_BYTES = 500 << 10

_BATCH = "batch"
# The browser's library sends each kind to its first letter.
_PATHS: Mapping[str, str] = {f"/v1/{name}": kind for kind in (*KINDS, _BATCH) for name in (kind, kind[0])}
_TAKEN = frozenset({JSON}) | PLAIN


def _take(request: Request, delivery: Delivery, received_at: datetime) -> Response:
    if media_type(request) not in _TAKEN:
        raise unsupported(request, "application/json")
    if len(request.body) > REQUEST_MAX_BYTES:
        message = f"The request is larger than {REQUEST_MAX_BYTES >> 10} KB, decompressed; send smaller batches."
        raise RequestRefused(400, "request_too_large", message)
    kind = _PATHS[request.path.partition("?")[0]]
    document = _document(request.body)
    around = Around.of(document, kind, received_at)
    calls = _batch(document) if kind == _BATCH else [document]
    items = [to_item(call, position, around) for position, call in enumerate(calls)]
    outcome = delivery.take("segment", items, received_at)
    return _answer_batch(outcome) if kind == _BATCH else _answer_call(outcome)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, "invalid_json", f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise RequestRefused(400, "invalid_json", "The body is not a JSON object, as Segment's tracking API has it.")
    return document


def _batch(document: dict[str, Any]) -> list[Any]:
    calls = document.get("batch")
    if not isinstance(calls, list):
        raise RequestRefused(400, "invalid_batch", "The body has no array 'batch' of calls; send one.")
    if len(calls) > EVENTS_MAX:
        raise too_many("events")
    return calls


def _answer_batch(outcome: Outcome) -> Response:
    whole = outcome.accepted == outcome.received.total()
    return answer_json(200, {"success": True} if whole else {"success": True, **tally(outcome)})


def _answer_call(outcome: Outcome) -> Response:
    if outcome.refusals:
        ((_, refusal),) = outcome.refusals
        return answer_json(400, {"success": False, "code": refusal.code, "message": refusal.message})
    return _answer_batch(outcome)


def _refuse(_: Request, status: int, message: str) -> Response:
    code = HTTPStatus(status).name.lower()
    return answer_json(status, {"success": False, "code": code, "message": message})


def _write_key(body: bytes) -> list[str]:
    """The browser's library has it in the body, for it may send no header."""
    if b'"writeKey"' not in body:
        return []
    try:
        key = _document(body).get("writeKey")
    except RequestRefused:
        return []
    return [key] if isinstance(key, str) else []


DOORS: Mapping[str, Door] = dict.fromkeys(_PATHS, Door("segment", _take, _refuse, keys_in=_write_key))
"""Every path, long and short."""
