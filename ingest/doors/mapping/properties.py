"""What of a row is kept as free-form data beside the contract's fields."""

from collections.abc import Callable, Iterable
from typing import Any

from ingest.doors.mapping.model import Mapping, Properties, Rule
from ingest.doors.mapping.paths import get, without

_Taker = Callable[[dict[str, Any]], dict[str, Any]]


def compile_properties(rule: Rule, mapping: Mapping) -> _Taker:
    """A function from a row to its properties."""
    wanted = rule.properties or Properties()
    take = [(path.rpartition(".")[2], path) for path in wanted.take]
    rest = _rest(wanted, _used(rule, mapping)) if wanted.rest else None

    def properties(row: dict[str, Any]) -> dict[str, Any]:
        kept = rest(row) if rest else {}
        for name, path in take:
            value = get(row, path)
            if value is not None:
                kept[name] = value
        return kept

    return properties


def _rest(wanted: Properties, used: set[str]) -> _Taker:
    """All that no field took, of the row or of one object in it."""
    root = None if wanted.rest is True else str(wanted.rest)
    gone = _below(root, used | set(wanted.drop) | set(wanted.take))
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
        return set(paths)
    return {path.removeprefix(f"{root}.") for path in paths if path.startswith(f"{root}.")}


def _used(rule: Rule, mapping: Mapping) -> set[str]:
    specs = (mapping.fields | rule.fields).values()
    used = {spec.from_ for spec in specs if spec.from_ is not None}
    if rule.tokens is not None:
        places = rule.tokens.model_dump(exclude={"input_includes_cached"}).values()
        used |= {path for path in places if path is not None}
    return used | ({mapping.id} if mapping.id else set())
