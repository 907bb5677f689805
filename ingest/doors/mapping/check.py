"""Whether a mapping fits the contracts: field names, units, constants, and all that a contract requires."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from ingest.contracts.envelope import Event
from ingest.contracts.registry import EVENTS
from ingest.doors.mapping.check_format import format_problems
from ingest.doors.mapping.check_places import place_problems
from ingest.doors.mapping.convert import Kind, kinds
from ingest.doors.mapping.field_spec import FieldSpec
from ingest.doors.mapping.model import Mapping, Rule
from ingest.doors.mapping.problem import At, Problem, did_you_mean
from ingest.doors.mapping.times import DURATION_UNITS, EPOCH_UNITS

_TIME_UNITS = (*EPOCH_UNITS, "iso8601")
_SET_BY_MAPPING = frozenset({"event_type", "event_id", "schema_version", "properties", "consent"})
_SET_BY_TOKENS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


def problems(mapping: Mapping) -> Iterator[Problem]:
    """All that does not fit, in reading order."""
    model, whose = _of_every_event(mapping)
    yield from _fields(("fields",), mapping.fields, model, whose)
    for index, rule in enumerate(mapping.rules):
        yield from _rule(("rules", index), rule, mapping)
    yield from format_problems(mapping)


def _of_every_event(mapping: Mapping) -> tuple[type[Event], str]:
    """What the mapping's own fields may be: the envelope's, or of the one contract that all rules make."""
    made = {rule.event for rule in mapping.rules}
    only = made.pop() if len(made) == 1 else ""
    return (EVENTS[only], only) if only in EVENTS else (Event, "every event")


def _rule(at: At, rule: Rule, mapping: Mapping) -> Iterator[Problem]:
    model = EVENTS.get(rule.event)
    if model is None:
        known = list(EVENTS)
        yield (*at, "event"), f"is {rule.event!r}{did_you_mean(rule.event, known)}; known are {', '.join(known)}"
        return
    yield from _fields((*at, "fields"), rule.fields, model, rule.event)
    yield from _tokens(at, rule)
    yield from _properties(at, rule)
    yield from place_problems(at, rule, mapping)
    given = mapping.fields.keys() | rule.fields.keys() | _SET_BY_MAPPING
    for name, info in model.model_fields.items():
        if info.is_required() and name not in given:
            yield at, f"never sets {name!r} ({info.description}), which every {rule.event} needs"
    if not rule.when and rule is not mapping.rules[-1]:
        yield (*at, "when"), "is `any`, so that no rule below is ever reached; move this rule to the end"


def _properties(at: At, rule: Rule) -> Iterator[Problem]:
    for name, spec in (rule.properties.take if rule.properties else {}).items():
        for message in _units(spec, spec.type):
            yield (*at, "properties", "take", name), message


def _tokens(at: At, rule: Rule) -> Iterator[Problem]:
    if rule.tokens is None:
        return
    if rule.event != "prompt_execution":
        yield (*at, "tokens"), "belongs to a prompt_execution only; remove it"
    both = next((name for name in _SET_BY_TOKENS if name in rule.fields), None)
    if both:
        yield (*at, "fields", both), "is set by `tokens` too; keep one of the two"


def _fields(at: At, fields: dict[str, FieldSpec], model: type[Event], whose: str) -> Iterator[Problem]:
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
    if spec.plus and kind != "time":
        yield f"has `plus`, which is for times, but holds {_named(kind)}; remove it"
    if spec.minus and kind != "duration":
        yield f"has `minus`, which is for durations, but holds {_named(kind)}; remove it"
    for constant in _constants(spec):
        reason = _unfit(constant, model, name, kind)
        if reason:
            yield f"can't be {constant!r}: {reason}"
    if spec.or_:
        yield from (f"{message} (in `or`)" for message in _spec(spec.or_, kind, model, name))


def _units(spec: FieldSpec, kind: Kind) -> Iterator[str]:
    allowed: tuple[str, ...] = {"time": _TIME_UNITS, "duration": DURATION_UNITS}.get(kind, ())
    if kind == "duration" and spec.minus:
        allowed = (*DURATION_UNITS, *_TIME_UNITS)
    may_have_format = kind == "time" or bool(kind == "duration" and spec.minus)
    if spec.unit and spec.unit not in allowed:
        fits = f"known here are {', '.join(allowed)}" if allowed else f"a field that holds {_named(kind)} has none"
        yield f"has the unit {spec.unit!r}; {fits}"
    elif allowed and not spec.unit and not spec.format:
        more = ", or a `format` for strptime" if may_have_format else ""
        yield f"needs a `unit`, one of {', '.join(allowed)}{more}"
    if spec.format and (not may_have_format or spec.unit):
        yield "has a `format`, which is for times without a `unit`; remove one of the two"
    if spec.zone and not (spec.format or spec.unit == "iso8601"):
        yield "has a `zone`, which is for `unit: iso8601` and for `format`; remove it"
    if spec.decimal and kind in ("text", "boolean"):
        yield f"has a `decimal`, which is for numbers, but holds {_named(kind)}; remove it"


def _named(kind: Kind) -> str:
    return {"text": "text", "integer": "an integer", "boolean": "true or false"}.get(kind, f"a {kind}")


def _constants(spec: FieldSpec) -> list[Any]:
    mapped = [v for v in (spec.map or {}).values() if v is not None] if spec.unit is None else []
    return [v for v in (spec.value, spec.default, *mapped) if v is not None]


def _unfit(constant: Any, model: type[Event], name: str, kind: Kind) -> str | None:
    info = model.model_fields[name]
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]
        # A time has no other form than a text here.
        adapter.validate_python(constant, strict=None if kind == "time" else True)
    except ValidationError as error:
        return str(error.errors(include_url=False)[0]["msg"])
    return None
