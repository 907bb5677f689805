"""Whether a mapping fits the contracts: field names, units, constants, and all that a contract requires."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from ingest.contracts.envelope import Event
from ingest.contracts.registry import EVENTS
from ingest.doors.mapping.convert import Kind, kinds
from ingest.doors.mapping.model import FieldSpec, Mapping, Rule
from ingest.doors.mapping.problem import did_you_mean
from ingest.doors.mapping.times import EPOCH_UNITS

Problem = tuple[tuple[str | int, ...], str]
"""Where in the mapping, and how the sentence that began with that place goes on."""

_DURATION_UNITS = ("s", "ms", "us", "ns")
_TIME_UNITS = (*EPOCH_UNITS, "iso8601")
_SET_BY_MAPPING = frozenset({"event_type", "event_id", "schema_version", "properties", "consent"})
_SET_BY_TOKENS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


def problems(mapping: Mapping) -> Iterator[Problem]:
    """All that does not fit, in reading order."""
    yield from _fields(("fields",), mapping.fields, Event, "every event")
    for index, rule in enumerate(mapping.rules):
        yield from _rule(("rules", index), rule, mapping)
    if mapping.format != "csv" and "csv" in mapping.model_fields_set:
        yield ("csv",), f"means nothing with `format: {mapping.format}`; remove it"


def _rule(at: tuple[str | int, ...], rule: Rule, mapping: Mapping) -> Iterator[Problem]:
    model = EVENTS.get(rule.event)
    if model is None:
        known = list(EVENTS)
        yield (*at, "event"), f"is {rule.event!r}{did_you_mean(rule.event, known)}; known are {', '.join(known)}"
        return
    yield from _fields((*at, "fields"), rule.fields, model, rule.event)
    yield from _tokens(at, rule)
    given = mapping.fields.keys() | rule.fields.keys() | _SET_BY_MAPPING
    for name, info in model.model_fields.items():
        if info.is_required() and name not in given:
            yield at, f"never sets {name!r} ({info.description}), which every {rule.event} needs"
    if not rule.when and rule is not mapping.rules[-1]:
        yield (*at, "when"), "is `any`, so that no rule below is ever reached; move this rule to the end"


def _tokens(at: tuple[str | int, ...], rule: Rule) -> Iterator[Problem]:
    if rule.tokens is None:
        return
    if rule.event != "prompt_execution":
        yield (*at, "tokens"), "belongs to a prompt_execution only; remove it"
    both = next((name for name in _SET_BY_TOKENS if name in rule.fields), None)
    if both:
        yield (*at, "fields", both), "is set by `tokens` too; keep one of the two"


def _fields(
    at: tuple[str | int, ...], fields: dict[str, FieldSpec], model: type[Event], whose: str
) -> Iterator[Problem]:
    known = kinds(model)
    for name, spec in fields.items():
        if name == "event_id":
            yield (*at, name), "is set by the mapping's `id`; name the place there"
        elif name not in known or name in _SET_BY_MAPPING:
            choice = [field for field in known if field not in _SET_BY_MAPPING]
            hint = did_you_mean(name, choice)
            yield (*at, name), f"is no field of {whose}{hint}; known are {', '.join(choice)}"
        else:
            yield from (((*at, name), message) for message in _spec(spec, known[name], model, name))


def _spec(spec: FieldSpec, kind: Kind, model: type[Event], name: str) -> Iterator[str]:
    if spec.from_ is not None:
        yield from _units(spec, kind)
    for constant in _constants(spec):
        reason = _unfit(constant, model, name)
        if reason:
            yield f"can't be {constant!r}: {reason}"


def _units(spec: FieldSpec, kind: Kind) -> Iterator[str]:
    allowed = _TIME_UNITS if kind == "time" else _DURATION_UNITS if kind == "duration" else ()
    if spec.unit and spec.unit not in allowed:
        fits = f"known here are {', '.join(allowed)}" if allowed else f"a field that holds {kind} has none"
        yield f"has the unit {spec.unit!r}; {fits}"
    elif allowed and not spec.unit and not spec.format:
        more = ", or a `format` for strptime" if kind == "time" else ""
        yield f"needs a `unit`, one of {', '.join(allowed)}{more}"
    if spec.format and (kind != "time" or spec.unit):
        yield "has a `format`, which is for times without a `unit`; remove one of the two"
    if spec.zone and not (spec.format or spec.unit == "iso8601"):
        yield "has a `zone`, which is for `unit: iso8601` and for `format`; remove it"


def _constants(spec: FieldSpec) -> list[Any]:
    mapped = [v for v in (spec.map or {}).values() if v is not None] if spec.unit is None else []
    return [v for v in (spec.value, spec.default, *mapped) if v is not None]


def _unfit(constant: Any, model: type[Event], name: str) -> str | None:
    info = model.model_fields[name]
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]
        adapter.validate_python(constant, strict=True)
    except ValidationError as error:
        return str(error.errors(include_url=False)[0]["msg"])
    return None
