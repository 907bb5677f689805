"""The shipped mappings take every row of the real logs, to the last token, and drafts do too."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.importing import import_files
from infra.local.lake import open_lake
from ingest.contracts.events.prompt_execution import PromptExecution
from ingest.contracts.validate import validate
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.batches import batches, check_files
from ingest.doors.mapping.guess import guess
from ingest.doors.mapping.ids import RowIds
from ingest.doors.mapping.load import load, parse
from ingest.doors.mapping.model import Mapping

pytestmark = pytest.mark.real_data


def events(path: Path, mapping: Mapping) -> list[Any]:
    check_files([path], mapping)
    now, ids = datetime.now(UTC), RowIds(mapping.source)
    return [validate(item, now) for batch in batches([path], RowMapper(mapping, ids)) for _, item in batch.placed]


def tokens(found: list[Any]) -> tuple[int, int]:
    calls = [event for event in found if isinstance(event, PromptExecution)]
    return sum(c.uncached_input_tokens or 0 for c in calls), sum(c.output_tokens or 0 for c in calls)


@pytest.fixture
def aider(real_data: Path) -> Path:
    return real_data / "aider" / "events.jsonl"


@pytest.fixture
def azure(real_data: Path) -> Path:
    (path,) = (real_data / "azure_llm").glob("*.csv")
    return path


@pytest.mark.parametrize("drafted", [False, True])
def test_aider(aider: Path, drafted: bool) -> None:
    rows = [json.loads(line) for line in aider.read_text().splitlines()]
    sends = [row["properties"] for row in rows if row["event"] == "message_send"]
    found = events(aider, parse(guess(aider).text(), "draft") if drafted else load("aider"))
    assert len(found) == len({event.event_id for event in found}) == len(rows) == 26_057
    assert tokens(found) == (sum(s["prompt_tokens"] for s in sends), sum(s["completion_tokens"] for s in sends))
    assert [event.occurred_at.timestamp() for event in found] == [row["time"] for row in rows]
    assert [event.user_id for event in found] == [row["user_id"] for row in rows]
    if not drafted:
        kinds = Counter(row["event"] for row in rows)
        by_type = Counter(event.event_type for event in found)
        assert by_type["prompt_execution"] == kinds["message_send"] + kinds["message_send_exception"]
        assert by_type["feedback"] == kinds["command_undo"]
        failed = [e for e in found if e.event_type == "prompt_execution" and e.status == "error"]
        assert len(failed) == kinds["message_send_exception"]
        assert not any("exception" in (e.properties or {}) for e in failed)


@pytest.mark.parametrize("drafted", [False, True])
def test_azure_llm(azure: Path, drafted: bool) -> None:
    with azure.open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = events(azure, parse(guess(azure).text(), "draft") if drafted else load("azure_llm"))
    assert len(found) == len({event.event_id for event in found}) == len(rows) == 19_366
    assert {type(event) for event in found} == {PromptExecution}
    assert tokens(found) == tuple(sum(int(row[name]) for row in rows) for name in ("ContextTokens", "GeneratedTokens"))
    assert [f"{e.occurred_at:%Y-%m-%d %H:%M:%S.%f}" for e in found] == [row["TIMESTAMP"][:26] for row in rows]


def test_importing_twice_into_one_lake_receives_all_again_under_the_same_ids(
    tmp_path: Path, aider: Path, azure: Path
) -> None:
    lake = open_lake(tmp_path / "lake", create=True)
    for name, path, rows in (("aider", aider, 26_057), ("azure_llm", azure, 19_366)):
        mapping = load(name)
        for _ in range(2):
            imported = import_files(lake, [path], mapping, check_files([path], mapping))
            assert (imported.received.total(), imported.quarantined.total()) == (rows, 0)
        assert _ids(lake.root, f"import:{name}") == (2 * rows, rows)


def _ids(root: Path, door: str) -> tuple[int, int]:
    import pyarrow.parquet as pq

    found: list[str] = []
    for path in (root / "bronze").rglob("*.parquet"):
        table = pq.ParquetFile(path).read(["door", "event_id"])
        if table["door"][0].as_py() == door:
            found += table["event_id"].to_pylist()
    return len(found), len(set(found))
