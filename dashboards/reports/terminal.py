"""A report as one page of a terminal, from 80 columns up."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from dashboards.reports import units
from dashboards.reports.data import Chart, Figure, Part, ReportData, Table, Vital, Vitals
from dashboards.reports.judge import is_better, verdict
from dashboards.reports.terminal_table import ROWS_SHOWN, STYLES, fit, safe

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SPARK_CELLS = 8
_WIDE_COLUMNS = 96
_CHARTS = frozenset({"feedback", "engagement"})


def print_results(data: ReportData, console: Console) -> None:
    """Print the headline numbers, costs, quality, engagement, web vitals and the reconciliation."""
    is_wide = console.width >= _WIDE_COLUMNS
    if not data.parts:
        console.print("The lake is empty: `promptlake import FILE --mapping NAME` brings in a log.", markup=False)
    for part in data.parts:
        _part(part, console, is_wide)
    if data.reconciliation:
        _reconciliation(data, data.reconciliation, console)
    console.print()
    told = f"As of {units.instant(data.as_of)}, complete through {units.instant(data.complete_through)}."
    console.print(Text(told, style="dim"))


def _part(part: Part, console: Console, is_wide: bool) -> None:
    period = units.day(part.first)
    if part.first != part.last:
        period += f" to {units.day(part.last)}"
    name = "SIMULATED APPLICATION" if part.is_simulated else "OVERVIEW"
    console.print()
    console.rule(Text(f" {name} ", style="bold yellow" if part.is_simulated else "bold"), align="left")
    environments = ", ".join(map(safe, part.environments))
    console.print(Text(f"Environment {environments}; {period}", style="dim"))
    console.print()
    console.print(_figures(part, is_wide))
    for block in (block for section in part.sections for block in section.blocks):
        if isinstance(block, Chart) and block.key not in _CHARTS:
            continue  # its headline has a sparkline
        _heading(f"{block.title}{' (simulated)' if part.is_simulated else ''}", console)
        if isinstance(block, Table):
            _table(block, console)
        else:
            console.print(_lines(block) if isinstance(block, Chart) else _vitals(block, is_wide))


def _heading(title: str, console: Console) -> None:
    console.print()
    console.print(Text(title, style="bold"))


def _figures(part: Part, is_wide: bool) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for number in range(6):
        grid.add_column(justify="right" if number % 3 == 1 else "left", no_wrap=True)
    cells = [_figure(figure, is_wide) for figure in part.figures]
    rows = (len(cells) + 1) // 2
    for number in range(rows):  # down the left half, then the right one
        grid.add_row(*(cell for group in cells[number::rows] for cell in group))
    return grid


def _figure(figure: Figure, is_wide: bool) -> tuple[Text, Text, Text]:
    judged, better, change = verdict(figure.metric, figure.value), is_better(figure), units.change(figure)
    value = Text(units.text(figure.value, figure.metric.unit), style=f"bold {STYLES.get(judged or '', '')}".strip())
    if change:
        said = Text(change, style="dim" if better is None else "green" if better else "red")
    else:
        said = Text(judged or "", style=STYLES.get(judged or "", ""))
    shape = sparkline(figure.trend, _SPARK_CELLS)
    if shape and (is_wide or not said):
        said = Text(f"{shape} ", style="cyan").append_text(said)
    return Text(figure.metric.title), value, said


def _table(table: Table, console: Console) -> None:
    console.print(fit(table, console.width))
    left_out = len(table.rows) - ROWS_SHOWN + table.left_out
    if left_out > 0:
        console.print(Text(f"… {left_out} more", style="dim"))
    if table.note:
        console.print(Text(table.note, style="dim"))


def _lines(chart: Chart) -> Grid:
    """One line a series: its shape over time, and what it comes to."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for series in chart.series:
        values = [value for value in series.values if value is not None]
        said = sum(values) if chart.adds_up else max(values)
        label = "in all" if chart.adds_up else f"in the highest {chart.bucket}"
        line = Text(sparkline(series.values, 40), style="cyan")
        grid.add_row(Text(series.name), line, Text(f"{units.text(said, chart.unit)} {label}"))
    return grid


def _vitals(vitals: Vitals, is_wide: bool) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    grid.add_column("", no_wrap=True)
    for title in ("p75", "good up to", "poor over"):
        grid.add_column(title, justify="right", no_wrap=True)
    grid.add_column("page loads", no_wrap=True)
    for row in vitals.rows:
        limits = (units.text(limit, row.metric.unit) for limit in (row.metric.good, row.metric.poor))
        judged = verdict(row.metric, row.p75)
        p75 = Text(units.text(row.p75, row.metric.unit), style=STYLES.get(judged or "", ""))
        grid.add_row(Text(row.metric.title), p75, *limits, _split(row, 24 if is_wide else 8))
    return grid


def _split(row: Vital, width: int) -> Text:
    if not row.page_loads:
        return Text()
    poor, fair = (round(count / row.page_loads * width) for count in (row.poor, row.needs_improvement))
    bar = Text("█" * (width - poor - fair), style="green")
    bar.append("▓" * fair, style="yellow")
    bar.append("░" * poor, style="red")
    return bar.append(f" {units.text(row.good / row.page_loads, 'share')} good", style="dim")


def _reconciliation(data: ReportData, table: Table, console: Console) -> None:
    has_simulated = any(part.is_simulated for part in data.parts)
    _heading(f"{table.title}{' (all environments)' if has_simulated else ''}", console)
    _table(table, console)
    mark = f"✗ {units.exact(data.gaps, 'events')} events unaccounted for" if data.gaps else "✓ no gaps"
    console.print(Text(mark, style="bold red" if data.gaps else "green"))


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Values as blocks, a blank where there is none; joined to at most ``width``."""
    if sum(value is not None for value in values) < 2:
        return ""
    merged = [_mean(values[i * len(values) // width : (i + 1) * len(values) // width]) for i in range(width)]
    shown = merged if len(values) > width else list(values)
    highest = max((value for value in shown if value is not None), default=0.0)
    if highest <= 0:
        return "".join(" " if value is None else _EIGHTHS[1] for value in shown)
    return "".join(" " if v is None else _EIGHTHS[max(round(v / highest * 8), 1)] for v in shown)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
