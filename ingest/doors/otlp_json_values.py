"""OTLP/JSON: protobuf's JSON mapping with hex ids, enums as numbers and 64-bit integers as strings or numbers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.otlp_attribute import PARAMETERS, PASSAGE, Attribute, place
from ingest.doors.request_refused import RequestRefused

# JSON has no word for infinity and no number, so protobuf writes them as strings.
_SCALARS = {"stringValue": (str,), "doubleValue": (float, int, str), "boolValue": (bool,)}
_UINT64 = range(2**64)
_INT64 = range(-(2**63), 2**63)
_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]*", re.ASCII)


class Shape(NamedTuple):
    """How one signal's request is called and nested."""

    message: str
    resources: str
    scopes: str
    units: str
    what: str
    """The units in words."""


def walk(body: bytes, shape: Shape, known: Mapping[str, Attribute]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each span, or log record, of any shape itself, after what its resource says with the attributes ``known``.

    Raises:
        RequestRefused: 400 if it is no JSON or not of that shape above the units, 413 with too many of them.
    """
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, "invalid_json", f"The body is not JSON: {error}.") from error
    if not isinstance(request, dict):
        raise _misshapen("The body", "an object", shape)
    seen = 0
    for resource_level in _objects(request, shape.resources, shape):
        resource = _resource(resource_level, shape, known)
        for scope_level in _objects(resource_level, shape.scopes, shape):
            units = _list(scope_level, shape.units, shape)
            seen += len(units)
            if seen > EVENTS_MAX:
                raise too_many(shape.what)
            for unit in units:
                yield resource, unit


def _resource(level: dict[str, Any], shape: Shape, known: Mapping[str, Attribute]) -> dict[str, Any]:
    resource = level.get("resource") or {}
    if not isinstance(resource, dict):
        raise _misshapen("resource", "an object", shape)
    try:
        return fields_of(resource, known)
    except ValueError as error:
        raise RequestRefused(400, "invalid_json", f"The resource's {error}.") from error


def fields_of(owner: dict[str, Any], known: Mapping[str, Attribute]) -> dict[str, Any]:
    """The fields that attributes say, as far as they are known.

    Raises:
        ValueError: one is malformed; the message goes on from "the span's".
    """
    fields: dict[str, Any] = {}
    attributes = owner.get("attributes") or []
    if not isinstance(attributes, list):
        raise ValueError("attributes are not an array")  # noqa: TRY004 - as every other value that is wrong
    for attribute in attributes:
        key = attribute.get("key") if isinstance(attribute, dict) else None
        wanted = known.get(key) if isinstance(key, str) else None
        if wanted is not None:
            read = _decoded if wanted.kind == PASSAGE else _value
            place(fields, wanted, read(attribute.get("value"), key))
    return fields


def known_attributes(owner: dict[str, Any], known: Mapping[str, Attribute]) -> dict[str, Any]:
    """The attributes that we read, by name, but for those that may hold what a person wrote."""
    attributes = owner.get("attributes")
    found = [a for a in attributes if isinstance(a, dict)] if isinstance(attributes, list) else []
    named = ((known.get(a["key"]), a) for a in found if isinstance(a.get("key"), str))
    return {a["key"]: a.get("value") for wanted, a in named if wanted is not None and wanted.kind != PARAMETERS}


def time_ns(owner: dict[str, Any], name: str) -> int:
    """A time in nanoseconds since 1970, 0 where there is none."""
    return _integer(owner.get(name) or 0, name, _UINT64)


def hexadecimal(owner: dict[str, Any], name: str) -> str:
    """An id in lower-case digits, empty where there is none."""
    value = owner.get(name) or ""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError(f"{name} is not written in hexadecimal digits")
    return value.lower()


def _decoded(value: Any, key: Any) -> Any:
    """A value of any type, as plain JSON has it."""
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("arrayValue"), dict):
        inner = value["arrayValue"].get("values")
        return [_decoded(one, key) for one in inner] if isinstance(inner, list) else []
    if isinstance(value.get("kvlistValue"), dict):
        pairs = value["kvlistValue"].get("values")
        pairs = [pair for pair in pairs if isinstance(pair, dict)] if isinstance(pairs, list) else []
        return {str(pair.get("key")): _decoded(pair.get("value"), key) for pair in pairs}
    scalar = _value(value, key)
    return "" if scalar is None else scalar


def _value(value: Any, key: Any) -> str | int | float | bool | None:
    if isinstance(value, dict) and isinstance(value.get("arrayValue"), dict):
        values = value["arrayValue"].get("values")
        value = values[0] if values and isinstance(values, list) else None  # as in the protobuf encoding
    if not isinstance(value, dict):
        return None
    if "intValue" in value:
        return _integer(value["intValue"], key, _INT64)
    for kind, types in _SCALARS.items():
        if kind in value:
            scalar: str | int | float | bool = value[kind]
            if type(scalar) not in types:
                raise ValueError(f"{key} is not what {kind} should be")
            return scalar
    return None


def _integer(value: Any, name: str, allowed: range) -> int:
    if (isinstance(value, str) and _INTEGER.fullmatch(value)) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if type(value) is not int or value not in allowed:
        raise ValueError(f"{name} is not an integer of 64 bits")
    return value


def _list(owner: dict[str, Any], name: str, shape: Shape) -> list[Any]:
    value = owner.get(name) or []
    if not isinstance(value, list):
        raise _misshapen(name, "an array", shape)
    return value


def _objects(owner: dict[str, Any], name: str, shape: Shape) -> Iterator[dict[str, Any]]:
    for value in _list(owner, name, shape):
        if not isinstance(value, dict):
            raise _misshapen(f"An element of {name}", "an object", shape)
        yield value


def _misshapen(what: str, wanted: str, shape: Shape) -> RequestRefused:
    return RequestRefused(400, "invalid_json", f"{what} is not {wanted}, as an OTLP/JSON {shape.message} has it.")
