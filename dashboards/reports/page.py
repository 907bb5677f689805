"""A report as one self-contained page of HTML: no script, no font and no picture from anywhere else."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Template
from markupsafe import Markup, escape

from dashboards import templates
from dashboards.reports import charts, units
from dashboards.reports.data import Block, Chart, ReportData, Table, Vitals
from dashboards.reports.judge import is_better, tone_of, total, verdict

TITLE = "promptlake"


def render(data: ReportData | None, *, title: str = TITLE, choose_days: Sequence[int] = ()) -> str:
    """The page.

    Args:
        data: what to tell; None where nothing has been built yet, which gives a page that says what to do next.
        title: its heading.
        choose_days: periods to link to as ``?days=N``, for a server that answers them; a file leaves them out.
    """
    return _template().render(data=data, title=title, choose_days=choose_days)


@cache
def _template() -> Template:
    environment = templates.environment()
    environment.filters.update(code=_code)
    environment.tests.update(
        chart=lambda block: isinstance(block, Chart),
        table=lambda block: isinstance(block, Table),
        vitals=lambda block: isinstance(block, Vitals),
    )
    environment.globals.update(
        svg=charts.svg,
        sparkline=charts.sparkline,
        units=units,
        verdict=verdict,
        is_better=is_better,
        total=total,
        tone_of=tone_of,
        laid_out=_laid_out,
        half=charts.HALF,
        whole=charts.WHOLE,
        columns_of=_columns_of,
        meanings=_meanings,
    )
    return environment.from_string((files(__package__) / "page.html.j2").read_text())


def _laid_out(blocks: Sequence[Block]) -> list[tuple[Block, bool]]:
    """Blocks with whether each takes the whole width: a half that has no neighbour does."""
    halves: list[Block] = []
    found: list[tuple[Block, bool]] = []
    for block in blocks:
        if isinstance(block, Vitals) or (isinstance(block, Table) and block.is_wide):
            found += [(half, len(halves) == 1) for half in halves] + [(block, True)]
            halves = []
        elif len(halves) == 1:
            found += [(halves.pop(), False), (block, False)]
        else:
            halves.append(block)
    return [*found, *((half, True) for half in halves)]


def _code(line: str) -> Markup:
    """Marks what stands between backticks as code."""
    pieces = line.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(pieces))


def _meanings(data: ReportData) -> list[tuple[str, str]]:
    """Title and description of every metric that the page shows."""
    shown = {figure.metric.title: figure.metric.description for part in data.parts for figure in part.figures}
    for block in (block for part in data.parts for block in part.blocks().values()):
        if isinstance(block, Vitals):
            shown |= {row.metric.title: row.metric.description for row in block.rows}
        else:
            described = block.columns if isinstance(block, Table) else ()
            shown |= {column.title: column.description for column in described if column.description}
    return list(shown.items())


def _columns_of(count: int) -> int:
    """Cards beside each other, so that the last row is as full as can be."""
    return count if count <= 5 else min((5, 4, 3), key=lambda columns: -count % columns)
