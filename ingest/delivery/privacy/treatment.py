"""What is kept of an event: persons by pseudonym, texts as the owner allows, and nothing personal in all the rest."""

from collections.abc import Callable, Collection, Mapping
from functools import cache, cached_property, lru_cache, partial
from typing import Any, Literal, NamedTuple

import orjson

from ingest.contracts.envelope import NOT_STORED, Event, person_fields, pii_class, stored_defaults
from ingest.contracts.shape import Shape, shape
from ingest.contracts.types import PiiClass
from ingest.delivery.privacy.keys import Keyring, is_digest
from ingest.delivery.privacy.redactor import NO_MENTIONS, Mentions, Redactor, needle
from ingest.delivery.privacy.settings import Handling, Privacy
from ingest.delivery.row import bronze_row

MADE = "~"
"""Begins the id of an event that came without one: a digest of all that it says, so that who knows the rest could find
out who it was by trying. It is never kept.
"""

_REMEMBERED_MAX = 50_000

Kind = Literal["person", "text", "label", "id", "other", "not stored"]
Way = Callable[[Any], Any] | None
"""What is kept of a value, None where nothing is; no way at all keeps it as it is."""


@cache
def kinds(model: type[Event]) -> Mapping[str, Kind]:
    """How each field of a contract is treated."""
    of_fields = {name: _kind(pii_class(model, name), shape(info)) for name, info in model.model_fields.items()}
    return of_fields | dict.fromkeys(NOT_STORED, "not stored")


def _kind(pii: PiiClass, told: Shape) -> Kind:
    if pii == "person":
        return "person"
    if pii in ("content", "open"):
        return "text"
    if told.type is not str or told.choices:
        return "other"
    return "id" if told.is_identifier else "label"


class Named(NamedTuple):
    """Whom a field of a person is kept as."""

    pseudonym: str
    needle: bytes | None
    """How the id would stand elsewhere in the row; None where it is too short to be looked for."""


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
        self.named: Callable[[str], Named] = lru_cache(_REMEMBERED_MAX)(self._named)
        """Whom an id stands for."""
        self._ways: dict[type[Event], Mapping[str, Way]] = {}

    @cached_property
    def redactor(self) -> Redactor:
        return Redactor(self.privacy.names, self.privacy.phone_regions)

    def pseudonym(self, identity: str) -> str:
        """Whom a field of a person is kept as."""
        return self.named(identity)[0]

    def _named(self, identity: str) -> Named:
        return Named(identity, None) if self._is_treated else Named(self._keyring.pseudonym(identity), needle(identity))

    def row(self, event: Event, left_out: Collection[str] = ()) -> bytes:
        """The bronze row of an event that its contract accepted.

        Args:
            event: as it was validated.
            left_out: fields of which nothing may be kept.

        Raises:
            TypeError: something in it can't be written.
        """
        model = type(event)
        if model not in self._ways:
            self._ways[model] = self._ways_of(model, NO_MENTIONS)
        row = bronze_row(model, _kept(event, self._ways[model], left_out))
        people = [identity for name in person_fields(model) if (identity := event.__dict__[name]) is not None]
        # Looked for in what is written, all of it at once; only where one is found, field by field.
        if any((sought := self.named(identity)[1]) is not None and sought in row for identity in people):
            mentions = Mentions({identity: self.pseudonym(identity) for identity in people})
            row = bronze_row(model, _kept(event, self._ways_of(model, mentions), left_out))
        return row

    def _ways_of(self, model: type[Event], mentions: Mentions) -> Mapping[str, Way]:
        event_type = model.model_fields["event_type"].annotation.__args__[0]  # type: ignore[union-attr]
        return {name: self._way(kind, event_type, name, mentions) for name, kind in kinds(model).items()}

    def _way(self, kind: Kind, event_type: str, name: str, mentions: Mentions) -> Way:
        match kind:
            case "other":
                return None
            case "not stored":
                return _nothing
            case "person":
                return self.pseudonym
            case "label":
                return self.redactor.label if mentions is NO_MENTIONS else partial(self.label, mentions=mentions)
            case "id":
                return (
                    self._plain_identifier if mentions is NO_MENTIONS else partial(self.identifier, mentions=mentions)
                )
            case "text":
                return partial(self.text, self.privacy.handling(event_type, name), mentions=mentions)

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
        return self._plain_identifier(value) if mentions.replaced(value) == value else self._keyring.opaque_id(value)

    def _plain_identifier(self, value: str) -> str:
        is_clean = value[:1] != MADE and self.redactor.is_clean_id(value)
        return value if is_clean else self._keyring.opaque_id(value)


def _kept(event: Event, ways: Mapping[str, Way], left_out: Collection[str]) -> dict[str, Any]:
    """By field, with the defaults of what must be there."""
    told, row = event.__dict__, stored_defaults(type(event)).copy()
    for name in event.__pydantic_fields_set__:
        value, way = told[name], ways[name]
        if value is not None and way is not None:
            value = way(value)
        if value is not None:
            row[name] = value
    for name in left_out:
        row.pop(name, None)
    return row


def _nothing(_: Any) -> None:
    """Of what has no column."""
