"""What a page sends with `navigator.sendBeacon` or `fetch`: contract events, and metrics of the `web-vitals` library.

A body is one item, an array or NDJSON, as text/plain or JSON. `{"page": …, "session_id": …, "metrics": […]}` says
once what holds for each of its metrics. What an item lacks of id and time it gets here: see ``made_ids``.
Whether a program acted is said by the request's user agent, where the item does not say it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ingest.contracts.validate import Refusal
from ingest.delivery.delivery import Delivery
from ingest.delivery.nesting import as_text
from ingest.doors import device, web_vitals
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.exchange import (
    JSON,
    LINES,
    Door,
    Request,
    Response,
    answer_json,
    media_type,
    problem,
    unsupported,
)
from ingest.doors.made_ids import made_id
from ingest.doors.native import TAKEN, decode
from ingest.doors.tally import tally

_SAYING_BOT = ("behavior", "web_vital")


def _take(request: Request, delivery: Delivery, received_at: datetime) -> Response:
    """Answer 204 where all was stored and nobody asked for JSON; else as the native door does."""
    said = media_type(request)
    if said not in TAKEN:
        raise unsupported(request, "text/plain, application/json or application/x-ndjson")
    user_agent = request.headers.get("user-agent", "")
    items = [
        _to_event(item, position, user_agent, received_at)
        for position, item in enumerate(_unpacked(decode(request.body, by_line=said in LINES)))
    ]
    outcome = delivery.take("beacon", items, received_at)
    if not outcome.refusals and JSON not in request.headers.get("accept", ""):
        return Response(204, {}, b"")
    return answer_json(207 if outcome.refusals else 200, tally(outcome))


def _unpacked(items: list[Any]) -> Iterator[Any]:
    room = EVENTS_MAX
    for item in items:
        metrics = item.get("metrics") if isinstance(item, dict) and "event_type" not in item else None
        if not isinstance(metrics, list):
            yield item
            continue
        room -= len(metrics)
        if room < 0:
            raise too_many("events")
        shared = {name: value for name, value in item.items() if name != "metrics"}
        for metric in metrics:
            yield {**shared, **metric} if isinstance(metric, dict) else metric


def _to_event(item: Any, position: int, user_agent: str, received_at: datetime) -> Any:
    if not isinstance(item, dict):
        return item
    if web_vitals.is_metric(item):
        return web_vitals.to_event(item, user_agent, received_at)
    if "event_type" not in item:
        message = "The item is no event of a contract (it has no event_type) and no metric (it has no name and value)."
        return Refusal("missing_field", message, payload=as_text(item))
    said = {"is_bot": True} if item["event_type"] in _SAYING_BOT and device.is_bot(user_agent) else {}
    if "event_id" in item and "occurred_at" in item:
        return {**said, **item}
    event_id = made_id(item, position, None if "occurred_at" in item else received_at)
    return {"event_id": event_id, "occurred_at": received_at, **said, **item}


DOOR = Door("beacon", _take, problem)
