"""The lake's keys: outside the lake, for nobody else to read, and missed when they are gone."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.local.cli import main
from infra.local.keyring import VARIABLE, key_path, open_keys, rotate
from infra.local.lake import Lake, LakeError
from tests.lakes import build_lake, event, make_lake, rows, send


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


def test_a_new_lake_gets_a_key_outside_of_it_that_only_its_owner_reads(lake: Lake) -> None:
    file = open_keys(lake)
    assert not file.path.is_relative_to(lake.root)
    assert lake.lake_id in file.path.name
    assert file.path.stat().st_mode & 0o077 == 0
    assert file.path.parent.stat().st_mode & 0o077 == 0
    assert open_keys(lake) == file
    key = json.loads(file.path.read_text())["keys"][0]["key"]
    assert not any(key.encode() in path.read_bytes() for path in lake.root.rglob("*") if path.is_file())


def test_the_variable_names_another_file_but_none_in_the_lake(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(lake.root.parent / "safe" / "keys.json"))
    assert open_keys(lake).path == lake.root.parent / "safe" / "keys.json"
    monkeypatch.setenv(VARIABLE, str(lake.root / "keys.json"))
    with pytest.raises(LakeError, match="which is in the lake"):
        open_keys(lake)


def test_keys_that_are_gone_are_missed_and_not_made_anew(lake: Lake) -> None:
    path = open_keys(lake).path
    kept = path.with_suffix(".kept")
    shutil.move(path, kept)
    with pytest.raises(LakeError, match=f"are not at {path}, .* say in {VARIABLE} where"):
        open_keys(lake)
    assert not path.exists()
    shutil.move(kept, path)
    assert open_keys(lake)


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"key": "AAAA", "made_at": "x"}]}'])
def test_a_file_that_holds_no_keys_is_told(lake: Lake, content: str) -> None:
    path = open_keys(lake).path
    path.write_text(content)
    with pytest.raises(LakeError, match="can't be read as a lake's keys"):
        open_keys(lake)


def test_another_lake_s_keys_are_refused(lake: Lake, tmp_path: Path) -> None:
    other = make_lake(tmp_path / "other")
    open_keys(lake)
    shutil.copy(open_keys(other).path, key_path(lake))
    with pytest.raises(LakeError, match="are not those that the lake"):
        open_keys(lake)


def test_a_rotation_adds_a_key_and_everyone_can_still_be_found(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    send(lake, [event("feedback", user_id="ann", comment="before")])
    rotate(lake)
    send(lake, [event("feedback", user_id="ann", comment="after"), event("feedback", user_id="bob")])
    build_lake(lake)
    assert len(rows(lake, "SELECT DISTINCT user_id FROM silver.feedback")) == 3
    assert main(["keys", "show", "--lake", str(lake.root), "--json"]) == 0
    assert [key["number"] for key in json.loads(capsys.readouterr().out)["keys"]] == [1, 2]
    assert main(["keys", "find", "ann", "--lake", str(lake.root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["ann"]
    assert [name[:3] for name in found] == ["p1-", "p2-"]
    assert main(["export", "--user", "ann", "--lake", str(lake.root)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["comment"] for line in lines] == ["before", "after"]


def exported(lake: Lake, capsys: pytest.CaptureFixture[str], *ids: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    words = [word for identity in ids for word in ("--user", identity)]
    assert main(["export", *words, "--lake", str(lake.root)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_person_gets_all_that_is_theirs_and_nothing_that_is_another_s(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    send(
        lake,
        [
            event("feedback", event_id="own", user_id="ann", session_id="s-ann", comment="Danke"),
            event("behavior", event_id="same-session", session_id="s-ann", properties={"a": 1}),
            event("web_vital", event_id="same-browser", anonymous_id="b-ann"),
            event("behavior", event_id="browser", user_id="ann", anonymous_id="b-ann"),
            event("behavior", event_id="shared-1", user_id="ann", anonymous_id="b-shared"),
            event("behavior", event_id="shared-2", user_id="bob", anonymous_id="b-shared"),
            event("behavior", event_id="shared-3", anonymous_id="b-shared"),
            event("email_event", event_id="mail", recipient="ann@example.com"),
            event("feedback", event_id="bad", user_id="ann", rating=9),
            event("feedback", event_id="other", user_id="bob"),
        ],
    )
    found = exported(lake, capsys, "ann", "ann@example.com")
    own = {"own", "same-session", "same-browser", "browser", "shared-1", "mail", "bad"}
    assert {line["event_id"] for line in found} == own
    told = next(line for line in found if line["event_id"] == "own")
    assert (told["table"], told["comment"], told["occurred_at"]) == ("feedback", "Danke", "2026-03-02T10:00:00+00:00")
    assert exported(lake, capsys, "nobody") == []


def test_an_export_goes_to_a_file_whole_or_not_at_all(lake: Lake, tmp_path: Path) -> None:
    send(lake, [event("feedback", user_id="ann")])
    out = tmp_path / "ann.jsonl"
    assert main(["export", "--user", "ann", "--lake", str(lake.root), "--out", str(out)]) == 0
    assert len(out.read_text().splitlines()) == 1
    assert main(["export", "--user", "ann", "--lake", str(lake.root), "--out", str(tmp_path / "no" / "x")]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ann.jsonl", "lake"]
