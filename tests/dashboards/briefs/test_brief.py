"""What a report says follows from its numbers, and each of these from a query that it names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboards.boards import load_board
from dashboards.briefs.audiences import AUDIENCES
from dashboards.briefs.collect import collect
from dashboards.briefs.data import Brief
from dashboards.briefs.findings import Findings, find
from dashboards.briefs.measuring import count_unit
from dashboards.briefs.periods import Span
from dashboards.briefs.words import subtitle
from sql.catalog import CatalogError, metrics
from sql.publication import Extract, State
from sql.reader import PublishedTables

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], PublishedTables]
MONDAY, TODAY = date(2026, 11, 9), date(2026, 11, 20)


def brief(tables: PublishedTables, audience: str = "finance", day: date | None = MONDAY, **more: Any) -> Brief:
    return collect(
        tables, load_board(AUDIENCES / f"{audience}.yaml"), more.get("kind", "week"), day, TODAY, more.get("failure")
    )


def said_of(findings: Findings, metric: str) -> str:
    (found,) = [finding for finding in findings.told if finding.figure.metric.name == metric]
    return " ".join((found.headline, *found.why))


@pytest.mark.parametrize("path", sorted(AUDIENCES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_audience_reads_metrics_that_are_published(path: Path) -> None:
    board = load_board(path)
    assert all(told.table.published for told in board.told)


def test_the_change_is_told_with_what_explains_it(published: PublishedTables) -> None:
    told = find(brief(published))
    assert said_of(told, "cost_usd") == (
        "Cost rose 120% to $46.20, from $21.00. "
        "By model: \u201cdear\u201d explains more than all of it, 111% (+$28.00). "
        "Against it went \u201ccheap\u201d (\u221211%; \u2212$2.80). None of the 4 weeks before saw as large a change."
    )


def test_a_mean_that_changed_by_its_mix_says_so(published: PublishedTables) -> None:
    """Neither model became dearer: the dear one is used more."""
    said = said_of(find(brief(published)), "cost_per_execution_usd")
    assert "from $0.025" in said
    assert "The mix makes up 100% of the change, the values of each model 0%." in said


def test_a_share_is_told_with_how_far_the_counts_carry(published: PublishedTables) -> None:
    said = said_of(find(brief(published, "engineering")), "error_rate")
    assert "Error rate rose 3.33 points to 5%, from 1.67%." in said
    assert re.search(r"As far as 840 calls can tell, the change is between \+1\.\d and \+5\.\d points\.", said)


def test_a_metric_that_is_not_published_is_refused_with_its_place(published: PublishedTables, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("title: Mine\nmetrics:\n  cost_usd:\n  people:\n")
    board = load_board(path)
    with pytest.raises(CatalogError, match=r"mine\.yaml:4: people is a metric of gold\.person_daily, which is not"):
        collect(published, board, "week", MONDAY, TODAY)


def test_small_numbers_are_called_so(publish: Publish, weeks: Rows) -> None:
    thumbs = [
        {"day": MONDAY - timedelta(7 * n), "model": "m", "thumbs_up": 2 + 5 * n, "thumbs_down": 3} for n in (0, 1)
    ]
    weeks["quality_daily"] += thumbs
    told = find(brief(publish(weeks), "product"))
    assert "Too few to say anything: Thumbs up (70% to 40%; 5 answers)." in told.others
    assert not [finding for finding in told.told if finding.figure.metric.name == "thumbs_up_rate"]


def test_a_week_that_is_known_in_part_is_compared_with_nothing(publish: Publish) -> None:
    """As many calls each day: it would be 250 % more of them than in the two days of the week before."""
    first = MONDAY - timedelta(2)
    rows = [{"day": first + timedelta(n), "model": "m", "executions": 10} for n in range(9)]
    told = brief(publish({"cost_daily": rows}))
    (executions,) = [figure for figure in told.figures if figure.metric.name == "executions"]
    assert (executions.now, executions.before, executions.parts) == (70, None, ())
    assert subtitle(told).endswith("compared with nothing: the first day that there are data of is 7 Nov 2026.")
    assert (find(told).told, find(told).subject) == ((), "There is nothing to compare with yet")


def test_what_a_count_counts_is_not_the_calls_of_its_table(publish: Publish, tmp_path: Path) -> None:
    """Of visits, long ones and answers there are as many as there are, however many calls were made meanwhile."""
    rows = [
        {"day": MONDAY - timedelta(7 * n - day), "sessions": 20 - n, "long_sessions": 2, "executions": 400 + 40 * n}
        for n in range(6)
        for day in range(7)
    ]
    answers = [{"day": MONDAY - timedelta(7 * n), "model": "m", "executions": 900, "thumbs_up": 4} for n in (0, 1)]
    vitals = [{"day": MONDAY - timedelta(7 * n), "name": "LCP", "page_loads": 50, "good": 40} for n in (0, 1)]
    tables = publish({"engagement_daily": rows, "quality_daily": answers, "web_vitals_daily": vitals})
    path = tmp_path / "mine.yaml"
    path.write_text("title: Mine\nmetrics: {sessions: , long_sessions: , thumbs: , errors: , lcp_good_share: }\n")
    found = {figure.metric.name: figure for figure in collect(tables, load_board(path), "week", MONDAY, TODAY).figures}
    counted = {name: (figure.count, count_unit(figure.told)) for name, figure in found.items()}
    assert counted == {
        "sessions": (140, "sessions"),
        "long_sessions": (14, "sessions"),
        "thumbs": (4, "answers"),
        "errors": (900, "calls"),
        "lcp_good_share": (50, "page loads"),
    }
    # 140 after 133 are within chance, as 140 visits and not 2800 calls are counted.
    assert found["sessions"].judged.standing == "chance"
    assert found["long_sessions"].judged.standing == "few"


def test_every_number_is_in_the_rows_of_the_queries_named(published: PublishedTables) -> None:
    """Asked again as they stand in the appendix, they give what is told."""
    found = brief(published)
    queries = {asked.number: asked.sql for asked in found.asked}
    for figure in found.figures:
        rows = [row for number in figure.queries for row in published.rows(queries[number])]
        name = figure.metric.name
        by_day = {
            row["day"]: float(row[name])
            for row in rows
            if name in row and row["day"] in (MONDAY, MONDAY - timedelta(7))
        }
        assert figure.now in {float(row[name]) for row in rows if row.get(name) is not None}
        assert by_day
        for part in figure.parts:
            rows = [row for number in part.queries for row in published.rows(queries[number])]
            sums = [row for row in rows if row["day"] == MONDAY and f"{name}_by" in row]
            assert {
                round(float(row[f"{name}_sum"]) / float(row[f"{name}_by"]), 9) for row in sums if row[f"{name}_by"]
            } <= {round(row.now, 9) for row in part.rows if row.now is not None}
            if part.decomposition is not None:
                assert sum(row.part or 0 for row in part.rows) == pytest.approx(figure.change)


def test_no_query_runs_twice(published: PublishedTables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics of one table share what they are made of."""
    ran: list[str] = []
    rows = published.rows

    def noted(sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        ran.append(f"{sql} {parameters}")
        return rows(sql, parameters)

    monkeypatch.setattr(published, "rows", noted)
    found = brief(published)
    assert len(found.asked) < len(ran)
    assert sorted(ran) == sorted(set(ran))


def test_a_period_without_data_is_one_sentence_that_says_what_there_is(published: PublishedTables) -> None:
    found = brief(published, day=date(2025, 3, 3))
    assert found.nothing == "There are no data of 3 \u2013 9 Mar 2025."
    later = brief(published, day=None)
    assert later.nothing is None
    assert brief(published, day=date(2026, 11, 16)).nothing == (
        "There are no data of 16 \u2013 19 Nov 2026; the newest are of 15 Nov 2026."
    )


def test_an_empty_lake_is_one_sentence(publish: Publish) -> None:
    assert brief(publish({})).nothing == "There are no data of 9 \u2013 15 Nov 2026, nor of any other day."


def test_one_day_of_data_is_compared_with_nothing(publish: Publish) -> None:
    row = {"day": MONDAY, "model": "m", "executions": 40, "cost_usd": Decimal(4)}
    found = brief(publish({"cost_daily": [row]}))
    told = find(found)
    assert not told.told
    assert "Nothing to compare with: Cost ($4.00)" in told.others[0]
    assert found.figures[0].now == 4


def test_a_late_build_is_told_before_any_number(publish: Publish, weeks: Rows) -> None:
    """The publication is complete through 20 November."""
    tables = publish(weeks)
    board = load_board(AUDIENCES / "finance.yaml")
    late = collect(tables, board, "week", date(2026, 11, 16), date(2026, 11, 30))
    assert " ".join(late.status.warnings) == (
        "This report is late: the lake is complete through 2026-11-20 09:30 UTC, so "
        "20 \u2013 22 Nov 2026 are not in it. The same days are compared."
    )
    running = collect(tables, board, "week", date(2026, 11, 16), date(2026, 11, 20))
    assert running.status.warnings[0].startswith("The week is not over")
    unknown = collect(tables, board, "week", date(2026, 11, 23), date(2026, 11, 30))
    assert "before the first day of it was" in unknown.status.warnings[0]
    assert unknown.figures == ()


def test_a_failed_build_is_told_before_any_number(published: PublishedTables) -> None:
    assert brief(published, failure="The build failed.").status.warnings == ("The build failed.",)


def test_a_table_that_was_computed_before_the_others_makes_its_report_late(published: PublishedTables) -> None:
    of_saturday = State("2026-11-14T06:00:00+00:00", "2026-11-14T05:44:00+00:00")
    tables = published.publication.tables
    tables["cost_daily"] = replace(tables["cost_daily"], older=of_saturday)
    late = brief(published)
    assert late.status.trouble == "Late"
    assert late.status.complete_through == of_saturday.complete_through
    assert late.period.told == Span(MONDAY, date(2026, 11, 13))
    tables["cost_daily"] = replace(tables["cost_daily"], older=None)
    tables["engagement_daily"] = Extract({}, older=of_saturday)
    assert brief(published).status.trouble == "", "finance is told of another table"


def test_simulated_figures_never_stand_among_real_ones(publish: Publish, weeks: Rows) -> None:
    real = brief(publish(weeks))
    for rows in weeks.values():
        rows += [{**row, "environment": "simulated"} for row in rows]
    mixed = brief(publish(weeks))
    assert [figure.now for figure in mixed.figures] == [figure.now for figure in real.figures]
    assert (mixed.environments, mixed.is_simulated) == (("production",), False)
    only = brief(publish({name: [row for row in rows if row.get("environment")] for name, rows in weeks.items()}))
    assert only.is_simulated


def test_a_lake_with_any_real_environment_is_told_without_the_simulated(publish: Publish, weeks: Rows) -> None:
    """Wherever in the lake it is, and however little of it the audience reads."""
    for row in (row for rows in weeks.values() for row in rows):
        row["environment"] = "simulated"
    assert brief(publish(weeks)).is_simulated
    weeks["error_daily"] = [{"day": MONDAY, "environment": "production", "model": "m", "errors": 1}]
    found = brief(publish(weeks))
    assert (found.figures, found.is_simulated) == ((), False)


def test_what_to_do_is_said_of_what_got_worse(published: PublishedTables) -> None:
    for finding in find(brief(published)).told:
        assert bool(finding.to_do) == (finding.is_better is False and bool(finding.figure.metric.to_do))
    assert metrics()["cost_usd"].to_do
