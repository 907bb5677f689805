"""Every page that is made here can be read by everybody, whatever they read it with."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboards.dictionary.collect import collect as collect_dictionary
from dashboards.dictionary.page import INDEX
from dashboards.dictionary.page import render as render_dictionary
from dashboards.gates.collect import arrange
from dashboards.gates.page import render as render_gates
from dashboards.reports.collect import collect as collect_report
from dashboards.reports.page import render as render_report
from sql.reader import PublishedTables
from tests.clients import axe
from tests.clients.chromium import browser

Rows = dict[str, list[dict[str, Any]]]
_TABLES = ("bronze.feedback", "silver.rated_execution", "gold.cost_daily")
"""A layer each; the others are of the same templates."""


@pytest.fixture
def pages(publish: Callable[[Rows], PublishedTables], month: Rows) -> Mapping[str, str]:
    dictionary = render_dictionary(collect_dictionary())
    run = {"run": "r1", "checked_at": datetime(2026, 3, 1, tzinfo=UTC), "table_name": "gold.a"}
    found = {
        "demand": "a must be present",
        "rule": "not_null",
        "severity": "fail",
        "checked_rows": 9,
        "broken_rows": 2,
        "examples": "['x']",
    }
    return {
        INDEX: dictionary[INDEX],
        **{f"tables/{name}.html": dictionary[f"tables/{name}.html"] for name in _TABLES},
        "report.html": render_report(collect_report(publish(month), smallest_group=5)),
        "gates.html": render_gates(arrange([run | found | {"outcome": "failed"}])),
    }


def test_axe_finds_nothing_serious_in_any_page(pages: Mapping[str, str], tmp_path: Path) -> None:
    with browser() as page:
        for name, html in pages.items():
            path = tmp_path / "pages" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(html)
            for scheme, width in axe.SEEN:
                found = axe.serious(page, path, scheme, width)
                told = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]
                assert told == [], f"{name}, {scheme}, {width} px"
                assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width} px"
