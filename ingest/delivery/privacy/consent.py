"""Who agreed to what. A decision holds for all that arrives after it, until the person decides anew."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, get_args

from ingest.contracts.envelope import Consent

Purpose = Literal["analytics", "content", "personalisation"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

ERASED = "erased"
"""Stands in the log, once for each erasure, in the place of what is there no longer."""


class Person(NamedTuple):
    """Someone in one environment, by pseudonym."""

    environment: str
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person decided about one purpose."""

    person: Person
    purpose: Purpose
    granted: bool
    decided_at_us: int


class Choice(NamedTuple):
    """What someone said, by whatever ids they are known."""

    environment: str | None
    """None is the one that whoever passes it on may speak for."""
    ids: tuple[str, ...]
    purposes: Mapping[Purpose, bool]
    decided_at: datetime


class Consents(Protocol):
    """Keeps decisions: all of them, and of each person and purpose the latest."""

    def is_empty(self) -> bool:
        """Whether nobody has decided anything yet; may say no where that is not known at once."""

    def of(self, people: Collection[Person]) -> Mapping[Person, Mapping[Purpose, bool]]:
        """What is in force; persons of whom nothing is known are left out."""

    def record(self, decisions: Collection[Decision]) -> None:
        """Return once they are stored. Of two on the same purpose the one decided later holds, in whatever order they
        come; of two at the same time the withdrawal.
        """

    def withdrawn(self, purpose: Purpose) -> Iterable[Person]:
        """Everyone whose latest decision on a purpose is no."""


def agreed(said: Consent | None, default: Consent, decisions: Iterable[Mapping[Purpose, bool]]) -> dict[Purpose, bool]:
    """What an event may be used for.

    Args:
        said: what the event itself says.
        default: holds where nobody has said anything.
        decisions: of each person that the event names. A withdrawal of one of them outweighs all else; a grant counts
            where the event says nothing.
    """
    result: dict[Purpose, bool] = {purpose: getattr(default, purpose) for purpose in PURPOSES}
    for decided in decisions:
        result |= {purpose: True for purpose, granted in decided.items() if granted}
    if said is not None:
        result |= {purpose: getattr(said, purpose) for purpose in PURPOSES if purpose in said.model_fields_set}
    for decided in decisions:
        result |= {purpose: False for purpose, granted in decided.items() if not granted}
    return result
