"""What would break a client that follows the contracts as they were last released.

``released/`` holds those as JSON Schemas. ``python -m ingest.contracts.compatibility`` puts today's there, which is a
step of a release and of nothing else; a test fails while today's refuse what those accept.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest.contracts.derive import json_schema
from ingest.contracts.registry import EVENTS

RELEASED = Path(__file__).parent / "released"
_LOWER_BOUNDS = ("minimum", "minLength")
_UPPER_BOUNDS = ("maximum", "maxLength")

_TOLD_OTHERWISE = frozenset(
    {"format", "items", "additionalProperties", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "not", "allOf"}
)
"""Keywords of which any change counts: none makes a contract wider in a way that we use."""

Schema = Mapping[str, Any]


def released() -> dict[str, Schema]:
    """The schemas of the last release by event type."""
    return {path.name.removesuffix(".schema.json"): json.loads(path.read_text()) for path in RELEASED.glob("*.json")}


def breaking_changes(before: Schema, after: Schema) -> list[str]:
    """One sentence for each way in which ``after`` refuses, or means otherwise, what ``before`` accepted."""
    return list(_object_changes("", before, after, before.get("$defs", {}), after.get("$defs", {})))


def _object_changes(place: str, before: Schema, after: Schema, old: Schema, new: Schema) -> Iterator[str]:
    were, are = before.get("properties", {}), after.get("properties", {})
    for name in sorted(set(after.get("required", ())) - set(before.get("required", ()))):
        yield f"{place}{name} became required."
    for name, field in were.items():
        if name not in are:
            yield f"{place}{name} is gone."
            continue
        for reason in _field_changes(field, are[name], old, new, f"{place}{name}."):
            yield f"{place}{name} {reason}" if not reason.startswith(place + name) else reason


def _field_changes(before: Schema, after: Schema, old: Schema, new: Schema, place: str) -> Iterator[str]:
    for key in ("unit", "pii", "default"):
        if before.get(key) != after.get(key) and (key in before or key != "pii"):
            yield f"has the {key} {after.get(key)!r} where it was {before.get(key)!r}."
    were, are = _alternatives(before, old), _alternatives(after, new)
    for kind, accepted in were.items():
        if kind not in are:
            yield f"takes no {kind} any more."
        elif kind == "object":
            yield from _object_changes(place, accepted, are[kind], old, new)
        else:
            yield from _narrowed(accepted, are[kind])


def _narrowed(before: Schema, after: Schema) -> Iterator[str]:
    if lost := [value for value in _choices(before) if _choices(after) and value not in _choices(after)]:
        yield f"does not take {lost[0]!r} any more."
    if _choices(after) and not _choices(before):
        yield "takes a few values only, where it took any."
    for bound in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        was, is_ = before.get(bound), after.get(bound)
        if is_ is not None and (was is None or (is_ > was if bound in _LOWER_BOUNDS else is_ < was)):
            yield f"has the {bound} {is_:g}, narrower than before."
    for key in sorted(_TOLD_OTHERWISE & (before.keys() | after.keys())):
        if before.get(key) != after.get(key):
            yield f"has the {key} {after.get(key)!r} where it was {before.get(key)!r}."
    if after.get("pattern") not in (None, before.get("pattern")):
        yield f"must match {after['pattern']!r}, which it had not to before."


def _alternatives(field: Schema, definitions: Schema) -> dict[str, Schema]:
    """What a field accepts, by JSON type; an integer is a number too."""
    found: dict[str, Schema] = {}
    for choice in field.get("anyOf", [field]):
        schema = definitions[choice["$ref"].rpartition("/")[2]] if "$ref" in choice else choice
        kind = str(schema.get("type", "any"))
        found[kind] = schema
        if kind == "number":
            found.setdefault("integer", schema)
    return found


def _choices(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def main() -> None:
    """Make today's contracts the released ones."""
    RELEASED.mkdir(exist_ok=True)
    for event_type, model in EVENTS.items():
        text = json.dumps(json_schema(model), indent=2, ensure_ascii=False) + "\n"
        (RELEASED / f"{event_type}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
