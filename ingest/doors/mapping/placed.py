"""Mapped rows as the transform step takes them: what a contract refuses is told with where it came from."""

from collections.abc import Sequence
from typing import Any

from ingest.delivery.batch import PlaceOf
from ingest.doors.mapping.rule import Placed


def apart(placed: Sequence[Placed]) -> tuple[list[Any], PlaceOf]:
    """The items, and where each of them stood."""
    return [item for _, item in placed], lambda index: placed[index][0]
