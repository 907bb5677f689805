"""The terminal's page: every number whole at any width, and no name steers the terminal."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from dashboards.reports.collect import collect as collect_whole
from dashboards.reports.data import ReportData
from dashboards.reports.terminal import print_results, sparkline
from sql.reader import PublishedTables

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], PublishedTables]


collect = partial(collect_whole, smallest_group=1)


def printed(data: ReportData, width: int, **more: Any) -> str:
    out = StringIO()
    print_results(data, Console(file=out, width=width, **more))
    return out.getvalue()


@pytest.mark.parametrize("width", [100, 80])
def test_numbers_are_whole_and_lines_fit(publish: Publish, month: Rows, width: int) -> None:
    for row in month["cost_daily"]:
        row |= {"reported_cost_usd": Decimal(1), "provider": "p" * 40, "model": row["model"] + "m" * 60}
    counted = {
        "received_hour": "h",
        "event_type": "prompt_execution",
        "door": "otlp",
        "received": 1234567,
        "bronze": 1234567,
    }
    month["reconciliation"] = [{**counted, "silver": 1234567}]
    said = printed(collect(publish(month)), width)
    assert max(map(len, said.splitlines())) <= width
    for number in ("$4.65", "$30.00", "930", "500 ms", "1,234,567", "✓ no gaps", "2026-11-20 09:31 UTC"):
        assert number in said, number


def test_simulated_is_said(publish: Publish) -> None:
    rows = [{"day": date(2026, 11, 1), "environment": "simulated-demo", "model": "m", "executions": 1}]
    said = printed(collect(publish({"cost_daily": rows})), 80)
    assert "SIMULATED APPLICATION" in said
    assert "Models without a known price (simulated)" in said


def test_a_name_can_neither_steer_the_terminal_nor_be_markup(publish: Publish) -> None:
    rows = [
        {"day": date(2026, 11, 1), "environment": "[red]x\x1b]0;t\x07", "model": "\x1b[2J[bold]m[/]", "executions": 1}
    ]
    said = printed(collect(publish({"cost_daily": rows})), 100, color_system=None, force_terminal=True)
    assert "\x1b" not in said
    assert "[bold]m[/]" in said
    assert "[red]x" in said


def test_an_empty_lake_says_what_to_do(publish: Publish) -> None:
    assert "promptlake import" in printed(collect(publish({})), 80)


def test_sparkline_keeps_gaps_and_width() -> None:
    assert sparkline((1.0, None, 8.0), 8) == "▁ █"
    assert len(sparkline(tuple(float(n) for n in range(100)), 12)) == 12
    assert sparkline((1.0, None), 8) == ""
    assert sparkline((0.0, 0.0), 8) == "▁▁"
