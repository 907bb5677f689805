"""Templates behind ``promptlake up``: keys by role, and what is asked for where others reach the lake."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from infra.local.access import SqliteGrants
from tests.commands import Up, run, run_json, up

MOVE = "/prompts/templates/t/versions/1/transitions"


def key(lake: Path, role: str, name: str, *more: str) -> dict[str, str]:
    made = run_json("access", "add", "--role", role, "--name", name, *more, "--lake", lake)
    return {"authorization": f"Bearer {made['key']}"}


def move(server: Up, to: str, who: dict[str, str]) -> tuple[int, str | None]:
    status, said = server.json("POST", MOVE, {"to": to, "why": "it is time"}, **who)
    return status, said.get("code")


def test_no_key_gets_around_the_review(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as server:
        assert server.json("POST", "/prompts/templates", {"id": "t", "body": "Hello"})[0] == 201
        assert move(server, "in_review", {}) == (200, None)
        assert move(server, "approved", {}) == (403, "self_approval"), "whoever is on this machine is one person"
        ann, bob = key(lake, "editor", "ann"), key(lake, "approver", "bob")
        ann_too = key(lake, "approver", "ann")
        assert server.json("POST", "/prompts/templates", {"id": "u", "body": "x"})[1]["code"] == "wrong_role"
        assert server.json("GET", "/prompts/templates/t")[0] == 200, "no key was made for reading"
        assert server.json("POST", "/prompts/templates", {"id": "u", "body": "x"}, **ann)[0] == 201
        submit = {"to": "in_review", "why": "x"}
        assert server.json("POST", MOVE.replace("/t/", "/u/"), submit, **ann)[0] == 200
        approve = {"to": "approved", "why": "x"}
        assert server.json("POST", MOVE.replace("/t/", "/u/"), approve, **ann_too)[1]["code"] == "self_approval"
        assert move(server, "approved", ann) == (403, "wrong_role")
        assert move(server, "approved", bob) == (200, None)
        foreign = {"origin": "https://evil.example"}
        assert server.json("POST", "/prompts/templates", {"id": "v", "body": "x"}, **bob, **foreign)[0] == 403
        only_staging = key(lake, "admin", "sam", "--environment", "staging")
        assert server.json("GET", "/prompts/templates/t?environment=default", **only_staging)[0] == 403
        assert server.call("GET", "/analytics/costs", **only_staging)[0] == 403


def test_elsewhere_than_on_loopback_a_key_is_demanded(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake):
        pass
    done = run("up", "--lake", lake, "--port", "0", "--host", "0.0.0.0", check=False)  # noqa: S104
    assert done.returncode == 1
    assert "it has no key yet" in done.stderr
    ann = key(lake, "editor", "ann")
    with up(lake, "--host", "0.0.0.0", "--build-every", "0") as server:  # noqa: S104
        assert server.json("GET", "/prompts/templates", host="lake.example")[0] == 401
        assert server.json("GET", "/prompts/templates", host="lake.example", **ann)[0] == 200
        for path in ("/", "/analytics/costs"):
            assert server.call("GET", path)[0] == 401
        assert server.json("POST", "/v1/events", {})[0] == 401


def test_keys_that_were_made_before_they_had_holders_go_on(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "state.db")
    old.execute(
        "CREATE TABLE access_key (id TEXT PRIMARY KEY, digest TEXT NOT NULL, role TEXT NOT NULL, environments TEXT NOT "
        "NULL, events_per_s REAL, note TEXT NOT NULL, made_at TEXT NOT NULL DEFAULT '2026-01-01', revoked_at TEXT)"
    )
    old.execute("INSERT INTO access_key (id, digest, role, environments, note) VALUES ('k', 'd', 'viewer', '', '')")
    old.commit()
    old.close()
    for _ in range(2):
        grants = SqliteGrants(tmp_path / "state.db")
        found = grants.find("k", "d")
        assert found is not None
        assert (found.role, found.name) == ("viewer", "key k")
        grants.close()
