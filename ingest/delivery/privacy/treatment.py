"""What is kept of an event: persons by pseudonym, texts as the owner allows, and nothing personal in all the rest."""

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

import orjson

from ingest.contracts.envelope import Event, person_fields, pii_class
from ingest.contracts.shape import shape
from ingest.delivery.privacy.keys import Keyring, is_digest
from ingest.delivery.privacy.redactor import Mentions, Redactor
from ingest.delivery.privacy.settings import Handling, Privacy

MADE = "~"
"""Begins the id of an event that came without one: a digest of all that it says, so that who knows the rest could find
out who it was by trying. It is never kept.
"""


@cache
def identifier_fields(model: type[Event]) -> frozenset[str]:
    """Fields that tell one thing from all others, so that what replaces a value must do so too."""
    return frozenset(name for name, info in model.model_fields.items() if shape(info).is_identifier)


class Treatment:
    """The rules of one environment at work.

    Args:
        privacy: the rules.
        keyring: makes pseudonyms.
        is_treated: what comes was treated before, as the payloads of quarantine are: its persons are pseudonyms.
    """

    def __init__(self, privacy: Privacy, keyring: Keyring, *, is_treated: bool = False) -> None:
        self.privacy = privacy
        self._keyring, self._is_treated = keyring, is_treated

    @cached_property
    def redactor(self) -> Redactor:
        return Redactor(self.privacy.names, self.privacy.phone_regions)

    def pseudonym(self, identity: str) -> str:
        """Whom a field of a person is kept as."""
        return identity if self._is_treated else self._keyring.pseudonym(identity)

    def row(self, model: type[Event], event_type: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """What is stored of an event, by field. ``row`` holds what its contract accepted, ``properties`` decoded."""
        people = {row[name]: self.pseudonym(row[name]) for name in person_fields(model) if row.get(name) is not None}
        mentions = Mentions({} if self._is_treated else people)
        kept = {name: self._kept(model, event_type, name, value, people, mentions) for name, value in row.items()}
        return {name: value for name, value in kept.items() if value is not None}

    def _kept(
        self, model: type[Event], event_type: str, name: str, value: Any, people: Mapping[str, str], mentions: Mentions
    ) -> Any:
        kind = pii_class(model, name)
        if kind == "person":
            return people[value]
        if kind in ("content", "open"):
            return self.text(self.privacy.handling(event_type, name), value, mentions)
        if not isinstance(value, str):
            return value
        return self.identifier(value, mentions) if name in identifier_fields(model) else self.label(value, mentions)

    def text(self, handling: Handling, value: Any, mentions: Mentions) -> Any:
        """A free text, or a document of free form; None where nothing is kept of it."""
        match handling:
            case "none":
                return None
            case "full":
                return value
            case "redacted":
                return self.redactor.document(mentions.document(value))
            case "hash":
                text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
                return text if self._is_treated and is_digest(text) else self._keyring.digest(text)

    def label(self, value: str, mentions: Mentions) -> str:
        """A name, an address, a word."""
        return self.redactor.label(mentions.replaced(value))

    def identifier(self, value: str, mentions: Mentions) -> str:
        """An id; one that is personal is replaced as a whole, for two of them must not become one."""
        is_clean = not value.startswith(MADE) and self.label(value, mentions) == value
        return value if is_clean else self._keyring.opaque_id(value)
