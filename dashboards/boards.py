"""A board is a file that names metrics, and the dimensions by which each is told. What a metric is, it does not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from sql.analysis import dimensions_of
from sql.catalog import metrics, models
from sql.places import at, yaml_line
from sql.records import Metric, Model

_KEYS = ("title", "metrics")


class BoardError(Exception):
    """A board is not what it must be. One sentence with file and line."""


@dataclass(frozen=True, slots=True)
class Told:
    """One metric of a board, and the columns of its table by which it is told."""

    metric: Metric
    dimensions: tuple[str, ...]
    place: str
    """File and line of the board, for who can't tell it."""

    @property
    def table(self) -> Model:
        return models()[f"gold.{self.metric.table}"]


@dataclass(frozen=True, slots=True)
class Board:
    """Metrics in the order in which they are read."""

    name: str
    title: str
    told: tuple[Told, ...]

    def by_table(self) -> dict[str, tuple[Told, ...]]:
        """What is told of each gold table, by the table's name."""
        names = dict.fromkeys(told.metric.table for told in self.told)
        return {name: tuple(told for told in self.told if told.metric.table == name) for name in names}


def load_boards(folder: Path, known: Mapping[str, Metric] | None = None) -> dict[str, Board]:
    """Every board of a folder by its name, which is its file's.

    Raises:
        BoardError: as :func:`load_board`.
    """
    return {path.stem: load_board(path, known) for path in sorted(folder.glob("*.yaml"))}


def load_board(path: Path, known: Mapping[str, Metric] | None = None) -> Board:
    """One board. ``known`` are the metrics it may name: all of the catalog by default.

    Raises:
        BoardError: it is no board, or names a metric that is not there or has no day, or a dimension that the metric's
            table lacks.
    """
    text = path.read_text()
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BoardError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    is_board = isinstance(document, dict) and set(document) == set(_KEYS)
    if not is_board or not isinstance(document["metrics"], dict) or not document["metrics"]:
        raise BoardError(f"{path}: a board has a title and metrics, each with the dimensions by which it is told.")
    known = metrics() if known is None else known
    told = tuple(_told(path, text, name, given, known) for name, given in document["metrics"].items())
    return Board(path.stem, str(document["title"]), told)


def _told(path: Path, text: str, name: Any, given: Any, known: Mapping[str, Metric]) -> Told:
    where = ("metrics", name)
    place = at(path, yaml_line(text, where))
    if name not in known:
        raise BoardError(f"{place}: there is no metric {name!r}{_near(str(name), known)}.")
    if given is not None and not isinstance(given, list):
        raise BoardError(f"{place}: give the dimensions of {name} as a list.")
    told = Told(known[name], tuple(map(str, given or ())), place)
    if not told.table.is_daily:
        raise BoardError(f"{place}: {name} is told of all days at once, and boards are told by day; take another.")
    if told.metric.one_by_one:
        by = ", ".join(told.metric.one_by_one)
        raise BoardError(f"{place}: {name} says nothing over all of {by}; take another.")
    allowed = dimensions_of(told.table)
    named = [(number, column) for number, one in enumerate(told.dimensions) for column in columns_in(one)]
    for number, dimension in named:
        if dimension not in allowed:
            line = at(path, yaml_line(text, (*where, number)))
            has = f"its dimensions are {', '.join(allowed)}" if allowed else "it has none"
            raise BoardError(f"{line}: {told.table.full_name}, of which {name} is, has no {dimension!r}; {has}.")
    return told


def columns_in(dimension: str) -> tuple[str, ...]:
    """The columns of a dimension: one, or several that tell something together, as ``template_id/template_version``."""
    return tuple(dimension.split("/"))


def _near(name: str, known: Mapping[str, Metric]) -> str:
    found = get_close_matches(name, known, n=1)
    return f"; {found[0]} is one" if found else f"; known are {', '.join(known)}"
