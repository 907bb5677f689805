"""`promptlake import`: checked before anything is written, every row accounted for, safe to repeat."""

import argparse
import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from infra.local import importing
from infra.local.commands import import_
from infra.local.lake import LakeError, open_lake
from ingest.contracts import layout

MAPPING = """\
name: calls
source: calls
format: jsonl
fields: {occurred_at: {from: ts, unit: epoch_s}}
rules:
  - {when: {k: call}, event: prompt_execution, fields: {model: {from: model}, output_tokens: {from: out}}}
"""


def run(*argv: Any) -> int:
    parser = argparse.ArgumentParser()
    import_.add_parser(parser.add_subparsers())
    args = parser.parse_args(["import", *map(str, argv)])
    return int(args.run(args))


def row(n: int, **more: Any) -> str:
    return json.dumps({"k": "call", "ts": 1767349800 + n, "model": "m", "out": n, **more}) + "\n"


def bronze(lake: Path, table: str) -> list[dict[str, Any]]:
    paths = sorted((lake / "bronze" / table).rglob("*.parquet"))
    return [r for path in paths for r in pq.ParquetFile(path).read().to_pylist()]


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "calls.yaml"
    path.write_text(MAPPING)
    return path


def test_all_rows_are_received_and_bad_ones_quarantined_with_their_place(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, lake = tmp_path / "log.jsonl", tmp_path / "lake"
    bad = ["{broken\n", row(4, k="other"), row(5, out=-1), row(6, ts=1767349800_000), row(7, model="")]
    log.write_text(row(1) + row(1) + row(2) + "".join(bad) + row(3))
    assert run(log, "--mapping", mapping, "--lake", lake, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert {k: answer[k] for k in ("received", "stored", "quarantined", "dropped")} == {
        "received": 9, "stored": 4, "quarantined": 5, "dropped": 0,
    }  # fmt: skip
    stored = bronze(lake, "prompt_execution")
    assert sorted(r["output_tokens"] for r in stored) == [1, 1, 2, 3]
    assert {r["door"] for r in stored} == {"import:calls"}
    quarantined = bronze(lake, "quarantine")
    assert len(quarantined) == 5
    for number, reason in enumerate(r["message"] for r in quarantined):
        assert reason.startswith(f"{log}:{number + 4}")
        assert reason.endswith(".")
    database = sqlite3.connect(lake / layout.STATE_FILE)
    bookings = dict(database.execute("SELECT kind, sum(count) FROM booking GROUP BY 1"))
    database.close()
    assert bookings["received"] == 9 == bookings["bronze"] + bookings["quarantined"]


def test_a_log_that_has_grown_adds_only_what_is_new_whatever_its_name(tmp_path: Path, mapping: Path) -> None:
    lake, log, grown = tmp_path / "lake", tmp_path / "log.jsonl", tmp_path / "grown.jsonl.gz"
    log.write_text(row(1) + row(1) + row(2))
    grown.write_bytes(gzip.compress((row(1) + row(1) + row(2) + row(1) + row(3)).encode()))
    run(log, "--mapping", mapping, "--lake", lake)
    run(grown, "--mapping", mapping, "--lake", lake)
    stored = bronze(lake, "prompt_execution")
    assert len(stored) == 8
    assert len({r["event_id"] for r in stored}) == 5


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "is not JSON Lines, as the mapping 'calls' says: line 1 is not JSON"),
        ('{"time": 1}\n', "its first rows have no 'ts', but time; choose another mapping"),
        ('{"ts": 1767349800000}\n', "in its first rows ts is 1767349800000, which looks like milliseconds"),
    ],
)
def test_a_file_that_is_not_what_its_mapping_says_leaves_the_lake_untouched(
    tmp_path: Path, mapping: Path, body: str, message: str
) -> None:
    good, bad, lake = tmp_path / "good.jsonl", tmp_path / "bad.jsonl", tmp_path / "lake"
    good.write_text(row(1))
    bad.write_text(body)
    with pytest.raises(LakeError) as refused:
        run(good, bad, "--mapping", mapping, "--lake", lake)
    assert message in str(refused.value)
    assert not lake.exists()


def test_naming_a_file_twice_is_refused(tmp_path: Path, mapping: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(row(1))
    with pytest.raises(LakeError, match="is the same file as"):
        run(log, tmp_path / "." / "log.jsonl", "--mapping", mapping, "--lake", tmp_path / "lake")


def test_without_a_mapping_it_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"shipped are aider, .*--guess"):
        run(tmp_path / "log.jsonl")


def test_a_dry_run_shows_rows_and_every_refusal_and_stores_nothing(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, lake = tmp_path / "log.jsonl", tmp_path / "lake"
    log.write_text("".join(row(n) for n in range(30)) + "{broken\n" * 30)
    assert run(log, "--mapping", mapping, "--dry-run", "--lake", lake, "--json") == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum("event_id" in answer for answer in answers) == 10
    assert sum("refused" in answer for answer in answers) == 30
    assert answers[-1]["received"] == 60
    assert run(log, "--mapping", mapping, "--dry-run", "--lake", lake) == 0
    assert capsys.readouterr().out.count("refused: ") == 30
    assert not lake.exists()


def test_a_disk_that_fails_half_way_is_told_with_what_was_imported(
    tmp_path: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, lake = tmp_path / "1.jsonl", tmp_path / "2.jsonl", tmp_path / "lake"
    first.write_text(row(1) + row(2))
    second.write_text(row(3))
    append, calls = importing._append, 0

    def failing(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(28, "No space left on device")
        append(*args)

    monkeypatch.setattr(importing, "_append", failing)
    with pytest.raises(LakeError) as refused:
        run(first, second, "--mapping", mapping, "--lake", lake)
    said = str(refused.value)
    assert f"No space left on device. Imported until then: 2 rows of {first}, and nothing of {second};" in said
    open_lake(lake).drain()
    assert len(bronze(lake, "prompt_execution")) == 2


def test_the_draft_of_guess_goes_to_standard_output(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(row(1))
    assert run(log, "--guess") == 0
    mapping.write_text(capsys.readouterr().out)
    assert run(log, "--mapping", mapping, "--lake", tmp_path / "lake") == 0
    assert "Next: promptlake build" in capsys.readouterr().out


def test_the_draft_can_be_had_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(row(1))
    assert run(log, "--guess", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["rows"], answer["fit"], answer["refusal"]) == ("log.jsonl", 1, 1, None)
    assert "format: jsonl" in answer["mapping"]


LINES = r"""
name: app
source: app
format: lines
pattern: '(?P<ts>\d+) (?P<kind>\w+) (?P<out>\S+)'
skip: '^#'
fields: {occurred_at: {from: ts, unit: epoch_s}}
rules:
  - {when: {kind: call}, event: prompt_execution, fields: {model: {value: m}, output_tokens: {from: out}}}
"""
TEXT = """\
# started
1767349800 call 1
1767349800 call 1
1767349801 call many
Traceback (most recent)

1767349802 pool 3
"""


@pytest.mark.parametrize(("more", "refused", "passed_over"), [("", 3, 1), ("else: ignore\n", 1, 3)])
def test_lines_that_are_no_events_are_refused_or_counted_as_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, refused: int, passed_over: int
) -> None:
    log, mapping, lake = tmp_path / "app.log", tmp_path / "app.yaml", tmp_path / "lake"
    log.write_text(TEXT)
    mapping.write_text(LINES + more)
    assert run(log, "--mapping", mapping, "--lake", lake, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    counts = [answer[name] for name in ("received", "stored", "quarantined", "passed_over")]
    assert counts == [2 + refused, 2, refused, passed_over]
    assert len({r["event_id"] for r in bronze(lake, "prompt_execution")}) == 2
    reasons = answer["refusals"]
    assert f"{log}:4: out is a text, not a number." in reasons
    if not more:
        assert any(r.startswith(f"{log}:5 does not match the mapping's `pattern`") for r in reasons)
        assert any(r.startswith(f"{log}:7 is described by no rule") for r in reasons)
    for words in ((), ("--dry-run",)):
        run(log, "--mapping", mapping, "--lake", lake, *words)
        out = capsys.readouterr().out
        assert (
            f"Passed over, as the mapping says (`skip`, `else: ignore`, or an `each` without a value): {passed_over}"
            in out
        )


DOCUMENT = """
name: export
source: export
format: json
fields: {occurred_at: {from: ts, unit: epoch_s}}
rules:
  - {when: any, event: prompt_execution, fields: {model: {from: model}, output_tokens: {from: out}}}
"""


def test_a_json_document_is_imported_element_by_element(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, mapping, lake = tmp_path / "export.json.gz", tmp_path / "export.yaml", tmp_path / "lake"
    mapping.write_text(DOCUMENT)
    rows = [json.loads(row(n)) for n in range(3)] + [7, json.loads(row(4, out=-1))]
    log.write_bytes(gzip.compress(json.dumps(rows).encode()))
    assert run(log, "--mapping", mapping, "--lake", lake, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["received"], answer["stored"]) == (5, 3)
    assert answer["refusals"][0] == f"{log}:1 (element 4) is JSON but not an object; each row must be one {{…}}."
    assert answer["refusals"][1].startswith(f"{log}:1 (element 5): prompt_execution: output_tokens should be")


def test_a_json_document_that_breaks_off_leaves_the_lake_untouched(tmp_path: Path) -> None:
    log, mapping, lake = tmp_path / "export.json", tmp_path / "export.yaml", tmp_path / "lake"
    mapping.write_text(DOCUMENT)
    log.write_text(json.dumps([json.loads(row(n)) for n in range(50)])[:-9])
    with pytest.raises(LakeError, match=r"export\.json:1 is not JSON \(.*\), or ends too early"):
        run(log, "--mapping", mapping, "--lake", lake)
    assert not lake.exists()


def test_a_dry_run_shows_the_first_rows_of_every_event_type(
    tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    mapping.write_text(MAPPING + "  - {when: {k: click}, event: behavior, fields: {action: {value: click}}}\n")
    log.write_text("".join(row(n) for n in range(30)) + row(31, k="click") + row(32, k="else"))
    assert run(log, "--mapping", mapping, "--dry-run", "--lake", tmp_path / "lake", "--json") == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    shown = [answer["event_type"] for answer in answers if "event_id" in answer]
    assert (shown.count("prompt_execution"), shown.count("behavior")) == (10, 1)
    assert next(a["refused"] for a in answers if "refused" in a).startswith(f"{log}:32 is described by no rule")
