"""A decoded JSON value becomes an event, or a refusal that says in one sentence what to change."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from ingest.contracts.envelope import Event
from ingest.contracts.registry import EVENTS
from ingest.contracts.types import ID_MAX_CHARS

CLOCK_SKEW = timedelta(hours=24)
"""How far ahead of ours a source's clock may run; browsers' clocks do."""

CLOCK_SKEW_US = CLOCK_SKEW // timedelta(microseconds=1)

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing we keep happened earlier; what claims to is a time in another unit."""

_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "missing_field",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
    "string_too_long": "out_of_range",
    "string_too_short": "out_of_range",
    "literal_error": "unknown_value",
    "value_error": "invalid_value",
}
"""Pydantic's error types in our words; any other is a ``wrong_type``."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not taken. ``message`` is a whole sentence and holds no value of a free-text field."""

    code: str
    message: str
    event_type: str = "unknown"
    event_id: str | None = None
    payload: str | None = None
    """What was refused, where a door could not even decode it."""
    is_selected: bool = False
    """A door put into ``payload`` only what says nothing of a person."""


def validate(payload: Any, received_at: datetime) -> Event | Refusal:
    """Check one decoded event against its contract and the clock.

    Args:
        payload: what the JSON decoder made of it.
        received_at: arrival time, aware; the measure for a time in the future.
    """
    if not isinstance(payload, dict):
        return Refusal("not_an_object", f"An event is a JSON object, but this is {_json_name(payload)}.")
    event_type = payload.get("event_type")
    model = EVENTS.get(event_type) if isinstance(event_type, str) else None
    if model is None:
        return _unknown_type(event_type, payload)
    try:
        event = model.model_validate(payload)
    except ValidationError as error:
        return _explain(error, model, payload)
    return hold_against_clock(event, received_at)


def hold_against_clock(event: Event, received_at: datetime) -> Event | Refusal:
    """The event, unless it lies in a future or past in which it can't have happened."""
    at = event.occurred_at.astimezone(UTC)
    if EARLIEST <= at <= received_at + CLOCK_SKEW:
        event.__dict__["occurred_at"] = at  # compares in a tenth of the time that pydantic's own zone takes
        return event
    if event.occurred_at < EARLIEST:
        return _refuse(
            event.event_type,
            event.event_id,
            "time_too_early",
            f"occurred_at {event.occurred_at.isoformat()} lies before {EARLIEST.year}; check the time's unit",
        )
    return _refuse(
        event.event_type,
        event.event_id,
        "time_in_future",
        f"occurred_at {event.occurred_at.isoformat()} lies more than {CLOCK_SKEW.total_seconds() / 3600:.0f} hours "
        f"after its arrival at {received_at.isoformat(timespec='seconds')}; check the source's clock and unit",
    )


def _refuse(event_type: str, event_id: str | None, code: str, reason: str) -> Refusal:
    return Refusal(code, f"{event_type}: {reason}.", event_type, event_id)


def _id_as_told(payload: dict[str, Any]) -> str | None:
    """The id of what is refused, as far as it can be one: it is answered and stored with the reason."""
    event_id = payload.get("event_id")
    if not isinstance(event_id, str):
        return None
    return event_id[:ID_MAX_CHARS].encode(errors="replace").decode()


def _unknown_type(event_type: Any, payload: dict[str, Any]) -> Refusal:
    known = ", ".join(EVENTS)
    if "event_type" not in payload:
        message = f"The event has no event_type; give one of {known}."
        return Refusal("missing_field", message, event_id=_id_as_told(payload))
    shown = repr(event_type[:40]) if isinstance(event_type, str) else _json_name(event_type)
    message = f"There is no event_type {shown}{_did_you_mean(event_type, list(EVENTS))}; known are {known}."
    return Refusal("unknown_type", message, event_id=_id_as_told(payload))


def _explain(error: ValidationError, model: type[Event], payload: dict[str, Any]) -> Refusal:
    details = error.errors(include_url=False, include_input=True)
    # An unknown field is nearly always the cause of the missing one beside it, so it is told first.
    first = next((d for d in details if d["type"] == "extra_forbidden"), details[0])
    more = f" ({len(details) - 1} more to fix)" if len(details) > 1 else ""
    field = ".".join(str(part) for part in first["loc"])
    if field == "schema_version":
        code, reason = "unknown_version", "has no schema_version other than 1; send 1 or leave it out"
    elif first["type"] == "extra_forbidden":
        code, reason = "unknown_field", _unknown_field(field, model)
    elif first["type"] == "missing":
        code, reason = "missing_field", f"needs the field {field!r} ({model.model_fields[field].description})"
    else:
        code = _CODES.get(first["type"], "wrong_type")
        reason = _wrong_value(field, first, model)
    return _refuse(str(payload["event_type"]), _id_as_told(payload), code, reason + more)


def _unknown_field(field: str, model: type[Event]) -> str:
    hint = _did_you_mean(field, list(model.model_fields))
    if hint:
        unit = field_unit(model, hint.split("'")[1])
        return f"has no field {field[:60]!r}{hint}{f', in {unit}' if unit else ''}"
    return f"has no field {field[:60]!r}; free-form data belongs into 'properties'"


def _wrong_value(field: str, detail: Any, model: type[Event]) -> str:
    text = str(detail["msg"]).removeprefix("Value error, ")
    if not field:
        return text
    unit = field_unit(model, field.split(".")[0])
    given = detail["input"]
    # A value may be shown only where it can't be something a person wrote; a number of a hundred digits helps nobody.
    is_showable = isinstance(given, bool | float) or (isinstance(given, int) and abs(given) < 10**20)
    shown = f", not {given!r}" if is_showable and str(given) not in text else ""
    return f"{field} {_lower_first(text)}{shown}{f' (in {unit})' if unit else ''}"


def field_unit(model: type[Event], field: str) -> str | None:
    """The unit a contract field is in, if it has one."""
    info = model.model_fields.get(field)
    extra = info.json_schema_extra if info else None
    return str(extra["unit"]) if isinstance(extra, dict) and "unit" in extra else None


def _did_you_mean(word: Any, known: list[str]) -> str:
    if not isinstance(word, str):
        return ""
    near = get_close_matches(word[:60], known, n=1, cutoff=0.6)
    same_stem = [name for name in known if name.rpartition("_")[0] == word.rpartition("_")[0] != ""]
    # `latency_s` is nearer in meaning to `latency_ms` than to any name that merely looks alike.
    match = same_stem or [name for name in known if name.rpartition("_")[0] == word] or near
    return f"; did you mean {match[0]!r}" if match else ""


def _lower_first(text: str) -> str:
    return text.removeprefix("Input ") if text.startswith("Input ") else text[:1].lower() + text[1:]


def _json_name(value: Any) -> str:
    names: dict[type, str] = {
        str: "a string",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "an array",
    }
    return names.get(type(value), "null" if value is None else "an object")
