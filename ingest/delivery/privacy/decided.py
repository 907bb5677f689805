"""What the persons of one batch decided, asked for once."""

from collections.abc import Collection, Iterable, Mapping

from ingest.contracts.envelope import Consent
from ingest.delivery.privacy.consent import Consents, Person, Purpose, agreed
from ingest.delivery.privacy.keys import Keyring

Named = tuple[str, tuple[str, ...]]
"""An environment, and the ids of persons that an event names there."""


class Decided:
    """Looks decisions up.

    Args:
        consents: keeps them.
        keyring: makes the pseudonyms that they are kept under; None where the ids are pseudonyms already.
    """

    def __init__(self, consents: Consents, keyring: Keyring | None) -> None:
        self._consents, self._keyring = consents, keyring
        self._known: dict[tuple[str, str], Mapping[Purpose, bool]] = {}

    @property
    def is_any(self) -> bool:
        """Whether anyone of the batch has decided anything."""
        return bool(self._known)

    def ask(self, named: Iterable[Named]) -> None:
        """Look up whoever the events of a batch name."""
        if self._consents.is_empty():
            return
        pairs = {(environment, identity) for environment, ids in named for identity in ids}
        people = {person: pair for pair in pairs for person in self._people(*pair)}
        found = self._consents.of(people)
        for person, pair in people.items():  # the newest pseudonym last: what was decided under it is newer
            if person in found:
                self._known[pair] = {**self._known.get(pair, {}), **found[person]}

    def agreed(self, named: Named, said: Consent | None, default: Consent) -> dict[Purpose, bool]:
        """What an event that names these persons may be used for."""
        environment, ids = named
        decisions = [self._known[environment, identity] for identity in ids if (environment, identity) in self._known]
        return agreed(said, default, decisions)

    def _people(self, environment: str, identity: str) -> Collection[Person]:
        pseudonyms = (identity,) if self._keyring is None else self._keyring.pseudonyms(identity)
        return [Person(environment, pseudonym) for pseudonym in pseudonyms]
