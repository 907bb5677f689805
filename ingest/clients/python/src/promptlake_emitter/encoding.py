"""An event as the caller gave it becomes a row, or a reason why it can't."""

from typing import Any

import orjson

from .exchange import Refusal, Sink
from .identity import iso_time, new_id
from .packing import Row


def encode(event: dict[Any, Any], at_ns: int, sink: Sink) -> Row | Refusal:
    """Fill in what is missing (in ``event`` itself, so hand over a copy) and encode."""
    if event.get("event_id") is None:
        event["event_id"] = new_id()
    if event.get("occurred_at") is None:
        event["occurred_at"] = iso_time(at_ns)
    group = sink.group(event.get("event_type"))
    if group is None:
        return Refusal("no_stream", "an event's type has no stream here; name one for it in streams=")
    try:
        data = orjson.dumps(event)
    except orjson.JSONEncodeError as error:
        return Refusal("not_json", f"an event can't be written as JSON: {error}")
    limit = sink.limits.event_max_bytes
    if len(data) + 1 > limit:
        return Refusal(
            "too_large", f"an event has {len(data):,} bytes, and the sink takes at most {limit - 1:,} in one"
        )
    return Row(group, data)
