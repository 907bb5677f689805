"""The page tells what was collected, runs nothing, fetches nothing, and survives any name and any emptiness."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest

from dashboards.reports.charts import sparkline, svg, ticks
from dashboards.reports.collect import collect as collect_whole
from dashboards.reports.data import Chart, Series
from dashboards.reports.page import render
from sql.catalog import metrics
from sql.reader import PublishedTables

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], PublishedTables]
FIRST = date(2026, 11, 1)
HOSTILE = '<script>alert("x")</script>\'"><img src=//evil.example onerror=y>{{7*7}}'
MAX_BYTES = 1_000_000


collect = partial(collect_whole, smallest_group=1)


class Checked(HTMLParser):
    """Every tag that is opened is closed, and ids are unique."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.values: set[str | None] = set()
        self.feed(page)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values |= {value for _, value in attrs}
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def hostile_rows() -> Rows:
    key = {"day": FIRST, "environment": f"simulated{HOSTILE}"}
    dimensions = {
        "feature": HOSTILE,
        "template_id": HOSTILE,
        "template_version": HOSTILE,
        "provider": HOSTILE,
        "model": HOSTILE,
    }
    return {
        "cost_daily": [{**key, **dimensions, "team": HOSTILE, "executions": 1, "cost_usd": Decimal(1)}],
        "quality_daily": [{**key, **dimensions, "team": HOSTILE, "executions": 1, "errors": 1, "thumbs_up": 1}],
        "latency_daily": [{**key, **dimensions, "measure": "latency", "bucket_ms": 9, "executions": 1}],
        "behavior_daily": [{**key, "feature": HOSTILE, "action": HOSTILE, "name": HOSTILE, "acts": 1}],
        "evaluation_daily": [{**key, "metric": HOSTILE, "evaluations": 1, "scored": 1, "score_sum": Decimal(1)}],
        "reconciliation": [{"received_hour": "h", "event_type": HOSTILE, "door": HOSTILE, "received": 1}],
    }


def test_the_page_says_the_numbers(publish: Publish, month: Rows) -> None:
    page = render(collect(publish(month)))
    texts = Checked(page).texts
    for said in (metrics()["cost_usd"].title, "$4.65", "930", "47k", "500 ms", "2026-11-20 09:31 UTC"):
        assert said in texts, said
    assert 'title="46,965"' in page


def test_the_page_needs_nothing_from_anywhere(publish: Publish, month: Rows) -> None:
    page = render(collect(publish(month)))
    assert not re.search(r"""(src|href|action)\s*=\s*["']?(https?:)?//|url\(|@import|<script|<link""", page)
    assert "http:" not in page
    assert "https:" not in page
    assert "default-src 'none'" in page
    assert len(page.encode()) < MAX_BYTES


def test_names_from_outside_are_text_and_nothing_else(publish: Publish) -> None:
    page = render(collect(publish(hostile_rows())))
    checked = Checked(page)
    assert not {"script", "img"} & checked.tags
    assert not any(name.startswith("on") for name in checked.attributes)
    assert HOSTILE in checked.values
    assert any(text.startswith("<script>aler…") for text in checked.texts)


def test_hostile_names_in_charts_over_time(publish: Publish) -> None:
    rows = hostile_rows()
    rows["cost_daily"] += [{**rows["cost_daily"][0], "day": date(2026, 11, 5)}]
    checked = Checked(render(collect(publish(rows))))
    assert "svg" in checked.tags
    assert not {"script", "img"} & checked.tags


def test_an_endless_name_or_many_of_them_stay_in_bounds(publish: Publish) -> None:
    rows = [
        {"day": date(2026, 9 + n % 3, 1 + n % 28), "model": f"{n}" + "x" * 250, "executions": 1, "cost_usd": Decimal(1)}
        for n in range(2000)
    ]
    assert len(render(collect(publish({"cost_daily": rows}))).encode()) < MAX_BYTES


def test_simulated_figures_are_marked(publish: Publish, month: Rows) -> None:
    real = render(collect(publish(month)))
    assert "simulated application" not in real
    for row in month["cost_daily"][:3]:
        row["environment"] = "simulated-demo"
    mixed = render(collect(publish(month)))
    assert "Figures marked simulated come from a simulated application; they stand apart" in mixed
    assert mixed.index("Applications</h2>") < mixed.index("Simulated application</h2>")
    assert '<span class="chip sim">simulated-demo</span>' in mixed
    Checked(mixed)


def test_nothing_built_and_nothing_in_it_say_what_to_do(publish: Publish) -> None:
    for page in (render(None), render(collect(publish({})))):
        for next_step in ("promptlake import", "POST /v1/events", "promptlake build"):
            assert next_step in page
        Checked(page)


def test_events_that_were_all_refused_are_seen(publish: Publish) -> None:
    counts = {"received_hour": "h", "event_type": "feedback", "door": "events", "received": 7, "quarantined": 7}
    page = render(collect(publish({"reconciliation": [counts]})))
    assert "No event has come through yet" in page
    assert "Quarantined" in Checked(page).texts


def test_one_row_with_nothing_but_nulls(publish: Publish) -> None:
    page = render(collect(publish({"cost_daily": [{"day": FIRST, "model": "m", "executions": 1}]})))
    assert "Models without a known price" in page
    assert "None" not in page
    assert "nan" not in Checked(page).texts
    Checked(page)


def test_zero_everywhere(publish: Publish) -> None:
    row = {"day": FIRST, "name": "LCP", "page_loads": 0, "bucket": 0}
    cost = {"day": FIRST, "model": "m", "executions": 0, "cost_usd": Decimal(0), "reported_cost_usd": Decimal(0)}
    Checked(render(collect(publish({"web_vitals_daily": [row], "cost_daily": [cost]}))))


def test_a_gap_is_seen_at_the_top(publish: Publish, month: Rows) -> None:
    month["reconciliation"] = [
        {"received_hour": "h", "event_type": "feedback", "door": "d", "received": 9, "delivery_gap": 2}
    ]
    page = render(collect(publish(month)))
    assert "2 events are not accounted for" in page
    assert "✗ 2" in page


def test_periods_to_choose_are_for_a_server(publish: Publish, month: Rows) -> None:
    data = collect(publish(month))
    assert 'href="?days=30"' in render(data, choose_days=(7, 30))
    assert "?days=" not in render(data)


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 0.25, 0.5, 0.75, 1]),
        (9, [0, 2.5, 5, 7.5, 10]),
        (10, [0, 2.5, 5, 7.5, 10]),
        (1e-7, 5),
        (3e12, 4),
    ],
)
def test_ticks_are_round_and_reach_the_highest(highest: float, expected: list[float] | int) -> None:
    found = ticks(highest)
    assert found[-1] >= highest * 0.999
    assert len(found) <= 6
    if isinstance(expected, list):
        assert found == pytest.approx(expected)


def test_a_line_breaks_at_a_gap_and_a_lone_value_is_a_dot() -> None:
    starts = tuple(date(2026, 11, n) for n in range(1, 6))
    series = Series("p50", (1.0, 2.0, None, 4.0, None), "0")
    drawn = str(svg(Chart("k", "Latency", "milliseconds", "day", starts, (series,), "lines")))
    assert drawn.count("<polyline") == 1
    assert drawn.count('class="lone') == 1
    assert drawn.count('<g class="bucket">') == 3
    assert "4 Nov 2026\np50: 4 ms" in drawn


def test_sparkline_needs_two_values() -> None:
    assert sparkline((None, 3.0, None)) == ""
    assert "polyline" in sparkline((0.0, 0.0))
