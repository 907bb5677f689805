"""What of a row is kept as free-form data beside the contract's fields."""

from collections.abc import Callable, Iterable
from typing import Any

from ingest.doors.mapping.arithmetic import Value
from ingest.doors.mapping.elements import ID, NAME, VALUE
from ingest.doors.mapping.field_spec import PropertySpec, places_of
from ingest.doors.mapping.fields import compile_field
from ingest.doors.mapping.model import Mapping, Properties, Rule
from ingest.doors.mapping.paths import get, without

_Taker = Callable[[dict[str, Any]], dict[str, Any]]


def compile_properties(rule: Rule, mapping: Mapping) -> _Taker:
    """A function from a row to its properties; it raises `ConversionError`."""
    wanted = rule.properties or Properties()
    take = [(name, _value(spec, mapping)) for name, spec in wanted.take.items()]
    rest = _rest(wanted, _used(rule, mapping)) if wanted.rest else None

    def properties(row: dict[str, Any]) -> dict[str, Any]:
        kept = rest(row) if rest else {}
        for name, value_of in take:
            value = value_of(row)
            if value is not None:
                kept[name] = value
        return kept

    return properties


def _value(spec: PropertySpec, mapping: Mapping) -> Value:
    if spec.model_fields_set == {"from_"}:
        path = str(spec.from_)
        return lambda row: get(row, path)
    return compile_field(spec, spec.type, mapping.csv.decimal)


def _rest(wanted: Properties, used: set[str]) -> _Taker:
    """All that no field took, of the row or of one object in it."""
    root = None if wanted.rest is True else str(wanted.rest)
    taken = {place for spec in wanted.take.values() for place in places_of(spec)}
    gone = _below(root, used | set(wanted.drop) | taken)
    plain, deep = frozenset(gone), [path for path in gone if "." in path]

    def rest(row: dict[str, Any]) -> dict[str, Any]:
        whole = row if root is None else get(row, root)
        if not isinstance(whole, dict):
            return {}
        kept = {key: value for key, value in whole.items() if key not in plain}
        for path in deep:
            kept = without(kept, path)
        return kept

    return rest


def _below(root: str | None, paths: Iterable[str]) -> set[str]:
    if root is None:
        return set(paths) | {NAME, VALUE, ID}
    return {path.removeprefix(f"{root}.") for path in paths if path.startswith(f"{root}.")}


def _used(rule: Rule, mapping: Mapping) -> set[str]:
    used = {place for spec in (mapping.fields | rule.fields).values() for place in places_of(spec)}
    if rule.tokens is not None:
        places = rule.tokens.model_dump(exclude={"input_includes_cached"}).values()
        used |= {path for path in places if path is not None}
    if rule.each is not None:
        used |= {rule.each} if isinstance(rule.each, str) else set(rule.each)
    return used | set(mapping.id or [])
