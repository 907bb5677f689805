"""Feedback gets what the server knows, and nothing else: what it may hold, the contract says."""

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson

_KEYS = uuid.UUID("8d6c5a5e-7a0b-5f5e-9d55-6f2b0d1c7a11")


def to_event(body: dict[str, Any], idempotency_key: str | None) -> dict[str, Any]:
    """The contract's event of a request body.

    Args:
        body: as decoded, not yet validated.
        idempotency_key: makes the id of a body the same whenever it is sent with the same key. Together with
            ``occurred_at`` that makes a duplicate; without, the second is kept out as a conflict.
    """
    event = body | {"event_type": "feedback"}
    if event.get("event_id") is None:
        event["event_id"] = _derived_id(body, idempotency_key) if idempotency_key else uuid.uuid4().hex
    if event.get("occurred_at") is None:
        event["occurred_at"] = datetime.now(UTC).isoformat()
    return event


def _derived_id(body: dict[str, Any], key: str) -> str:
    # The body is part of it: two people whose clients both count from 1 must not lose one's feedback.
    return uuid.uuid5(_KEYS, f"{key}\n{orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()}").hex
