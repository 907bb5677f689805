"""The one step between a door and storage: validate, apply consent, name persons by pseudonym, take out what the owner
does not keep, route. The same embedded and in Firehose.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from ingest.contracts.envelope import DEFAULT_ENVIRONMENT
from ingest.contracts.instants import to_us
from ingest.delivery.batch import Batch, PlaceOf
from ingest.delivery.outcome import Outcome
from ingest.delivery.privacy.consent import Choice, Consents, Decision, Person
from ingest.delivery.privacy.decided import Decided
from ingest.delivery.privacy.keys import Keyring
from ingest.delivery.privacy.settings import ANY, Settings, texts
from ingest.delivery.privacy.treatment import Treatment
from ingest.delivery.quick import Quick
from ingest.delivery.reader import Reader
from ingest.delivery.scope import Scope, ScopeError


class Transform:
    """The step, and what it goes by.

    Args:
        settings: what the owner lets the lake keep.
        keyring: makes pseudonyms.
        consents: what persons decided.
    """

    def __init__(self, settings: Settings, keyring: Keyring, consents: Consents) -> None:
        self._settings, self._keyring, self._consents = settings, keyring, consents
        self._treatments: dict[tuple[str, bool], Treatment] = {}
        self._kept = frozenset(text for text in texts() if settings.keeps(*text))
        self._quick = Quick(self._treatment, keyring)

    def __call__(
        self,
        items: Iterable[Any],
        received_at: datetime,
        place_of: PlaceOf | None = None,
        scope: Scope | None = None,
        record: str | None = None,
    ) -> Outcome:
        """Turn what a door decoded into bronze rows.

        Args:
            items: decoded JSON values; a ``Read`` where the door has read an event already; or a ``Refusal`` where it
                could not decode one.
            received_at: arrival time, aware.
            place_of: where an item stood, by its position, for sentences about it. A door's ``Refusal`` says so itself.
            scope: for which environments the sender may send; None is all.
            record: names the record of a stream that the items came in, so that what is refused of it can be told from
                a repetition.
        """
        reader, decided = Reader(received_at, scope), Decided(self._consents, self._keyring)
        batch = Batch(reader, received_at, self._treatment, decided, self._quick, place_of, record)
        return batch.take([(item, reader.read(item)) for item in items])

    def again(self, payload: Any, received_at: datetime) -> Outcome:
        """The same for what quarantine kept of one event, whose persons are pseudonyms already."""
        reader, decided = Reader(received_at, None), Decided(self._consents, None)
        batch = Batch(reader, received_at, partial(self._treatment, is_treated=True), decided, self._quick)
        return batch.take([(payload, reader.validate(payload))])

    def decide(self, choices: Iterable[Choice], scope: Scope | None = None) -> None:
        """Record what persons decided, all or nothing; return once it is in force.

        It is kept under every pseudonym that was or is in use, so that it holds for what is stored already, too.

        Raises:
            ScopeError: one is of an environment that the sender may not speak for.
        """
        self._consents.record([decision for choice in choices for decision in self._decisions(choice, scope)])

    def _decisions(self, choice: Choice, scope: Scope | None) -> Iterator[Decision]:
        environment = choice.environment or (DEFAULT_ENVIRONMENT if scope is None else scope.default)
        if scope is not None and environment not in scope.environments:
            raise ScopeError(scope)
        for identity in choice.ids:
            for pseudonym in self._keyring.pseudonyms(identity):
                for purpose, granted in choice.purposes.items():
                    yield Decision(Person(environment, pseudonym), purpose, granted, to_us(choice.decided_at))

    def keeps(self, event_type: str, field: str) -> bool:
        """Whether anything is kept of a free text, in any environment; if not, a door need not read it."""
        return (event_type, field) in self._kept

    def _treatment(self, environment: str, *, is_treated: bool = False) -> Treatment:
        key = environment if environment in self._settings.environments else ANY, is_treated
        if key not in self._treatments:
            self._treatments[key] = Treatment(self._settings.privacy(key[0]), self._keyring, is_treated=is_treated)
        return self._treatments[key]
