"""Questions and views that analysts find ready; that Trino answers them alike is tested with the engines."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from infra.local.cli import main
from infra.local.lake import Lake
from infra.local.query import open_session
from sql.analysis import ALL, METRIC_PREFIX, analyst_views
from sql.catalog import metrics, models
from sql.compile import metric_query
from sql.dialects import table_names, to_duckdb
from sql.persons import person_kind
from sql.question import questions
from tests.lakes import build_lake, event, make_lake, send

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = make_lake(tmp_path_factory.mktemp("analysis") / "lake")
    priced = {"model": "claude-3-5-sonnet-20241022", "provider": "anthropic", "output_tokens": 1000, "latency_ms": 900}
    of_whom = {"user_id": "ann", "session_id": "s", "team": "a", "feature": "search"}
    send(made, [event(occurred_at=f"2026-03-0{n}T10:00:00Z", **priced, **of_whom) for n in (2, 3, 9)])
    send(made, [event(model="nobody-knows", provider=None, output_tokens=7), event("feedback", thumb="down")])
    build_lake(made)
    return made


@pytest.fixture(scope="module")
def ask(lake: Lake) -> Iterator[Ask]:
    """Asks copies of the gold tables in memory, for each question to a lake reads files anew."""
    db, session = duckdb.connect(), open_session(lake)
    db.execute("CREATE SCHEMA gold")
    for model in (m for m in models().values() if m.layer == "gold"):
        copied = session.sql(f"SELECT * FROM {model.full_name}").to_arrow_table()
        db.register("copied", copied)
        db.execute(f"CREATE TABLE {model.full_name} AS SELECT * FROM copied")
    session.close()
    yield lambda query: db.execute(query).fetchall()
    db.close()


def test_twenty_questions_each_say_what_they_ask() -> None:
    assert len(questions()) == 20
    for question in questions().values():
        assert question.asks.endswith((".", "?"))
        assert table_names(question.sql) <= set(models())
        assert "environment" in question.sql or "reconciliation" in question.sql, "simulated and real are told apart"
        assert "ORDER BY" in question.sql


@pytest.mark.parametrize("name", questions())
def test_every_question_is_answered(ask: Ask, name: str) -> None:
    ask(to_duckdb(questions()[name].sql))


def test_answers_are_right(ask: Ask) -> None:
    assert ask(to_duckdb(questions()["cost_by_model"].sql))[0][2:5] == (
        "claude-3-5-sonnet-20241022",
        3,
        Decimal("0.045"),
    )
    came_back = {row[1].day: row[2:] for row in ask(to_duckdb(questions()["people_who_came_back"].sql))}
    assert came_back[2][1] == 1
    assert came_back[3] == (1, 1)
    assert came_back[9] == (1, 0)


def test_questions_are_listed_and_an_unknown_one_is_a_sentence(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "--question", "cost_by_model", "--lake", str(lake.root), "--csv"]) == 0
    assert "claude-3-5-sonnet-20241022,3,0.045" in capsys.readouterr().out
    assert main(["sql", "--question"]) == 0
    assert "cost_by_model" in capsys.readouterr().out
    assert main(["sql", "--question", "cost", "--lake", str(lake.root)]) == 1
    assert "`promptlake sql --question` lists" in capsys.readouterr().err
    assert main(["sql", "SELECT 1", "--question", "cost_by_model", "--lake", str(lake.root)]) == 1


def test_there_is_a_view_for_each_gold_table_and_each_metric() -> None:
    expected = {m.name for m in models().values() if m.layer == "gold"} | {
        f"{METRIC_PREFIX}{name}" for name in metrics()
    }
    assert set(analyst_views()) == expected


@pytest.mark.parametrize("name", analyst_views())
def test_every_column_of_a_view_has_a_comment_and_none_points_to_a_person(ask: Ask, name: str) -> None:
    view = analyst_views()[name]
    assert all(column.comment for column in view.columns)
    if f"gold.{name}" in models():
        assert all(person_kind(models()[f"gold.{name}"], column.name) != "person" for column in view.columns)
    given = ask(f"DESCRIBE {to_duckdb(view.sql)}")
    types = {"timestamp(6)": "TIMESTAMP"}
    assert [(row[0], row[1]) for row in given] == [
        (c.name, types.get(c.type, c.type.upper().replace(" ", "").replace(",", ","))) for c in view.columns
    ]


@pytest.mark.parametrize("name", metrics())
def test_the_view_of_a_metric_tells_the_whole_as_the_metric_does(ask: Ask, name: str) -> None:
    metric, table = metrics()[name], models()[f"gold.{metrics()[name].table}"]
    keys = [*(key for key in ("day", "environment") if key in table.grain), *metric.one_by_one]
    whole = ask(to_duckdb(metric_query([name], keys)))
    view = analyst_views()[f"{METRIC_PREFIX}{name}"].sql
    told = ask(f"SELECT {', '.join(keys)}, value FROM ({to_duckdb(view)}) WHERE dimension = '{ALL}'")
    assert {row[:-1]: _rounded(row[-1]) for row in told} == {row[:-1]: _rounded(row[-1]) for row in whole}


def _rounded(value: object) -> object:
    return None if value is None else round(float(value), 9)  # type: ignore[arg-type]


def test_the_statements_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from sql.analysis import main as print_all

    print_all()
    printed = capsys.readouterr().out
    assert printed.count("CREATE OR REPLACE VIEW") == len(analyst_views())
