"""Erasing a person: nothing of the person is left anywhere, everybody else is as if the person had never been there."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from infra.local.bronze import FolderBronze
from infra.local.delivering import open_transform
from infra.local.erasing import erase_from_lake
from infra.local.keyring import VARIABLE as KEYS
from infra.local.keyring import open_keys
from infra.local.lake import Lake, LakeError
from infra.local.ledger import SqliteLedger
from infra.local.maintaining import maintain_lake
from infra.local.person import Search
from ingest.contracts import layout
from ingest.delivery.privacy.consent import Choice
from sql.catalog import models
from sql.checks import Check
from tests.lakes import assert_reconciles, build_lake, event, make_lake, of_ann, row, send, tables
from transforms.jobs import build as build_job
from transforms.jobs import erase as erase_job
from transforms.jobs.build import GateFailed


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


def gold(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    names = [name for name in models() if name.startswith("gold.") and name != "gold.reconciliation"]
    return tables(lake, names)


def pseudonyms(lake: Lake, *ids: str) -> list[str]:
    return [name for identity in ids for name in open_keys(lake).keyring.pseudonyms(identity)]


def left(lake: Lake, names: list[str]) -> dict[str, set[str]]:
    """Every file of the lake in which one of some names is left, in whatever it holds compressed, too."""
    found = {}
    for path in lake.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content += orjson.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str)
            if traces := {name for name in names if name.encode() in content}:
                found[str(path.relative_to(lake.root))] = traces
    return found


def of_others(day: int = 2) -> list[dict[str, Any]]:
    at = f"2026-03-0{day}T10:00:00Z"
    return [
        event(event_id=f"o{day}", user_id="bob", session_id="s-bob", output_tokens=3, occurred_at=at),
        event("behavior", event_id=f"ob{day}", user_id="bob", anonymous_id="shared", occurred_at=at),
        event("feedback", event_id=f"of{day}", user_id="bob", execution_id=f"o{day}", occurred_at=at),
    ]


def refused_of_ann() -> list[dict[str, Any]]:
    return [event(event_id="bad", user_id="ann", latency_ms="slow"), event("behavior", user_id="ann", note="?")]


def test_without_a_withdrawal_the_ledger_forgets_the_person_too(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    send(lake, of_ann())
    build_lake(lake)
    open_transform(lake).decide([Choice(None, ("ann",), {"content": True}, datetime.now(UTC))])
    conflict = event(event_id="a2", user_id="ann", occurred_at="2026-03-02T11:00:00Z")
    send(lake, [conflict])
    with monkeypatch.context() as broken:
        broken.setattr(build_job, "note_pending", dies)
        with pytest.raises(Killed):
            build_lake(lake)
    assert any(layout.STAGING in path for path in left(lake, pseudonyms(lake, "ann")))
    erase_from_lake(lake, ["ann"])
    (lake.root / layout.SETTINGS_FILE).write_text("[retention]\nsnapshots_hours = 0\n")
    maintain_lake(lake)
    assert left(lake, pseudonyms(lake, "ann", "s-ann", "b-ann")) == {}


def test_everybody_else_is_as_if_the_person_had_never_been_there(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS, str(tmp_path / "of-both.json"))
    without = make_lake(tmp_path / "without")
    for one, other in ((of_ann(), of_others()), (of_ann(3), of_others(3))):
        send(lake, [*one, *other])
        send(without, other)
        build_lake(lake)
    build_lake(without)
    erase_from_lake(lake, ["ann"])
    assert gold(lake) == gold(without)
    build_lake(lake)
    assert gold(lake) == gold(without)


def test_who_withdrew_is_still_not_stored_after_being_erased(lake: Lake) -> None:
    send(lake, of_ann())
    build_lake(lake)
    open_transform(lake).decide([Choice(None, ("ann",), {"analytics": False}, datetime.now(UTC))])
    erase_from_lake(lake, ["ann"])
    assert send(lake, [event(user_id="ann")]).dropped == {"prompt_execution": 1}


def test_erasing_again_finds_nothing(lake: Lake) -> None:
    send(lake, [*of_ann(), *of_others()])
    build_lake(lake)
    first, _ = erase_from_lake(lake, ["ann"])
    before = gold(lake)
    second, _ = erase_from_lake(lake, ["ann"])
    assert second["rows"] == {}
    assert second["erasure"] != first["erasure"]
    assert gold(lake) == before
    assert_reconciles(lake)


def test_a_rule_that_new_events_break_does_not_keep_a_person_in_the_lake(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lake, [*of_ann(), *of_others()])
    build_lake(lake)
    name = "silver.prompt_execution"
    check = Check(column="output_tokens", rule="between", max=10, severity="fail")
    monkeypatch.setitem(models(), name, models()[name].model_copy(update={"checks": (check,)}))
    send(lake, [event(user_id="bob", output_tokens=11), event(user_id="ann", output_tokens=11)])
    with pytest.raises(GateFailed):
        build_lake(lake)
    erase_from_lake(lake, ["ann"])
    assert row(lake, "SELECT sum(output_tokens) FROM gold.cost_daily") == (3,)
    assert row(lake, "SELECT count(*) FROM bronze.prompt_execution") == (2,)
    assert_reconciles(lake)


def test_an_object_that_can_not_be_read_stops_it_before_anything_goes(lake: Lake) -> None:
    send(lake, [*of_ann(), *of_others()])
    build_lake(lake)
    send(lake, of_ann(3))
    lake.drain()
    newest = max((lake.root / layout.bronze_table("behavior")).rglob("*.parquet"), key=lambda p: p.stat().st_mtime_ns)
    whole = newest.read_bytes()
    newest.write_bytes(whole[:-10])
    with pytest.raises(LakeError, match=r"behavior/.*parquet can't be read .*quarantine aside"):
        erase_from_lake(lake, ["ann"])
    newest.write_bytes(whole)
    assert row(lake, "SELECT count(*) FROM bronze.prompt_execution") == (3,)
    assert row(lake, "SELECT count(*) FROM silver.behavior") == (3,)


def dies(*_: Any) -> None:
    raise Killed


def after(original: Callable[..., Any], nth: int) -> Callable[..., Any]:
    calls: list[None] = []

    def dies_after(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        calls.append(None)
        if len(calls) == nth:
            raise Killed
        return result

    return dies_after


class Killed(BaseException):
    pass


CUTS = [
    (SqliteLedger, "set_fact", 1),
    (FolderBronze, "take_out", 1),
    (FolderBronze, "take_out", 2),
    (SqliteLedger, "commit_silver", 1),
    (SqliteLedger, "set_fact", 2),
    (erase_job, "apply_change", 1),
]


def test_an_erasure_cut_off_again_and_again_is_finished_by_the_same_command(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lake, [*of_ann(), *of_others(), *refused_of_ann()])
    build_lake(lake)
    for owner, name, nth in CUTS:
        with monkeypatch.context() as broken:
            broken.setattr(owner, name, after(getattr(owner, name), nth))
            with pytest.raises(Killed):
                erase_from_lake(lake, ["ann"])
    receipt, _ = erase_from_lake(lake, ["ann"])
    assert receipt["rows"] == {
        "bronze.behavior": 2,
        "bronze.email_event": 1,
        "bronze.prompt_execution": 1,
        "bronze.quarantine": 2,
        "bronze.web_vital": 1,
        "gold.cost_user_daily": 1,
        "gold.person_daily": 1,
        "gold.sessions": 2,
        "silver.behavior": 2,
        "silver.email_event": 1,
        "silver.prompt_execution": 1,
        "silver.web_vital": 1,
    }
    assert list(Search(lake, pseudonyms(lake, "ann")).rows()) == []
    assert_reconciles(lake)
    assert len(list((lake.root / layout.RECEIPTS).iterdir())) == 1
