"""Mapped rows through delivery's transform step; what the contract refuses is told with where it came from."""

from collections.abc import Sequence
from datetime import datetime

from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text
from ingest.delivery.transform import Outcome, transform
from ingest.doors.mapping.rule import Placed


def transform_placed(placed: Sequence[Placed], received_at: datetime) -> Outcome:
    """Delivery's verdict on mapped rows; every refusal names its place, in the books too."""
    outcome = transform((item for _, item in placed), received_at)
    unplaced = [(i, refusal) for i, refusal in outcome.refusals if not isinstance(placed[i][1], Refusal)]
    if not unplaced:
        return outcome
    # The contract does not know where a row came from. Said once more with its place, so that quarantine holds it too.
    items = [item for _, item in placed]
    for i, r in unplaced:
        message = f"{placed[i][0]}: {r.message}"
        items[i] = Refusal(r.code, message, r.event_type, r.event_id, as_text(items[i]))
    return transform(items, received_at)
