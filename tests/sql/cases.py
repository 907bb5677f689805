"""SQL tests are data: ``<table>/<case>/inputs/<table it reads>.yaml`` (or ``.ndjson``) and ``expect.yaml``.

A row leaves out what is null. ``expect.yaml`` names the columns that the case is about; the others are not compared.
An engine is a function, so that one case can be asked of several.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from sql.catalog import models, views
from sql.dialects import table_names
from sql.given import GIVEN
from sql.records import Model

Row = dict[str, Any]
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Input:
    """A table that a query reads: Trino's type by column, and rows that may leave columns out."""

    types: Mapping[str, str]
    rows: Sequence[Row]


Engine = Callable[[Model, Mapping[str, Input]], list[Row]]
"""Runs a model's query over tables by full name; ``sql.catalog.views`` stand beside them."""


@dataclass(frozen=True)
class Case:
    model: Model
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.model.name}/{self.folder.name}"

    def inputs(self) -> dict[str, Input]:
        """Every table that the model reads, directly or by a view; without a file it is empty."""
        given = {path.stem: _rows(path) for path in (self.folder / "inputs").iterdir()}
        needed = _tables(self.model.query)
        assert set(given) <= needed, f"{self.folder}: {self.model.full_name} does not read {set(given) - needed}"
        found = {name: Input(_types(name), given.get(name, [])) for name in sorted(needed)}
        for name, table in found.items():
            assert all(row.keys() <= table.types.keys() for row in table.rows), f"{self.folder}: columns of {name}"
        return found

    def given_and_expected(self, engine: Engine) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        """The rows that an engine gives, and those it should, sorted and as text."""
        expected = _rows(self.folder / "expect.yaml")
        columns = list(dict.fromkeys(column for row in expected for column in row)) or list(self.model.grain)
        return _comparable(engine(self.model, self.inputs()), columns), _comparable(expected, columns)


def cases() -> list[Case]:
    """Every case of every model, by the model's name."""
    by_name = {model.name: model for model in models().values() if model.layer == "gold"}
    folders = sorted(path.parent for path in FOLDER.glob("*/*/expect.yaml"))
    return [Case(by_name[folder.parent.name], folder) for folder in folders]


def _tables(query: str) -> set[str]:
    found: set[str] = set()
    for name in table_names(query):
        found |= _tables(views()[name]) if name in views() else {name}
    return found


def _types(table: str) -> Mapping[str, str]:
    if table in GIVEN:
        return GIVEN[table]
    return {name: spec.type for name, spec in models()[table].columns.items()}


def _rows(path: Path) -> list[Row]:
    if path.suffix == ".ndjson":
        return [json.loads(line) for line in path.read_text().splitlines()]
    return list(yaml.safe_load(path.read_text()) or [])


def _comparable(rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[str, ...]]:
    return sorted(tuple(_text(row.get(column)) for column in columns) for row in rows)


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int | float | Decimal):
        return f"{Decimal(str(value)):f}".rstrip("0").rstrip(".") if "." in f"{Decimal(str(value)):f}" else str(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
