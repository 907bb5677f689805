"""What quarantine keeps of what was refused: enough to see what was wrong with it, and nothing personal.

Fields that the contract knows are treated as if the event were whole. Values that no contract describes are taken out,
because anything may be in them, unless the owner says otherwise; their names stay. Of a text that is no JSON its shape
stays.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from ingest.contracts.envelope import ENVIRONMENT, Consent, Event, content_fields, person_fields, pii_class
from ingest.contracts.registry import EVENTS
from ingest.contracts.shape import Shape, shape
from ingest.delivery.nesting import as_text, pruned
from ingest.delivery.privacy.redactor import Mentions
from ingest.delivery.privacy.treatment import Treatment

REMOVED = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}removed\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
"""Stands where a value was taken out."""

_LABEL_MAX_CHARS = 256
"""What is longer is no name of anything."""

# A field of words, numbers or times may hold a wrong one; a sentence in it is something that somebody wrote.
_is_word = re.compile(r"[A-Za-z0-9_.:+-]{1,64}").fullmatch
_is_identifier = re.compile(r"[!-~]{1,256}").fullmatch

_NAME = re.compile(r'"([a-z][a-z0-9_]*)"\s*:')
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


class Remains:
    """Of one refused item, by the rules of its environment.

    Args:
        item: as it came, decoded if it could be.
        treatment: the rules.
    """

    def __init__(self, item: Any, treatment: Treatment) -> None:
        self._item, self._treatment = pruned(item), treatment
        self._event_type = _type_of(item)
        self._fields = _shapes(self._event_type)
        self._mentions = Mentions({identity: treatment.pseudonym(identity) for identity in ids_of(item)})

    def payload(self, *, with_content: bool) -> str:
        """The item as JSON text, what a person wrote only where ``with_content`` says so."""
        if not isinstance(self._item, dict):
            return as_text(self._unknown(self._item))
        left_out = () if with_content else content_fields(_model(self._event_type))
        kept = {self._name(name): self._kept(name, value) for name, value in self._item.items() if name not in left_out}
        return as_text({name: value for name, value in kept.items() if value is not _NOTHING})

    def label(self, text: str) -> str:
        """A sentence about the item, without what it quotes of a person."""
        return self._treatment.label(text, self._mentions)

    def identifier(self, value: str) -> str | None:
        """The item's id, if it can be one."""
        return self._treatment.identifier(value, self._mentions) if _is_identifier(value) else None

    def _name(self, name: str) -> str:
        return name if name in self._fields else self._scanned(name)

    def _scanned(self, name: str) -> str:
        return self._treatment.redactor.text(self._mentions.replaced(name))

    def _kept(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        if name not in self._fields:
            return self._unknown(value)
        match pii_class(_model(self._event_type), name):
            case "person":
                return self._treatment.pseudonym(str(value)) if _can_be_id(value) else REMOVED
            case "content":
                return self._text(name, value) if isinstance(value, str) else REMOVED
            case "open":
                return self._text(name, value) if isinstance(value, dict) else REMOVED
            case "none":
                return self._plain(self._fields[name], value)

    def _text(self, name: str, value: Any) -> Any:
        privacy = self._treatment.privacy
        # Whose properties they are is not known of an event without a type.
        handling = privacy.handling(self._event_type, name) if self._event_type else privacy.unknown
        kept = self._treatment.text(handling, value, self._mentions)
        return _NOTHING if kept is None else kept

    def _unknown(self, value: Any) -> Any:
        kept = self._treatment.text(self._treatment.privacy.unknown, value, self._mentions)
        return self._emptied(value) if kept is None else kept

    def _emptied(self, value: Any) -> Any:
        """The names in a value that no contract describes."""
        if isinstance(value, dict):
            return {self._scanned(name): self._emptied(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._emptied(inner) for inner in value]
        return None if value is None else REMOVED

    def _plain(self, told: Shape, value: Any) -> Any:
        """The value of a field that says nothing of a person, as long as it is of the field's kind."""
        if isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return self._treatment.redactor.document(self._mentions.document(value))
        if isinstance(value, str):
            return self._string(told, value)
        if told.type is Consent and isinstance(value, dict):
            return {
                name: given for name, given in value.items() if name in Consent.model_fields and type(given) is bool
            }
        return REMOVED

    def _string(self, told: Shape, value: str) -> str:
        if told.is_identifier:
            return self.identifier(value) or REMOVED
        if told.type is not str or told.choices:
            return self.label(value) if _is_word(value) else REMOVED
        for convert in told.converters:
            value = convert(value)
        return self.label(value) if len(value) <= (told.max_length or _LABEL_MAX_CHARS) else REMOVED


_NOTHING = object()
"""A field that is left out."""


def ids_of(item: Any) -> tuple[str, ...]:
    """The persons that a refused item names where an event does."""
    if not isinstance(item, dict):
        return ()
    said = (item.get(name) for name in person_fields(_model(_type_of(item))))
    return tuple(str(value) for value in said if _can_be_id(value))


def environment_of(item: Any, default: str) -> str:
    """The environment that a refused item names, as far as it does."""
    said = item.get(ENVIRONMENT) if isinstance(item, dict) else None
    return said if isinstance(said, str) and said else default


def consent_of(item: Any) -> Consent | None:
    """What a refused item says that a person agreed to, as far as it can be read."""
    said = item.get("consent") if isinstance(item, dict) else None
    if not isinstance(said, dict):
        return None
    return Consent(
        **{name: value for name, value in said.items() if name in Consent.model_fields and type(value) is bool}
    )


def text_of(text: str, treatment: Treatment, *, is_selected: bool = False) -> str:
    """A refused text as it is kept: one that could not be decoded, or is in a client's own format.

    Args:
        is_selected: it was made of what says nothing of a person.
    """
    if is_selected:
        return as_text(treatment.redactor.document(orjson.loads(text)))
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        unknown = treatment.privacy.unknown
        return shape_of(text) if unknown == "none" else str(treatment.text(unknown, text, Mentions({})))
    return Remains(document, treatment).payload(with_content=True)


def shape_of(text: str) -> str:
    """A text with an x for each letter and a 0 for each digit; only the contracts' own field names are left."""
    parts, place = [], 0
    for name in _NAME.finditer(text):
        if name[1] in _field_names():
            parts += [_masked(text[place : name.start()]), name[0]]
            place = name.end()
    return "".join([*parts, _masked(text[place:])])


def _masked(text: str) -> str:
    return _DIGIT.sub("0", _LETTER.sub("x", text))


def _type_of(item: Any) -> str | None:
    event_type = item.get("event_type") if isinstance(item, dict) else None
    return event_type if isinstance(event_type, str) and event_type in EVENTS else None


def _can_be_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _model(event_type: str | None) -> type[Event]:
    return Event if event_type is None else EVENTS[event_type]


@cache
def _shapes(event_type: str | None) -> Mapping[str, Shape]:
    return {name: shape(info) for name, info in _model(event_type).model_fields.items()}


@cache
def _field_names() -> frozenset[str]:
    return frozenset(name for model in EVENTS.values() for name in model.model_fields)
