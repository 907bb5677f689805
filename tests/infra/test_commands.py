"""What the commands print, and how they end."""

import csv
import io
import json
import sqlite3
from argparse import ArgumentTypeError
from contextlib import closing
from pathlib import Path

import pytest

from infra.local.cli import main
from infra.local.commands.up import duration_s
from infra.local.lake import Lake
from tests.lakes import build_lake, event, make_lake, row, send


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event(output_tokens=3), {"event_type": "prompt_execution"}])
    build_lake(lake)
    return lake


def test_sql_answers_as_a_table_json_and_csv(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    query = "SELECT model, cost_usd, day FROM gold.cost_daily"
    assert main(["sql", query, "--lake", str(lake.root)]) == 0
    assert "0.00003" in capsys.readouterr().out
    assert main(["sql", query, "--lake", str(lake.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"model": "gpt-4o", "cost_usd": "0.000030000000", "day": "2026-03-02"}
    ]
    assert main(["sql", query, "--lake", str(lake.root), "--csv"]) == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == ["gpt-4o", "0.000030000000", "2026-03-02"]


def test_sql_without_a_query_lists_every_table(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "--lake", str(lake.root), "--json"]) == 0
    tables = {row["table"] for row in json.loads(capsys.readouterr().out)}
    assert {"bronze.quarantine", "silver.prompt_execution", "gold.cost_daily", "gold.reconciliation"} <= tables


def test_a_query_that_fails_is_one_sentence(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "SELECT * FROM gold.cost_dayly", "--lake", str(lake.root)]) == 1
    assert capsys.readouterr().err.startswith("promptlake: The query failed: Catalog Error: Table with name cost_dayly")


def test_a_build_whose_catalog_is_held_by_something_else_is_one_sentence(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    send(lake, [event()])
    with closing(sqlite3.connect(lake.root / "catalog.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert main(["build", "--lake", str(lake.root)]) == 1
    told = capsys.readouterr().err
    assert told == "promptlake: The build stopped, and readers keep the last good state: database is locked\n"
    build_lake(lake)
    assert row(lake, "SELECT count(*) FROM silver.prompt_execution") == (2,)


def test_status_ends_with_1_where_an_event_is_not_accounted_for(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--lake", str(lake.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reconciles"] is True
    with sqlite3.connect(lake.root / "state.db") as books:
        books.execute(
            "UPDATE booking SET count = count + 1 WHERE kind = 'received' AND event_type = 'prompt_execution'"
        )
    books.close()
    assert main(["status", "--lake", str(lake.root)]) == 1
    assert "gap 1" in capsys.readouterr().out


def test_a_ledger_that_is_none_is_one_sentence(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("state.db-wal", "state.db-shm"):
        (lake.root / name).unlink(missing_ok=True)
    (lake.root / "state.db").write_bytes(b"no database" * 500)
    assert main(["build", "--lake", str(lake.root)]) == 1
    said = capsys.readouterr().err
    assert "state.db can't be used as the lake's ledger" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("name", ["catalog.db", "state.db"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_lake_without_its_books_says_so(
    lake: Lake, capsys: pytest.CaptureFixture[str], name: str, is_gone: bool
) -> None:
    for path in lake.root.glob(f"{name}*"):
        path.unlink()
    if not is_gone:
        (lake.root / name).write_bytes(b"no database" * 500)
    for words in (["build"], ["sql", "SELECT 1"]):
        assert main([*words, "--lake", str(lake.root)]) == 1
        said = capsys.readouterr().err
        assert name in said
        assert "restore it from a backup" in said
        assert said.count("\n") == 1


@pytest.mark.parametrize("query", ["COPY (SELECT 1) TO 'x.csv'", "DROP VIEW silver.behavior", "SELECT 1; SELECT 2", ""])
def test_sql_takes_one_select(lake: Lake, capsys: pytest.CaptureFixture[str], query: str) -> None:
    assert main(["sql", query or ";", "--lake", str(lake.root)]) == 1
    assert "Give one SELECT" in capsys.readouterr().err


def test_a_damaged_object_of_bronze_stops_the_build_and_harms_nothing(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer = (lake.root / "publish" / "current.json").read_bytes()
    send(lake, [event(output_tokens=4)])
    before = set(lake.root.rglob("*.parquet"))
    lake.drain()
    (fresh,) = (path for path in set(lake.root.rglob("*.parquet")) - before if "quarantine" not in str(path))
    fresh.write_bytes(b"PAR1 and no more")
    assert main(["build", "--lake", str(lake.root)]) == 1
    said = capsys.readouterr().err
    assert fresh.name in said
    assert "readers keep the last good state" in said
    assert (lake.root / "publish" / "current.json").read_bytes() == pointer


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("5m", 300), ("1h", 3600), ("0", 0), ("1.5", 1.5)])
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "5 m", "1d"])
def test_what_is_no_length_of_time_is_told(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is no length of time; write 30s, 5m or 1h"):
        duration_s(text)
