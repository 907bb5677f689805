"""A table of a report in as many columns as a terminal has: no number is ever cut short."""

import textwrap
from dataclasses import dataclass

from rich.table import Table as Grid
from rich.text import Text

from dashboards.reports import units
from dashboards.reports.data import Cell, Column, Table
from dashboards.reports.judge import tone_of

STYLES = {"good": "green", "fair": "yellow", "poor": "red"}
ROWS_SHOWN = 6
_BAR_CELLS, _NAME_CELLS, _NAME_CELLS_MIN = 8, 32, 10


@dataclass
class _Fitted:
    """One column as it is going to be shown."""

    number: int
    column: Column
    said: list[str]
    has_bar: bool
    width: int = 0

    def __post_init__(self) -> None:
        longest = max(map(len, self.said), default=0)
        if self.column.unit is None:
            self.width = min(max(longest, len(self.column.title)), _NAME_CELLS)
        else:
            bar = _BAR_CELLS + 1 if self.has_bar else 0
            self.width = max(longest + bar, *map(len, self.column.title.split()))


def fit(table: Table, width: int) -> Grid:
    """The first rows. Where it gets narrow, minor columns go first, then space, bars, and the middle of names."""
    columns = [_fitted(table, number, column) for number, column in enumerate(table.columns)]
    padding = 2
    while _needed(columns, padding) > width and any(fitted.column.is_minor for fitted in columns):
        columns.remove(next(fitted for fitted in reversed(columns) if fitted.column.is_minor))
    if _needed(columns, padding) > width:
        padding = 1
    if _needed(columns, padding) > width:
        columns = [_Fitted(fitted.number, fitted.column, fitted.said, has_bar=False) for fitted in columns]
    for fitted in sorted((f for f in columns if f.column.unit is None), key=lambda f: -f.width):
        too_much = max(_needed(columns, padding) - width, 0)
        fitted.width = max(fitted.width - too_much, _NAME_CELLS_MIN)
    return _grid(table, columns, padding)


def safe(name: str) -> str:
    """A name from outside must not steer the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def _fitted(table: Table, number: int, column: Column) -> _Fitted:
    return _Fitted(number, column, [_said(column, row[number]) for row in table.rows[:ROWS_SHOWN]], column.has_bar)


def _needed(columns: list[_Fitted], padding: int) -> int:
    return sum(fitted.width + padding for fitted in columns) - padding


def _grid(table: Table, columns: list[_Fitted], padding: int) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="dim", padding=(0, padding, 0, 0))
    for fitted in columns:
        title, is_text = fitted.column.title, fitted.column.unit is None
        heading = title if is_text else "\n".join(textwrap.wrap(title, fitted.width))
        grid.add_column(heading, justify="left" if is_text else "right", no_wrap=is_text, width=fitted.width)
    for row in range(min(len(table.rows), ROWS_SHOWN)):
        grid.add_row(*(_cell(table, fitted, row) for fitted in columns))
    return grid


def _cell(table: Table, fitted: _Fitted, row: int) -> Text:
    value, said = table.rows[row][fitted.number], fitted.said[row]
    if fitted.column.unit is None:
        said = units.short(said, fitted.width)
    style = STYLES.get(tone_of(fitted.column, value) or "", "")
    if not fitted.has_bar:
        return Text(said, style=style)
    length = round(table.share(fitted.number, value) * _BAR_CELLS)
    bar = "█" * max(length, 1 if value else 0)
    return Text(f"{bar:<{_BAR_CELLS}} ", style="cyan").append(f"{said:>{max(map(len, fitted.said))}}", style=style)


def _said(column: Column, value: Cell) -> str:
    if column.unit == "gap":
        return f"✗ {units.exact(value, 'events')}" if value else "✓"
    return safe(value) if isinstance(value, str) else units.text(value, column.unit)
