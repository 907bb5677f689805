"""What a sink is: parcels go in, and an answer says what became of each event in them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .packing import Limits, Parcel, Row

__all__ = ["Answer", "Parcel", "Row", "Sink"]


@dataclass
class Answer:
    """``taken``, ``refused`` and the events in ``again`` make up what was put."""

    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Events that are refused for good, by the sink's own name of the reason."""
    again: Sequence[Parcel] = ()
    """What failed for a reason that may pass."""
    reason: str = ""
    """The first reason for what was not taken, in words; empty where all was."""
    retry_after_s: float = 0.0
    """How long the sink asks to be left alone."""


class Sink(Protocol):
    """Where events go. Used by several threads at once."""

    @property
    def limits(self) -> Limits:
        """How large a record and a request may be."""

    def group(self, event_type: object) -> str | None:
        """Events of one group share a record; None where this sink has no place for the type."""

    def put(self, parcels: Sequence[Parcel]) -> Answer:
        """One request with parcels of one group. A sink that is down answers ``again`` and raises nothing."""

    def close(self) -> None:
        """Let go of connections; a later ``put`` makes new ones."""


class Refusal(NamedTuple):
    """Why an event can't even be put."""

    code: str
    reason: str
