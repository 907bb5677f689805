"""What became of a batch, for doors that may say it in words of our own."""

from typing import Any

from ingest.delivery.outcome import Outcome


def tally(outcome: Outcome) -> dict[str, Any]:
    """Counts that add up, and each refused event with its position and reason."""
    errors = [
        {"index": index, "event_id": refusal.event_id, "code": refusal.code, "message": refusal.message}
        for index, refusal in outcome.refusals
    ]
    return {
        "received": outcome.received.total(),
        "stored": outcome.accepted,
        "quarantined": outcome.quarantined.total(),
        "dropped": outcome.dropped.total(),
        "errors": errors,
    }
