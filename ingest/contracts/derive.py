"""What follows from a contract: bronze columns, and from those Arrow, Glue and JSON Schema.

Bronze knows four types only (string, bigint, double, boolean), because those convert without surprises in
Firehose: a time becomes microseconds since 1970, an object one JSON document.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.json_schema import GenerateJsonSchema

from ingest.contracts.envelope import NOT_STORED, Event, pii_class
from ingest.contracts.layout import HOUR_KEY
from ingest.contracts.registry import EVENTS
from ingest.contracts.types import PiiClass
from ingest.contracts.validate import field_unit

BronzeType = Literal["string", "bigint", "double", "boolean"]


@dataclass(frozen=True, slots=True)
class Column:
    """One bronze column, and the contract field it comes from."""

    name: str
    type: BronzeType
    description: str
    unit: str | None = None
    field: str | None = None
    required: bool = False
    pii: PiiClass = "none"


DELIVERY_COLUMNS = (
    Column("received_at_us", "bigint", "When the door took it", "microseconds since 1970, UTC", required=True),
    Column("door", "string", "Door it came through", required=True),
)
"""Added by delivery to every event."""

QUARANTINE_TABLE = "quarantine"
QUARANTINE_COLUMNS = (
    *DELIVERY_COLUMNS,
    Column("event_type", "string", "Event type, as far as it could be told", required=True),
    Column("event_id", "string", "Event id, as far as it could be told"),
    Column("refusal_key", "string", "Record of a stream and place in it; the same again is a repetition"),
    Column("stage", "string", "Step that refused it", required=True),
    Column("code", "string", "Kind of reason", required=True),
    Column("message", "string", "The reason, one sentence", required=True),
    Column("payload", "string", "What was refused, as it came", required=True, pii="open"),
)
"""What was refused is data too."""

_SCALARS: dict[type, BronzeType] = {str: "string", int: "bigint", float: "double", bool: "boolean", dict: "string"}


@cache
def columns(model: type[Event]) -> tuple[Column, ...]:
    """The bronze columns of an event, delivery's own last."""
    own = tuple(_column(model, name) for name in model.model_fields if name not in NOT_STORED)
    return own + DELIVERY_COLUMNS


def _column(model: type[Event], field: str) -> Column:
    info = model.model_fields[field]
    kind = _plain_type(info.annotation)
    required = info.is_required() or (info.default is not None)
    description, pii = info.description or "", pii_class(model, field)
    if kind is datetime:
        return Column(f"{field}_us", "bigint", description, "microseconds since 1970, UTC", field, required, pii)
    if kind not in _SCALARS:
        raise TypeError(f"{model.__name__}.{field} is {kind}, which bronze has no column type for.")
    return Column(field, _SCALARS[kind], description, field_unit(model, field), field, required, pii)


@cache
def time_fields(model: type[Event]) -> tuple[str, ...]:
    """Fields that are instants, which bronze stores as microseconds since 1970 in ``<name>_us``."""
    return tuple(column.field for column in columns(model) if column.field and column.field != column.name)


def _plain_type(annotation: Any) -> type:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain_type(get_args(annotation)[0])
    if origin is Literal:
        return type(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _plain_type(next(a for a in get_args(annotation) if a is not type(None)))
    plain = origin or annotation
    return datetime if plain.__name__ in ("AwareDatetime", "datetime") else plain


def table_columns(table: str) -> tuple[Column, ...]:
    """Columns of a bronze table; quarantine is one of them."""
    return QUARANTINE_COLUMNS if table == QUARANTINE_TABLE else columns(EVENTS[table])


def glue_columns(table: tuple[Column, ...]) -> list[dict[str, str]]:
    """Columns as ``glue:CreateTable`` and Firehose's format conversion want them."""
    return [{"Name": c.name, "Type": c.type, "Comment": c.description} for c in table]


PARTITION_KEY = Column(HOUR_KEY, "string", "Hour of arrival in UTC, such as 2026-11-23-09", required=True)
"""Every bronze table has this one; its value stands in an object's path, not in the object."""


def glue_table(name: str, title: str, table: tuple[Column, ...]) -> dict[str, Any]:
    """What a contract decides of Glue's ``TableInput``; where the objects lie is for the wiring to add."""
    return {
        "Name": name,
        "Description": title,
        "StorageDescriptor": {"Columns": glue_columns(table)},
        "PartitionKeys": glue_columns((PARTITION_KEY,)),
    }


class _WithoutFieldTitles(GenerateJsonSchema):
    """Pydantic would call ``event_id`` "Event Id", which says nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def json_schema(model: type[Event]) -> dict[str, Any]:
    """What a client may send, as JSON Schema 2020-12."""
    schema = model.model_json_schema(mode="validation", schema_generator=_WithoutFieldTitles)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": model.TITLE}
