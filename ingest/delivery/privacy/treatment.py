"""What is kept of an event: persons by pseudonym, texts as the owner allows, and nothing personal in all the rest."""

from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache, partial
from typing import Any, Literal, NamedTuple

import msgspec
import orjson

from ingest.contracts.derive import time_fields
from ingest.contracts.envelope import (
    NOT_STORED,
    PROPERTIES,
    Event,
    content_fields,
    person_fields,
    pii_class,
    stored_defaults,
)
from ingest.contracts.instants import to_us
from ingest.contracts.shape import Shape, shape
from ingest.contracts.types import PiiClass
from ingest.delivery.privacy.keys import Keyring, is_digest
from ingest.delivery.privacy.redactor import NO_MENTIONS, Mentions, Redactor, needle
from ingest.delivery.privacy.settings import Handling, Privacy

MADE = "~"
"""Begins the id of an event that came without one: a digest of all that it says, so that who knows the rest could find
out who it was by trying. It is never kept.
"""

_REMEMBERED_MAX = 50_000

# Orjson gives back what it allocated too much, which costs glibc 4 µs a row as long as rows are held.
_write = msgspec.json.Encoder().encode

Kind = Literal["person", "text", "label", "id", "other"]
Way = Callable[[Any], Any] | None
"""What is kept of a value; no way keeps it as it is."""


@cache
def kinds(model: type[Event]) -> Mapping[str, Kind]:
    """How each field of a contract is treated."""
    return {name: _kind(pii_class(model, name), shape(info)) for name, info in model.model_fields.items()}


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


class _Plan(NamedTuple):
    """How the rows of a contract's events are made."""

    defaults: dict[str, Any]
    columns: Mapping[str, tuple[str, Way]]
    """By field; of all others nothing is kept."""
    persons: tuple[str, ...]
    """Fields that point to one."""


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
        self._plans: dict[tuple[type[Event], bool], _Plan] = {}

    @cached_property
    def redactor(self) -> Redactor:
        return Redactor(self.privacy.names, self.privacy.phone_regions)

    def pseudonym(self, identity: str) -> str:
        """Whom a field of a person is kept as."""
        return self.named(identity)[0]

    def _named(self, identity: str) -> Named:
        return Named(identity, None) if self._is_treated else Named(self._keyring.pseudonym(identity), needle(identity))

    def row(self, event: Event, *, with_content: bool = True) -> bytes:
        """The bronze row of an event that its contract accepted, without the columns that delivery adds.

        Args:
            event: as it was validated.
            with_content: whether anything may be kept of what the person wrote.

        Raises:
            TypeError: something in it can't be written.
        """
        model, told = type(event), event.__dict__
        plan = self._plans.get((model, with_content))
        if plan is None:
            plan = self._plans[model, with_content] = self._plan(model, NO_MENTIONS, with_content=with_content)
        row = _write(_kept(event, plan))
        # Looked for in what is written, all of it at once; only where one is found, field by field.
        for name in plan.persons:
            if told[name] is not None:
                sought = self.named(told[name])[1]
                if sought is not None and sought in row:
                    mentions = Mentions({told[n]: self.pseudonym(told[n]) for n in plan.persons if told[n] is not None})
                    return _write(_kept(event, self._plan(model, mentions, with_content=with_content)))
        return row

    def _plan(self, model: type[Event], mentions: Mentions, *, with_content: bool) -> _Plan:
        event_type = model.model_fields["event_type"].annotation.__args__[0]  # type: ignore[union-attr]
        times, columns = time_fields(model), dict[str, tuple[str, Way]]()
        for name, kind in kinds(model).items():
            handling = self.privacy.handling(event_type, name) if kind == "text" else "full"
            if name in times:
                columns[name] = f"{name}_us", to_us
            elif handling != "none" and name not in NOT_STORED:
                way = self._way(kind, handling, mentions)
                columns[name] = name, _written(way) if name == PROPERTIES else way
        for name in () if with_content else content_fields(model):
            columns.pop(name, None)
        return _Plan(stored_defaults(model), columns, person_fields(model))

    def _way(self, kind: Kind, handling: Handling, mentions: Mentions) -> Way:
        match kind:
            case "other":
                return None
            case "person":
                return self.pseudonym
            case "label":
                return self.redactor.label if mentions is NO_MENTIONS else partial(self.label, mentions=mentions)
            case "id":
                return (
                    self._plain_identifier if mentions is NO_MENTIONS else partial(self.identifier, mentions=mentions)
                )
            case "text":
                return partial(self.text, handling, mentions=mentions)

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
        return value if self.redactor.is_clean_id(value) and value[0] != MADE else self._keyring.opaque_id(value)


def _kept(event: Event, plan: _Plan) -> dict[str, Any]:
    """By column, with the defaults of what must be there."""
    told, row, columns = event.__dict__, plan.defaults.copy(), plan.columns
    for name in event.__pydantic_fields_set__:
        value = told[name]
        if value is not None and name in columns:
            column, way = columns[name]
            row[column] = value if way is None else way(value)
    return row


def _written(way: Way) -> Way:
    """The same, as one JSON document."""
    return lambda value: orjson.dumps(value if way is None else way(value), option=orjson.OPT_SORT_KEYS).decode()
