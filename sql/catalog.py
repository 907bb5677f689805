"""The only loader of models and metrics. A model is a folder (``query.sql``, ``model.yaml``), a metric one file.

A silver table without a ``query.sql`` is what its contract says, see ``docs/adr/0009-silver-follows-the-contract.md``.
"""

from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ingest.contracts.registry import EVENTS
from sql.columns import described
from sql.contract_tables import contract_columns, contract_query
from sql.dialects import table_names
from sql.macros import expand
from sql.places import at, read_yaml, yaml_line
from sql.records import Metric, Model, ViewSpec
from sql.rollups import rollup_document

T = TypeVar("T", bound=BaseModel)

ROOT = Path(__file__).parent
LAYERS = ("silver", "gold")
SPEC, QUERY = "model.yaml", "query.sql"
VIEWS, METRICS = "views", "metrics"


class CatalogError(Exception):
    """A model or metric is not what it must be. One sentence that names the file."""


@cache
def models() -> dict[str, Model]:
    """Every table by its full name, such as ``gold.cost_daily``."""
    return load_models(ROOT)


def load_models(root: Path) -> dict[str, Model]:
    """The tables of the folders ``silver`` and ``gold``.

    Raises:
        CatalogError: one of them is not what it must be.
    """
    folders = [folder for layer in LAYERS for folder in sorted((root / layer).iterdir()) if folder.is_dir()]
    documents = {folder: _yaml(folder / SPEC) for folder in folders if _is_model(folder)}
    plain = {
        folder: _load_model(folder, document) for folder, document in documents.items() if not _is_rollup(document)
    }
    bases = {model.name: model for model in plain.values() if model.layer == "gold"}
    found = {
        folder: plain.get(folder) or _load_rollup(folder, document, bases) for folder, document in documents.items()
    }
    return {model.full_name: model for model in found.values()}


@cache
def views() -> dict[str, str]:
    """Queries that tables share, by full name such as ``silver.activity``, each after those it reads; they are never
    stored.
    """
    found = load_views(ROOT)
    graph = {name: sorted(table_names(query) & found.keys()) for name, query in found.items()}
    try:
        return {name: found[name] for name in TopologicalSorter(graph).static_order()}
    except CycleError:
        return found  # the check of the catalog says which file


@cache
def wide_views() -> dict[str, ViewSpec]:
    """The views whose rows of a day follow from more than that day: how far they look, and what may be taken apart."""
    return load_wide_views(ROOT)


def load_wide_views(root: Path) -> dict[str, ViewSpec]:
    """What files beside the queries of the folder ``views`` say.

    Raises:
        CatalogError: one of them is not what it must be, or stands alone.
    """
    paths = sorted((root / VIEWS).glob("*.yaml"))
    for path in paths:
        if not path.with_suffix(".sql").exists():
            raise CatalogError(f"{path.with_suffix('.sql')} is missing, and {path.name} says how far it looks.")
    found = {f"silver.{path.stem}": _checked(ViewSpec, path, _yaml(path)) for path in paths}
    for path, spec in zip(paths, found.values(), strict=True):
        for table in spec.reads_apart:
            if table not in found.keys() & table_names(expand(path.with_suffix(".sql").read_text())):
                where = _line_of(path, "reads_apart", table)
                raise CatalogError(f"{where}: the query reads no view {table} that has a file of this kind.")
    return found


def load_views(root: Path) -> dict[str, str]:
    """The queries of the folder ``views``."""
    return {f"silver.{path.stem}": expand(path.read_text()) for path in sorted((root / VIEWS).glob("*.sql"))}


@cache
def metrics() -> dict[str, Metric]:
    """Every metric by name."""
    return load_metrics(ROOT, models())


def load_metrics(root: Path, tables: Mapping[str, Model]) -> dict[str, Metric]:
    """The files of the folder ``metrics``.

    Raises:
        CatalogError: one of them is not what it must be, or its table is not among ``tables``.
    """
    found = {}
    for path in sorted((root / METRICS).glob("*.yaml")):
        metric = _checked(Metric, path, {"name": path.stem, **_yaml(path)})
        if f"gold.{metric.table}" not in tables:
            raise CatalogError(f"{_line_of(path, 'table')}: there is no gold table {metric.table!r}.")
        for column in set(metric.one_by_one) - set(tables[f"gold.{metric.table}"].grain):
            raise CatalogError(f"{_line_of(path, 'one_by_one')}: gold.{metric.table} has no {column!r} in its grain.")
        found[metric.name] = metric
    return found


def _is_model(folder: Path) -> bool:
    spec, query = folder / SPEC, folder / QUERY
    if not spec.exists() and query.exists():
        raise CatalogError(f"{spec} is missing; a table is a {QUERY} and a {SPEC}.")
    return spec.exists()  # else it is a left-over folder of caches


def _is_rollup(document: dict[str, Any]) -> bool:
    return "rollup_of" in document


def _load_model(folder: Path, document: dict[str, Any]) -> Model:
    spec, query = folder / SPEC, folder / QUERY
    layer, name = folder.parent.name, folder.name
    if layer == "silver" and name not in EVENTS:
        raise CatalogError(f"{folder}: there is no contract {name!r}.")
    if layer == "gold" and not query.exists():
        raise CatalogError(f"{query} is missing; a table is a {QUERY} and a {SPEC}.")
    if layer == "silver":
        columns = contract_columns(name) | document.get("columns", {})
    else:
        columns = described(document.get("grain"), document.get("columns"))
    is_own = query.exists()
    text = expand(query.read_text()) if is_own else contract_query(name)
    document = {**document, "columns": columns, "query": text, "written_in": query if is_own else spec}
    return _complete(spec, {"layer": layer, "name": name, **document})


def _load_rollup(folder: Path, document: dict[str, Any], bases: Mapping[str, Model]) -> Model:
    spec = folder / SPEC
    base = bases.get(document["rollup_of"])
    if base is None:
        raise CatalogError(f"{_line_of(spec, 'rollup_of')}: there is no gold table {document['rollup_of']!r}.")
    if base.people is not None:
        raise CatalogError(f"{_line_of(spec, 'rollup_of')}: {base.full_name} counts people, who do not add up.")
    made = rollup_document(document, base.model_dump())
    return _complete(spec, {"layer": "gold", "name": folder.name, "written_in": spec, **made})


def _complete(spec: Path, document: dict[str, Any]) -> Model:
    model = _checked(Model, spec, document)
    named = [("grain", number, name) for number, name in enumerate(model.grain)]
    named += [("checks", number, name) for number, check in enumerate(model.checks) for name in check.about]
    if (rule := model.people) is not None:
        named += [("people", 0, name) for name in (rule.column, *rule.sum_over, *rule.each_of)]
    for key, number, name in named:
        if name not in model.columns:
            raise CatalogError(f"{_line_of(spec, key, number)}: there is no column {name!r}, which {key} names.")
    for number, check in enumerate(model.checks):
        if check.needs_whole_table and not model.is_small:
            raise CatalogError(
                f"{_line_of(spec, 'checks', number)}: the rule {check.rule} would read the whole table at every build; "
                "only a published gold table without a partition may have one."
            )
    return model


def _yaml(path: Path) -> dict[str, Any]:
    try:
        document = read_yaml(path.read_text())
    except yaml.YAMLError as error:
        raise CatalogError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(document, dict):
        raise CatalogError(f"{path} must hold a mapping.")
    return document


def _checked(kind: type[T], path: Path, document: dict[str, Any]) -> T:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = f"{where + ': ' if where else ''}{first['msg'][:1].lower()}{first['msg'][1:]}"
        raise CatalogError(f"{_line_of(path, *first['loc'])}: {message}.") from error


def _line_of(path: Path, *keys: str | int) -> str:
    return at(path, yaml_line(path.read_text(), keys))
