"""Charts show every row that they are of, each under its own name."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import vl_convert

from dashboards.boards import load_board
from dashboards.briefs.audiences import AUDIENCES
from dashboards.briefs.collect import collect
from dashboards.briefs.drawing import LABEL_MAX, Drawn, draw
from dashboards.briefs.findings import find
from dashboards.reports import units
from sql.reader import PublishedTables

Rows = dict[str, list[dict[str, Any]]]
MONDAY, TODAY = date(2026, 11, 9), date(2026, 11, 20)


def drivers(tables: PublishedTables) -> Drawn:
    """The chart of what each model did to the cost."""
    brief = collect(tables, load_board(AUDIENCES / "finance.yaml"), "week", MONDAY, TODAY)
    (found,) = [chart for chart in draw(brief, find(brief)) if chart.key == "cost_usd-by-model"]
    return found


def drawn(chart: Drawn) -> str:
    svg: str = vl_convert.vegalite_to_svg(chart.vega_lite("light"), vl_version="5.21")
    return svg


def test_long_names_that_are_alike_once_they_are_short_have_a_bar_each(
    publish: Callable[[Rows], PublishedTables], weeks: Rows
) -> None:
    names = ("accounts/a/models/big-2026-11-01", "accounts/b/models/big-2026-11-01")
    assert len({units.short(name, LABEL_MAX) for name in names}) == 1
    for row in (row for rows in weeks.values() for row in rows):
        row["model"] = names[row["model"] == "dear"]
    svg = drawn(drivers(publish(weeks)))
    tops = re.findall(r'aria-roledescription="bar" d="M[^,]*,([\d.]+)', svg)
    assert len(set(tops)) == 2
    assert svg.count(units.short(names[0], LABEL_MAX)) == 2


def test_a_name_from_outside_is_a_label_and_nothing_else(
    publish: Callable[[Rows], PublishedTables], weeks: Rows
) -> None:
    hostile = "\"], x['</text>\\\u2028${"
    for row in (row for rows in weeks.values() for row in rows):
        row["model"] = f"{row['model'][0]}{hostile}"
    svg = drawn(drivers(publish(weeks)))
    assert {f"{letter}{hostile}" for letter in "dc"} <= {unescape(text) for text in re.findall(r">([^<]+)</text>", svg)}
