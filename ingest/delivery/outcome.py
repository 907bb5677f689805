"""What became of a batch."""

from collections import Counter
from dataclasses import dataclass, field

from ingest.contracts.validate import Refusal


@dataclass(slots=True)
class Outcome:
    """Counts add up: ``received == accepted + refused + dropped``, always."""

    rows: dict[str, list[bytes]] = field(default_factory=dict)
    """JSON rows by bronze table; quarantine is one of them."""
    received: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)
    """Position in the batch, and why."""

    @property
    def accepted(self) -> int:
        return self.received.total() - len(self.refusals) - self.dropped.total()
