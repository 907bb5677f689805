"""What every event carries, whatever it tells."""

from functools import cache
from typing import Any, ClassVar, Literal, cast

from pydantic import BaseModel, ConfigDict

from ingest.contracts.environments import DEFAULT_ENVIRONMENT as DEFAULT_ENVIRONMENT
from ingest.contracts.types import PII_CLASSES, Identifier, PiiClass, Text, Time, described

EVENT_TYPE = described("Names the contract the event follows")
"""A contract that narrows ``event_type`` to its own name says this again, or the field would lose its description."""


class Consent(BaseModel):
    """The purposes a person agreed to, as known when the event happened. What is not said is as the environment has it:
    granted, unless its owner has set otherwise. A withdrawal that was recorded holds whatever an event says.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    analytics: bool = described("Whether the event may be stored at all", default=True)
    content: bool = described("Whether what the person wrote may be stored", default=True)
    personalisation: bool = described("Whether the person may be treated by what is stored", default=True)


ENVIRONMENT = "environment"
PROPERTIES = "properties"


class Event(BaseModel):
    """The envelope. A field that no contract names is refused; free-form data goes into ``properties``."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    TITLE: ClassVar[str]
    event_type: str = EVENT_TYPE
    schema_version: Literal[1] = described("Version of the contract", default=1)
    event_id: Identifier = described("Unique for ever; the same id at the same time is a duplicate")
    occurred_at: Time = described("When it happened at the source")
    environment: Text = described("Deployment stage, such as production", default=DEFAULT_ENVIRONMENT)
    team: Text | None = described("Team that pays for it", default=None)
    feature: Text | None = described("Product feature it belongs to", default=None)
    user_id: Text | None = described("Who used the product", pii="person", default=None)
    anonymous_id: Text | None = described("Browser or device, before anyone has signed in", pii="person", default=None)
    session_id: Text | None = described("Visit or conversation, if the source knows one", pii="person", default=None)
    trace_id: Identifier | None = described("W3C trace id", default=None)
    consent: Consent | None = described("What the person agreed to; not stored", default=None)
    properties: dict[str, Any] | None = described(
        "Anything else, stored as one JSON document", pii="open", default=None
    )


NOT_STORED = frozenset({"event_type", "consent"})
"""Envelope fields with no column: the type is the table's name, and consent is acted on before storage."""


@cache
def stored_defaults(model: type[Event]) -> dict[str, Any]:
    """Fields that have a value even where an event says nothing of them."""
    fields = {name: info.default for name, info in model.model_fields.items() if not info.is_required()}
    return {name: value for name, value in fields.items() if value is not None and name not in NOT_STORED}


@cache
def content_fields(model: type[Event]) -> tuple[str, ...]:
    """Fields that hold what a person wrote: removed where consent to ``content`` is withheld."""
    return tuple(name for name in model.model_fields if pii_class(model, name) == "content")


@cache
def person_fields(model: type[Event]) -> tuple[str, ...]:
    """Fields that point to a person."""
    return tuple(name for name in model.model_fields if pii_class(model, name) == "person")


@cache
def pii_class(model: type[Event], field: str) -> PiiClass:
    """How a field touches a person."""
    extra = model.model_fields[field].json_schema_extra
    if not isinstance(extra, dict) or extra.get("pii") not in PII_CLASSES:
        raise TypeError(f"{model.__name__}.{field} says no PII class; declare it with `described`.")
    return cast("PiiClass", extra["pii"])
