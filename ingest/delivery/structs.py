"""Contracts as msgspec structs: read five times as fast as pydantic reads its models, and only what is plainly right.

A struct follows from its contract's fields. Where it takes a value, the contract takes the same one; where it does not,
or where a contract says something that a struct can't, pydantic is asked (see ``quick``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AwareDatetime

from ingest.contracts.derive import time_fields
from ingest.contracts.envelope import ENVIRONMENT, Consent, Event, content_fields, person_fields, pii_class
from ingest.contracts.registry import EVENTS
from ingest.contracts.shape import Shape, shape

TIME = "occurred_at"
"""Comes first, so that a row can be told how its column is called."""

_Consent = msgspec.defstruct(
    "Consent", [(name, bool, True) for name in Consent.model_fields], forbid_unknown_fields=True, frozen=True
)


@dataclass(frozen=True, slots=True)
class Reader:
    """One contract, read by a struct."""

    read: Callable[[bytes], Any]
    """A line of JSON; raises ``msgspec.MsgspecError`` (a ``ValueError``) where it is not plainly of the contract."""
    convert: Callable[[Any], Any]
    """The same for a decoded object."""
    persons: tuple[str, ...]
    persons_of: Callable[[Any], tuple[Any, ...]]
    labels_of: Callable[[Any], tuple[Any, ...]]
    """Strings that may hold anything, and should hold nothing personal."""
    identifiers_of: Callable[[Any], tuple[Any, ...]]
    texts: tuple[str, ...]
    times: tuple[str, ...]
    """Instants other than when it happened."""
    converted: tuple[tuple[str, Callable[[Any], Any]], ...]
    """Fields whose values the contract changes if need be."""
    rules: tuple[Callable[[Any], Any], ...]
    """What holds between fields; each raises ``ValueError``."""


@cache
def readers() -> Mapping[str, Reader]:
    """Every contract's reader, by event type."""
    return {event_type: _reader(model) for event_type, model in EVENTS.items()}


def _reader(model: type[Event]) -> Reader:
    shapes = {name: shape(info) for name, info in model.model_fields.items()}
    struct = _struct(model, shapes)
    strings = [n for n, s in shapes.items() if s.type is str and not s.choices and pii_class(model, n) == "none"]
    return Reader(
        msgspec.json.Decoder(struct).decode,
        lambda document: msgspec.convert(document, struct),
        person_fields(model),
        attrgetter(*person_fields(model)),
        attrgetter(*(name for name in strings if not shapes[name].is_identifier)),
        attrgetter(*(name for name in strings if shapes[name].is_identifier)),
        content_fields(model),
        tuple(name for name in time_fields(model) if name != TIME),
        tuple((n, convert) for n, s in shapes.items() if s.type is not AwareDatetime for convert in s.converters),
        tuple(rule.func for rule in model.__pydantic_decorators__.model_validators.values()),
    )


def _struct(model: type[Event], shapes: Mapping[str, Shape]) -> Any:
    fields = [_field(model, name, shapes[name]) for name in sorted(shapes, key=lambda name: name != TIME)]
    return msgspec.defstruct(
        model.__name__, fields, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
    )


def _field(model: type[Event], name: str, told: Shape) -> Any:
    info, kind = model.model_fields[name], _type(told)
    if info.is_required():
        return name, kind
    if name == ENVIRONMENT:  # where an event names none, whoever sent it may have one
        return name, kind | msgspec.UnsetType, msgspec.UNSET
    if info.default is None:
        return name, kind | None, None
    # By a factory, since what equals a plain default is left out when a struct is written.
    default = info.default
    return name, kind, msgspec.field(default_factory=lambda: default)


def _type(told: Shape) -> Any:
    if told.choices:
        return Literal[told.choices]
    if told.type is AwareDatetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if told.type is Consent:
        return _Consent
    if told.type is dict:
        return dict[str, Any]
    if told.type is int and told.converters:  # which make fractions whole
        return _bounded(int, told) | _bounded(float, told)
    return _bounded(told.type, told)


def _bounded(kind: type, told: Shape) -> Any:
    bounds = {name: getattr(told, name) for name in ("ge", "le", "min_length", "max_length")}
    return Annotated[kind, msgspec.Meta(**{name: bound for name, bound in bounds.items() if bound is not None})]
