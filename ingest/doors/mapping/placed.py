"""Mapped rows through delivery's transform step; what the contract refuses is told with where it came from."""

from collections.abc import Sequence
from datetime import datetime

from ingest.delivery.transform import Outcome, transform
from ingest.doors.mapping.rule import Placed


def transform_placed(placed: Sequence[Placed], received_at: datetime) -> Outcome:
    """Delivery's verdict on mapped rows; every refusal names its place, in the books too."""
    return transform((item for _, item in placed), received_at, lambda index: placed[index][0])
