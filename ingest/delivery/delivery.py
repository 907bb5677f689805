"""What stands behind every door: the step, and the place where what it lets through is kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from ingest.delivery.batch import PlaceOf
from ingest.delivery.outcome import Outcome
from ingest.delivery.privacy.consent import Choice
from ingest.delivery.scope import Scope
from ingest.delivery.transform import Transform


class Store(Protocol):
    """What the wiring gives."""

    def deliver(self, door: str, outcome: Outcome) -> None:
        """Return once the batch is kept; raise ``OSError`` or ``Unavailable`` if it can't be."""

    def refuse(self, door: str, code: str) -> None:
        """Book one refused request; raise the same if that can't be."""


@dataclass(frozen=True)
class Delivery:
    """Takes what doors decode."""

    transform: Transform
    store: Store
    scope: Scope | None = None
    """For which environments the sender may send; None is all."""
    on_take: Callable[[int], None] | None = None
    """Is told how many events each batch had."""

    def take(
        self,
        door: str,
        items: Iterable[Any],
        received_at: datetime,
        place_of: PlaceOf | None = None,
        record: str | None = None,
    ) -> Outcome:
        """Put items through the step, and return once what became of them is kept. See ``Transform`` for the arguments.

        Raises:
            OSError: or ``Unavailable``: it can't be; nothing was taken.
        """
        outcome = self.transform(items, received_at, place_of, self.scope, record)
        if outcome.received:
            self.store.deliver(door, outcome)
            if self.on_take is not None:
                self.on_take(outcome.received.total())
        return outcome

    def refuse(self, door: str, code: str) -> None:
        """Book a request in which no event could be told apart."""
        self.store.refuse(door, code)

    def decide(self, choices: Iterable[Choice]) -> None:
        """Record what persons decided. See ``Transform.decide``."""
        self.transform.decide(choices, self.scope)

    def keeps(self, event_type: str, field: str) -> bool:
        """Whether anything is kept of a free text; if not, a door need not read it."""
        return self.transform.keeps(event_type, field)

    def of_sender(self, scope: Scope | None, on_take: Callable[[int], None]) -> "Delivery":
        """The same for one sender."""
        return replace(self, scope=scope, on_take=on_take)
