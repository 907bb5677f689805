"""How an attribute of an OTLP span, event or resource becomes a field, fast and whatever type it has."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, NamedTuple

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from ingest.contracts.types import PASSAGE_MAX_CHARS
from ingest.delivery.nesting import as_text

PARAMETERS: Final = "parameters"
PASSAGE: Final = "passage"


class Attribute(NamedTuple):
    """An attribute that we read."""

    field: str
    kind: str
    fast: Any
    """Reads the value off a protobuf attribute, if it has the type it should have and isn't empty or zero."""
    preferred: bool
    """Wins where a source sends an older or weaker name for the same field beside it."""


def text(field: str, preferred: bool = True) -> Attribute:
    """An attribute that is text; a whole number is taken as its digits."""
    return Attribute(field, "text", attrgetter("value.string_value"), preferred)


def count(field: str, preferred: bool = True) -> Attribute:
    """An attribute that is a whole number."""
    return Attribute(field, "count", attrgetter("value.int_value"), preferred)


def number(field: str, preferred: bool = True) -> Attribute:
    """An attribute that may have a fraction."""
    return Attribute(field, "number", attrgetter("value.double_value"), preferred)


def parameters(field: str) -> Attribute:
    """An attribute that is JSON text of what a model was asked with; it may hold what a person wrote."""
    return Attribute(field, PARAMETERS, attrgetter("value.string_value"), True)


def passage(field: str, preferred: bool = True) -> Attribute:
    """An attribute that is what a model was given, or made: text, or messages, which become JSON."""
    return Attribute(field, PASSAGE, attrgetter("value.string_value"), preferred)


def parameter(field: Any, name: str) -> str | None:
    """One of those parameters, if it is text. SDKs cut long attributes off, so what can't be decoded says nothing."""
    try:
        decoded = orjson.loads(field) if isinstance(field, str) else None
    except orjson.JSONDecodeError:
        return None
    value = decoded.get(name) if isinstance(decoded, dict) else None
    return value if isinstance(value, str) and value else None


def weak(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """The same attributes, read only where no other convention says it."""
    return {name: attribute._replace(preferred=False) for name, attribute in attributes.items()}


def read(attributes: Iterable[KeyValue], known: Mapping[str, Attribute]) -> dict[str, Any]:
    """The fields that protobuf attributes say, as far as they are known."""
    fields: dict[str, Any] = {}
    for attribute in attributes:
        wanted = known.get(attribute.key)
        if wanted is not None:
            _put(fields, wanted, value_of(wanted, attribute))
    return fields


def value_of(wanted: Attribute, attribute: KeyValue) -> Any:
    """What a protobuf attribute says, as its field wants it if that is possible; None where it says nothing."""
    # `WhichOneof` costs more than all the rest, so the type that a value should have is read first, and only what is
    # empty, zero or of another type is looked at again.
    if wanted.kind == PASSAGE:
        return _converted(wanted, _decoded(attribute.value))
    return wanted.fast(attribute) or _converted(wanted, _value(attribute.value))


def place(fields: dict[str, Any], attribute: Attribute, value: Any) -> None:
    """Put an attribute's scalar value, of whatever type it is, to its field. ``None`` and empty text are no value."""
    _put(fields, attribute, _converted(attribute, value))


def _put(fields: dict[str, Any], attribute: Attribute, value: Any) -> None:
    if value is not None and (attribute.preferred or attribute.field not in fields):
        fields[attribute.field] = value


def _converted(attribute: Attribute, value: Any) -> Any:
    if value == "":
        return None
    if attribute.kind == PASSAGE:
        return value[:PASSAGE_MAX_CHARS] if isinstance(value, str) else as_text(value)[:PASSAGE_MAX_CHARS]
    if attribute.kind == "text" and type(value) is int:
        return str(value)  # a user id out of a database
    if attribute.kind == "count" and type(value) is float and value.is_integer() and abs(value) < 2**53:
        return int(value)  # JavaScript has no integers
    return value


def _decoded(value: AnyValue) -> Any:
    """A value of any type, as JSON has it."""
    match value.WhichOneof("value"):
        case "array_value":
            return [_decoded(inner) for inner in value.array_value.values]
        case "kvlist_value":
            return {inner.key: _decoded(inner.value) for inner in value.kvlist_value.values}
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case None:
            return ""
        case kind:
            return getattr(value, kind)


def _value(value: AnyValue) -> str | int | float | bool | bytes | None:
    kind = value.WhichOneof("value")
    if kind == "array_value" and value.array_value.values:
        # Only finish reasons come as an array: one for each choice, and nearly always there is one.
        value = value.array_value.values[0]
        kind = value.WhichOneof("value")
    scalar: str | int | float | bool | bytes | None = None
    if kind is not None and kind not in ("array_value", "kvlist_value"):
        scalar = getattr(value, kind)
    return scalar
