"""What is derived from the contracts is committed, complete, and follows a change by itself."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.contracts import generate
from ingest.contracts.derive import QUARANTINE_TABLE, columns
from ingest.contracts.generate import render, stale
from ingest.contracts.registry import EVENTS

GLUE_COMMENT_MAX = 255


@pytest.fixture(scope="module")
def files() -> Mapping[str, str]:
    return render(EVENTS)


def test_the_committed_files_are_not_stale(files: Mapping[str, str]) -> None:
    assert stale(files) == [], "run make generate"


def test_each_event_has_a_schema_a_glue_table_and_a_section(files: Mapping[str, str]) -> None:
    for event_type, model in EVENTS.items():
        assert json.loads(files[f"contracts/{event_type}.schema.json"])["title"] == model.TITLE
        assert f"\n## {model.TITLE}\n" in files["contracts.md"]
        assert json.loads(files[f"glue/{event_type}.json"])["Name"] == event_type


@pytest.mark.parametrize("table", [*EVENTS, QUARANTINE_TABLE])
def test_glue_takes_the_columns(files: Mapping[str, str], table: str) -> None:
    definition = json.loads(files[f"glue/{table}.json"])
    assert [key["Name"] for key in definition["PartitionKeys"]] == ["received_hour"]
    named = definition["StorageDescriptor"]["Columns"]
    assert len({column["Name"] for column in named}) == len(named)
    for column in named:
        assert column["Type"] in {"string", "bigint", "double", "boolean"}
        assert column["Name"] == column["Name"].lower()
        assert 0 < len(column["Comment"]) <= GLUE_COMMENT_MAX
        assert "\n" not in column["Comment"]


def test_the_page_shows_every_column_and_the_first_example(files: Mapping[str, str]) -> None:
    page = files["contracts.md"]
    for event_type, model in EVENTS.items():
        for column in columns(model):
            assert f"`{column.name}`" in page
        assert (generate.first_example(event_type) or "?").strip() in page


def test_stale_tells_what_is_missing_differs_or_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "glue").mkdir()
    (tmp_path / "glue" / "gone.json").write_text("{}")
    (tmp_path / "glue" / "same.json").write_text("{}")
    (tmp_path / "contracts.md").write_text("old")
    files = {"contracts.md": "new", "glue/same.json": "{}", "contracts/new.schema.json": "{}"}
    assert stale(files, tmp_path) == ["contracts.md", "contracts/new.schema.json", "glue/gone.json"]


def test_main_writes_what_is_stale_and_only_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    monkeypatch.setattr(generate.stale, "__defaults__", (tmp_path,))
    generate.main()
    assert len(capsys.readouterr().out.splitlines()) == len(render(EVENTS))
    (tmp_path / "glue" / "gone.json").write_text("{}")
    generate.main()
    assert capsys.readouterr().out == "docs/reference/glue/gone.json\n"
    assert stale(render(EVENTS), tmp_path) == []
