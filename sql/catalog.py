"""The only loader of models and metrics. A model is a folder (``query.sql``, ``model.yaml``), a metric one file.

A silver table without a ``query.sql`` is what its contract says, see ``docs/adr/0009-silver-follows-the-contract.md``.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.contracts.registry import EVENTS
from ingest.contracts.types import PiiClass
from sql.checks import Check
from sql.contract_tables import contract_checks, contract_columns, contract_query

T = TypeVar("T", bound=BaseModel)

ROOT = Path(__file__).parent
LAYERS = ("silver", "gold")


class CatalogError(Exception):
    """A model or metric is not what it must be. One sentence that names the file."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnSpec(_Strict):
    """One column of a table. ``type`` is Trino's, and may be empty in silver, where the query says it."""

    type: str = ""
    unit: str | None = None
    description: str
    pii: PiiClass | None = None
    """How it touches a person, where no contract has a field of its name."""


class ReadsDays(_Strict):
    """Gold's day D is computed from silver's days D - before to D + after."""

    before: int = 0
    after: int = 0


class Model(_Strict):
    """A silver or gold table."""

    layer: Literal["silver", "gold"]
    name: str
    query: str
    description: str
    grain: tuple[str, ...]
    partition: str | None = None
    reads_days: ReadsDays = ReadsDays()
    columns: dict[str, ColumnSpec]
    checks: tuple[Check, ...] = ()
    published: bool = True
    """Whether the API reads it; tables that grow with every person are left to the analysts."""

    @property
    def full_name(self) -> str:
        return f"{self.layer}.{self.name}"

    @property
    def rules(self) -> tuple[Check, ...]:
        """All that must hold: what the grain means, what the contract says of each field, and the checks."""
        said = contract_checks(self.name) if self.layer == "silver" else ()
        return (Check(rule="unique", columns=self.grain, severity="fail"), *said, *self.checks)

    @property
    def is_small(self) -> bool:
        """Whether all of it can be read at every build."""
        return self.layer == "gold" and self.published and self.partition is None

    @property
    def is_daily(self) -> bool:
        """Whether a part of it can be computed anew, day by day."""
        return "day" in self.grain


class Percentile(_Strict):
    """A percentile read from a table of counts by bucket."""

    of: str
    weight: str
    rank: float = Field(gt=0, lt=1)
    where: str


class Metric(_Strict):
    """A number people speak of: one expression over one gold table."""

    name: str
    title: str
    description: str
    table: str
    expression: str | None = None
    percentile: Percentile | None = None
    unit: str
    direction: Literal["up", "down", "neutral"]
    good: float | None = None
    poor: float | None = None

    @model_validator(mode="after")
    def _one_definition(self) -> "Metric":
        if (self.expression is None) == (self.percentile is None):
            raise ValueError("give either expression or percentile")
        return self


@cache
def models() -> dict[str, Model]:
    """Every table by its full name, such as ``gold.cost_daily``."""
    folders = [folder for layer in LAYERS for folder in sorted((ROOT / layer).iterdir()) if folder.is_dir()]
    return {model.full_name: model for model in map(_load_model, folders) if model}


@cache
def views() -> dict[str, str]:
    """Queries that tables share, by full name such as ``silver.activity``; they are never stored."""
    return {f"silver.{path.stem}": path.read_text() for path in sorted((ROOT / "views").glob("*.sql"))}


@cache
def metrics() -> dict[str, Metric]:
    """Every metric by name."""
    found = {}
    for path in sorted((ROOT / "metrics").glob("*.yaml")):
        metric = _checked(Metric, path, {"name": path.stem, **_yaml(path)})
        if f"gold.{metric.table}" not in models():
            raise CatalogError(f"{path}: there is no gold table {metric.table!r}.")
        found[metric.name] = metric
    return found


def _load_model(folder: Path) -> Model | None:
    spec, query = folder / "model.yaml", folder / "query.sql"
    if not spec.exists() and not query.exists():
        return None  # a left-over folder of caches
    layer, name = folder.parent.name, folder.name
    if layer == "silver" and name not in EVENTS:
        raise CatalogError(f"{folder}: there is no contract {name!r}.")
    for path in (spec, query):
        if not path.exists() and (layer != "silver" or path == spec):
            raise CatalogError(f"{path} is missing; a table is a query.sql and a model.yaml.")
    document = {"layer": layer, "name": name, **_yaml(spec)}
    document["query"] = query.read_text() if query.exists() else contract_query(name)
    if layer == "silver":
        described = {c: {"description": text, "unit": unit} for c, (text, unit) in contract_columns(name).items()}
        document["columns"] = described | document.get("columns", {})
    model = _checked(Model, spec, document)
    if (whole := [c for c in model.checks if c.needs_whole_table]) and not model.is_small:
        raise CatalogError(
            f"{spec}: the rule {whole[0].rule} would read the whole table at every build; only a published gold table "
            "without a partition may have one."
        )
    unknown = {column for c in model.checks for column in c.about} | set(model.grain)
    if missing := sorted(unknown - set(model.columns)):
        raise CatalogError(f"{spec}: there is no column {missing[0]!r}, which grain or checks name.")
    return model


def _yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
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
        raise CatalogError(f"{path}: {where + ': ' if where else ''}{first['msg']}.") from error
