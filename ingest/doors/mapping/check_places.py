"""Whether a rule refers to the values of `each` only where there are any."""

from collections.abc import Iterator

from ingest.doors.mapping.elements import NAME, VALUE, is_of_element
from ingest.doors.mapping.field_spec import FieldSpec, places_of
from ingest.doors.mapping.model import Mapping, Rule
from ingest.doors.mapping.problem import At, Problem


def place_problems(at: At, rule: Rule, mapping: Mapping) -> Iterator[Problem]:
    """All that does not."""
    if rule.each is not None:
        return
    why = f"refers to {NAME} or {VALUE}, which only a rule with `each` has; add that"
    for place in rule.when:
        if is_of_element(place):
            yield (*at, "when", place), why
    for name, spec in rule.fields.items():
        if _refers(spec):
            yield (*at, "fields", name), why
    for name, spec in (rule.properties.take if rule.properties else {}).items():
        if _refers(spec):
            yield (*at, "properties", "take", name), why
    for name, spec in mapping.fields.items():
        if name not in rule.fields and _refers(spec):
            yield ("fields", name), f"refers to {NAME} or {VALUE}, but {_rule_name(at)} has no `each`; add that"


def _refers(spec: FieldSpec) -> bool:
    return any(is_of_element(place) for place in places_of(spec))


def _rule_name(at: At) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else part for part in at)
