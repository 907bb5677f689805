"""``promptlake quarantine``: what was refused is listed, shown, and stored once after a fix."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local.cli import main
from infra.local.delivering import open_transform
from infra.local.lake import Lake
from infra.local.ledger import SqliteLedger
from infra.local.quarantine import Chosen, Quarantine
from ingest.contracts import layout
from ingest.contracts.registry import EVENTS
from ingest.contracts.validate import Refusal
from ingest.delivery.batch import PAYLOAD_MAX_CHARS
from ingest.delivery.quarantine import NEVER, replay
from tests.lakes import assert_reconciles, build_lake, event, make_lake, row, rows, send


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """One whose owner keeps what no contract describes, so that a version that does can store it."""
    made = make_lake(tmp_path / "lake")
    (made.root / layout.SETTINGS_FILE).write_text('[environments."*"]\nunknown = "redacted"\n')
    return made


class Asked:
    """Runs the command on one lake."""

    def __init__(self, lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
        self._lake, self._capsys = lake, capsys

    def text(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        assert main(["quarantine", *words, "--lake", str(self._lake.root)]) == code
        printed = self._capsys.readouterr()
        return printed.err if code else printed.out

    def json(self, *words: str) -> Any:
        return json.loads(self.text(*words, "--json"))

    def ids(self, *words: str) -> list[str]:
        return [entry["id"] for entry in self.json("list", "--each", *words)]


@pytest.fixture
def ask(lake: Lake, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(lake, capsys)


@pytest.fixture
def unfixed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A version that knows no contract ``behavior`` yet; undoing it is the fix."""
    known = {name: model for name, model in EVENTS.items() if name != "behavior"}
    for module in ("ingest.contracts.validate", "ingest.delivery.quick", "ingest.delivery.privacy.remains"):
        monkeypatch.setattr(f"{module}.EVENTS", known)
    return monkeypatch


def test_list_counts_by_time_type_stage_and_code(lake: Lake, ask: Asked) -> None:
    send(lake, [event(latency_s=1), event(latency_s=2), event("feedback", stars=9), event()])
    hours = {group["period"] for group in ask.json("list", "--by", "hour")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d-\d\d", hour) for hour in hours)
    groups = {(g["event_type"], g["stage"], g["code"]): g for g in ask.json("list")}
    assert {key: group["refused"] for key, group in groups.items()} == {
        ("prompt_execution", "delivery", "unknown_field"): 2,
        ("feedback", "delivery", "unknown_field"): 1,
    }
    told = ask.text("list")
    assert "did you mean 'latency_ms'" in told
    assert [g["event_type"] for g in ask.json("list", "--type", "feedback")] == ["feedback"]
    assert ask.json("list", "--code", "too_deep") == []
    assert ask.json("list", "--since", "2999-01-01") == []
    assert len(ask.json("list", "--since", f"{min(hours)}")) == 2
    assert "Nothing of that is in quarantine" in ask.text("list", "--code", "too_deep")


def test_show_tells_one_event_with_payload_and_reason(lake: Lake, ask: Asked) -> None:
    send(lake, [event(event_id="bad", latency_s=1)])
    (entry_id,) = ask.ids()
    shown = ask.json("show", entry_id)
    assert (shown["event_id"], shown["code"], shown["door"], shown["never"]) == ("bad", "unknown_field", "native", None)
    assert json.loads(shown["payload"])["latency_s"] == 1
    shortened = re.sub(r"/(.{6}).*:", r"/\1:", entry_id)
    assert ask.json("show", shortened) == shown
    assert '"latency_s": 1' in ask.text("show", shortened)


@pytest.mark.parametrize("unknown", ["nothing", "2026-03-01-10/abc:0", ":0", "{}:7", "{}:x", "2:0"])
def test_an_id_that_names_no_event_or_several_is_one_sentence(lake: Lake, ask: Asked, unknown: str) -> None:
    for _ in range(2):
        send(lake, [event(latency_s=1)])
        lake.drain()
    name = ask.ids()[0].rpartition(":")[0]
    said = ask.text("show", unknown.format(name), code=1)
    assert "can mean 2 objects" in said if unknown == "2:0" else "Quarantine holds no event" in said
    assert said.count("\n") == 1


def test_a_replay_after_a_fix_stores_each_event_once(lake: Lake, ask: Asked, unfixed: pytest.MonkeyPatch) -> None:
    sent = [event("feedback"), {**event("feedback"), "event_type": "behavior", "event_id": "f1", "action": "x"}]
    clicks = [
        {"event_type": "behavior", "event_id": f"b{n}", "occurred_at": "2026-03-02T10:00:00Z", "action": "click"}
        for n in range(3)
    ]
    clicks[2]["consent"] = {"analytics": False}  # type: ignore[assignment]
    send(lake, [*sent, *clicks], door="otlp_logs")
    first = ask.json("replay")
    # Of the one whose person has not agreed to be analysed nothing was kept, so that nothing can come back.
    assert (first["refused_again"], first["never"]) == ({"unknown": 3}, {"without payload": 1})
    before = assert_reconciles(lake)
    unfixed.undo()
    done = ask.json("replay")
    assert (done["stored"], done["dropped"], done["refused_again"]) == (
        {"behavior": 2},
        {},
        {"behavior": 1},
    )
    assert "kind" in done["reasons"][0]["message"]
    again = ask.json("replay")
    assert (again["stored"], again["already_replayed"], again["refused_again"]) == ({}, 2, {"behavior": 1})
    build_lake(lake)
    stored = rows(lake, "SELECT event_id, door FROM bronze.behavior ORDER BY 1")
    assert stored == [("b0", "otlp_logs"), ("b1", "otlp_logs")]
    assert row(lake, "SELECT count(*) FROM silver.behavior") == (2,)
    totals = assert_reconciles(lake)
    assert (totals["received"], totals["quarantined"]) == (before["received"], before["quarantined"])
    booked = "SELECT sum(received), sum(replayed), sum(dropped), sum(abs(delivery_gap)), sum(abs(silver_gap))"
    assert row(lake, f"{booked} FROM gold.reconciliation") == (5, 2, 0, 0, 0)
    (group,) = ask.json("list")
    assert (group["refused"], group["replayed"]) == (4, 2)
    assert sum(entry["replayed_at"] is not None for entry in ask.json("list", "--each")) == 2
    assert main(["reconcile", "--lake", str(lake.root)]) == 0


def test_a_replay_of_what_its_client_has_sent_again_doubles_nothing(
    lake: Lake, ask: Asked, unfixed: pytest.MonkeyPatch
) -> None:
    click = {"event_type": "behavior", "event_id": "b", "occurred_at": "2026-03-02T10:00:00Z", "action": "click"}
    send(lake, [click])
    unfixed.undo()
    send(lake, [click])
    build_lake(lake)
    assert ask.json("replay", *ask.ids("--type", "unknown"))["stored"] == {"behavior": 1}
    build_lake(lake)
    assert row(lake, "SELECT count(*) FROM silver.behavior") == (1,)
    assert assert_reconciles(lake)["duplicates"] == 1


def test_only_what_is_chosen_is_replayed(lake: Lake, ask: Asked, unfixed: pytest.MonkeyPatch) -> None:
    send(lake, [event("feedback", stars=1), {**event("feedback"), "event_type": "behavior"}])
    unfixed.undo()
    assert ask.json("replay", "--code", "unknown_field")["refused_again"] == {"feedback": 1}
    assert ask.json("replay", "--type", "unknown")["refused_again"] == {"behavior": 1}
    assert ask.json("replay", "--since", "2999-01-01")["refused_again"] == {}


def test_what_can_never_be_replayed_is_counted_and_says_why(lake: Lake, ask: Asked) -> None:
    big = event(properties={"text": "x" * PAYLOAD_MAX_CHARS}, latency_s=1)
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    send(
        lake,
        [
            big,
            Refusal("invalid_json", "Line 1 is not JSON.", payload="{'event_type'"),
            Refusal("invalid_encoding", "The record can't be decompressed.", payload=""),
            Refusal("invalid_span", "A span is not an object.", payload='{"spanId": "1"}'),
            event(properties={"deep": deep}),
            event(properties={"number": 2**70}),
            event(event_id="same"),
            event(latency_ms=["what a list may hold"]),
        ],
    )
    build_lake(lake)
    send(lake, [event(event_id="same", occurred_at="2026-03-02T11:00:00Z")])
    build_lake(lake)
    never = ask.json("replay")["never"]
    assert never == {
        "cut": 1, "undecodable": 1, "without payload": 1, "no event": 1, "altered": 2, "conflict": 1, "removed": 1,
    }  # fmt: skip
    assert set(never) == set(NEVER)
    told = ask.text("replay")
    assert all(sentence in told for sentence in NEVER.values())
    conflict = ask.ids("--code", "conflict")[0]
    assert NEVER["conflict"] in ask.text("show", conflict)
    assert row(lake, "SELECT count(*) FROM silver.prompt_execution") == (1,)
    assert_reconciles(lake)


def test_a_time_in_the_future_does_not_become_right_by_waiting(
    lake: Lake, ask: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lake, [event(occurred_at="2999-01-01T00:00:00Z")])
    monkeypatch.setattr("time.time_ns", lambda: 32_503_680_000 * 10**9)
    assert ask.json("replay")["refused_again"] == {"prompt_execution": 1}


def test_a_replay_comes_after_what_was_complete_also_where_the_clock_is_set_back(
    lake: Lake, ask: Asked, unfixed: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lake, [{"event_type": "behavior", "event_id": "b", "occurred_at": "2026-03-02T10:00:00Z", "action": "click"}])
    complete_us = lake.drain().complete_through_us
    unfixed.undo()
    monkeypatch.setattr("time.time_ns", lambda: (complete_us - 3_600_000_000) * 1000)
    assert ask.json("replay")["stored"] == {"behavior": 1}
    assert row(lake, f"SELECT received_at_us >= {complete_us} FROM bronze.behavior") == (True,)


def test_a_replay_that_is_cut_off_happened_or_did_not(lake: Lake, ask: Asked, unfixed: pytest.MonkeyPatch) -> None:
    send(lake, [{"event_type": "behavior", "event_id": "b", "occurred_at": "2026-03-02T10:00:00Z", "action": "click"}])
    lake.drain()
    unfixed.undo()

    commit = SqliteLedger.commit_replay

    def before(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def after(*args: Any) -> None:
        commit(*args)
        before()

    for cut_off in (before, after):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SqliteLedger, "commit_replay", cut_off)
            assert "No space left" in ask.text("replay", code=1)
        if cut_off is before:
            assert row(lake, "SELECT count(*) FROM bronze.behavior") == (0,)
    assert ask.json("replay")["already_replayed"] == 1
    build_lake(lake)
    assert row(lake, "SELECT count(*) FROM silver.behavior") == (1,)
    assert_reconciles(lake)


def test_two_replays_at_once_take_each_event_out_once(lake: Lake, unfixed: pytest.MonkeyPatch) -> None:
    clicks = [
        {"event_type": "behavior", "event_id": f"b{n}", "occurred_at": "2026-03-02T10:00:00Z", "action": "click"}
        for n in range(500)
    ]
    for start in range(0, 500, 50):
        send(lake, clicks[start : start + 50])
    unfixed.undo()

    def once(_: int) -> tuple[int, int]:
        quarantine, ledger = Quarantine(lake), lake.ledger()
        try:
            done = replay(
                lake.root, ledger, open_transform(lake), (entry.refused for entry in quarantine.entries(Chosen()))
            )
        finally:
            ledger.close()
            quarantine.close()
        return done.stored.total(), done.already

    with ThreadPoolExecutor(3) as pool:
        stored, already = map(sum, zip(*pool.map(once, range(3)), strict=True))
    assert (stored, already) == (500, 1000)
    build_lake(lake)
    assert row(lake, "SELECT count(*) FROM silver.behavior") == (500,)
    assert assert_reconciles(lake)["duplicates"] == 0
