"""Whether the options at the top of a mapping go with its format."""

from collections.abc import Iterator

from ingest.doors.mapping.field_spec import places_of
from ingest.doors.mapping.model import Mapping, Rule
from ingest.doors.mapping.problem import Problem, did_you_mean


def format_problems(mapping: Mapping) -> Iterator[Problem]:
    """All that does not."""
    of = mapping.format
    if of != "csv" and "csv" in mapping.model_fields_set:
        yield ("csv",), f"means nothing with `format: {of}`; remove it"
    if mapping.skip and of not in ("lines", "jsonl"):
        yield ("skip",), f"means nothing with `format: {of}`, which has no lines to pass over; remove it"
    if of != "lines":
        if mapping.pattern:
            yield ("pattern",), f"means nothing with `format: {of}`; remove it"
    elif mapping.pattern is None:
        yield ("format",), "is `lines`, which needs a `pattern`: a regular expression for a whole line, (?P<name>…)"
    elif not mapping.groups():
        yield ("pattern",), "has no named group; name what is to be read, as in (?P<time>…)"
    else:
        yield from _not_in_pattern(mapping)


def _not_in_pattern(mapping: Mapping) -> Iterator[Problem]:
    known = mapping.groups()
    for at, place in _places(mapping):
        if place not in known and not place.startswith("@"):
            hint = did_you_mean(place, known)
            yield at, f"reads {place!r}, which is no group of `pattern`{hint}; known are {', '.join(known)}"


def _places(mapping: Mapping) -> Iterator[Problem]:
    """Every place that is read, and where the mapping says so."""
    yield from ((("expect",), place) for place in mapping.expect or [])
    yield from ((("id",), place) for place in mapping.id or [])
    for name, spec in mapping.fields.items():
        yield from ((("fields", name), place) for place in places_of(spec))
    for index, rule in enumerate(mapping.rules):
        yield from ((("rules", index, *at), place) for at, place in _of_rule(rule))


def _of_rule(rule: Rule) -> Iterator[Problem]:
    yield from ((("when", place), place) for place in rule.when)
    yield from ((("each",), place) for place in ([rule.each] if isinstance(rule.each, str) else rule.each or []))
    for name, spec in rule.fields.items():
        yield from ((("fields", name), place) for place in places_of(spec))
    for name, spec in (rule.properties.take if rule.properties else {}).items():
        yield from ((("properties", "take", name), place) for place in places_of(spec))
