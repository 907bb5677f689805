"""Our own format: contract events as NDJSON, as a JSON array, or as one object over several lines."""

from datetime import datetime
from typing import Any

import orjson

from ingest.contracts.validate import Refusal
from ingest.delivery.delivery import Delivery
from ingest.delivery.nesting import DEPTH_MAX, as_text, is_too_deep
from ingest.delivery.reader import read_line
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.exchange import (
    JSON,
    LINES,
    PLAIN,
    Door,
    Request,
    Response,
    answer_json,
    media_type,
    problem,
    unsupported,
)
from ingest.doors.request_refused import RequestRefused
from ingest.doors.tally import tally

TAKEN = frozenset({JSON}) | LINES | PLAIN
"""Types of a body that holds items one by one, as an array, or as one."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode(body: bytes, *, by_line: bool = False, reads: bool = True) -> list[Any]:
    """What a body holds: decoded JSON values, and a ``Refusal`` for each line that can't be decoded.

    Args:
        body: uncompressed, of any content.
        by_line: the client says it is NDJSON: then each line is an event, even where none can be decoded.
        reads: a line may become a ``Read`` at once, where it plainly is an event.

    Raises:
        RequestRefused: 400 if the body is empty or as a whole no JSON; 413 with too many events.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK).strip()
    if not body:
        raise RequestRefused(400, "empty_body", "The body is empty; send one event a line, or a JSON array of events.")
    if body.startswith(b"["):
        try:
            return _array(orjson.loads(body))
        except orjson.JSONDecodeError as error:
            if not by_line:
                raise RequestRefused(
                    400, "invalid_json", f"The JSON array can't be decoded: {_reason(error)}."
                ) from error
    return _lines(body, by_line, reads)


def _array(items: list[Any]) -> list[Any]:
    if len(items) > EVENTS_MAX:
        raise too_many("events")
    for index, item in enumerate(items):
        if is_too_deep(item):
            items[index] = _too_deep(f"Event {index}", as_text(item))
    return items


def _lines(body: bytes, by_line: bool, reads: bool) -> list[Any]:
    if body.count(b"\n") >= EVENTS_MAX:
        raise too_many("events")
    loads = orjson.loads
    items: list[Any] = []
    undecoded = 0
    for number, line in enumerate(body.split(b"\n"), start=1):
        if reads and (read := read_line(line)) is not None:
            items.append(read)
            continue
        try:
            item = loads(line)
        except orjson.JSONDecodeError as error:
            if not line or line.isspace():
                continue
            if not items and (whole := _one_object(body)):
                return whole
            undecoded += 1
            item = _broken(number, line, error)
        else:
            # Brackets in a string count too, so this only says where a closer look is needed.
            if line.count(b"{") + line.count(b"[") > DEPTH_MAX and is_too_deep(item):
                item = _too_deep(f"Line {number}", _text(line))
        items.append(item)
    if undecoded == len(items) and not by_line:
        raise RequestRefused(400, "invalid_json", f"No line of the body is JSON; the first reason: {items[0].message}")
    return items


def _one_object(body: bytes) -> list[Any] | None:
    try:
        return _array([orjson.loads(body)])
    except orjson.JSONDecodeError:
        return None


def _broken(number: int, line: bytes, error: orjson.JSONDecodeError) -> Refusal:
    return Refusal("invalid_json", f"Line {number} is not JSON: {_reason(error)}.", payload=_text(line))


def _too_deep(place: str, payload: str) -> Refusal:
    return Refusal("too_deep", f"{place} is nested too deep to be stored; flatten its properties.", payload=payload)


def _text(line: bytes) -> str:
    return line.decode(errors="replace")


def _reason(error: orjson.JSONDecodeError) -> str:
    return f"{error.msg.partition(':')[0]} at character {error.pos + 1}"


def _take(request: Request, delivery: Delivery, received_at: datetime) -> Response:
    """Answer 200 where all was stored, else 207: the good events are stored, so a 4xx would be untrue of them, and
    a client that repeats on an error would repeat the bad ones for ever.
    """
    said = media_type(request)
    if said not in TAKEN:
        raise unsupported(request, "application/json, application/x-ndjson, application/jsonl or text/plain")
    outcome = delivery.take("native", decode(request.body, by_line=said in LINES), received_at)
    return answer_json(207 if outcome.refusals else 200, tally(outcome))


DOOR = Door("native", _take, problem)
