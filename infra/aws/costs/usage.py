"""The words of the model: a month to be priced, and how much of what it uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from infra.aws.costs.assumptions import Door

MILLION = Decimal(1_000_000)
GB = Decimal(1 << 30)
"""AWS bills gigabytes of so many bytes."""

HOURS = Decimal(730)
"""Of a month, as AWS counts them."""

DAYS = HOURS / 24
SECONDS = HOURS * 3600


@dataclass(frozen=True)
class Scenario:
    """A month: how much comes, and how it is sent."""

    events: Decimal
    builds: Decimal
    people: Decimal
    door: Door
    is_packed: bool

    @property
    def way(self) -> str:
        return f"{'packed' if self.is_packed else 'unpacked'} {'direct' if self.door == 'direct' else 'HTTP'}"


class Use(NamedTuple):
    """So many units of what has a price."""

    room: str
    """Under which heading it belongs; see ``ROOMS``."""
    part: str
    """Which part of the architecture uses it."""
    price: str
    quantity: Decimal


Uses = Iterator[Use]

FIXED, DELIVERY, FUNCTIONS, BUILDS, STORAGE, READING, WATCHING = ROOMS = (
    "Fixed",
    "Delivery",
    "Functions",
    "Builds",
    "Storage",
    "Reading",
    "Watching",
)
