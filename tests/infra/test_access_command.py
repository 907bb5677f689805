"""``promptlake access``, and the running server that follows it."""

import json
from pathlib import Path

from tests.commands import run, run_json, up
from tests.lakes import event


def test_keys_are_made_listed_and_ended_while_the_server_runs(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as server:
        assert server.json("POST", "/v1/events", event())[0] == 200
        made = run_json(
            "access", "add", "--role", "emitter", "--environment", "shop", "--note", "checkout", "--lake", lake
        )
        writer = {"authorization": f"Bearer {made['key']}"}
        reader = {"x_api_key": run_json("access", "add", "--role", "viewer", "--lake", lake)["key"]}

        def statuses(**headers: str) -> list[int]:
            feedback = {"kind": "thumb", "thumb": "up", "execution_id": "e-1"}
            return [
                server.json("POST", "/v1/events", event(), **headers)[0],
                server.json("POST", "/analytics/feedback", feedback, **headers)[0],
                server.json("POST", "/v1/consent", {"user_id": "u", "content": False}, **headers)[0],
                server.call("GET", "/", **headers)[0],
                server.call("GET", "/analytics/costs", **headers)[0],
            ]

        assert statuses() == [401, 401, 401, 401, 401]
        assert statuses(**writer) == [200, 201, 200, 403, 403]
        assert statuses(**reader)[:4] == [403, 403, 403, 200]
        assert [server.call("GET", path)[0] for path in ("/healthz", "/openapi.json")] == [200, 200]
        listed = run_json("access", "list", "--lake", lake)
        assert [(key["role"], key["environments"], key["note"]) for key in listed] == [
            ("emitter", ["shop"], "checkout"),
            ("viewer", [], ""),
        ]
        assert made["key"] not in json.dumps(listed)
        run("access", "revoke", made["id"], "--lake", lake)
        assert statuses(**writer)[:3] == [401, 401, 401]
    stored = run_json("sql", "SELECT environment, count(*) AS n FROM bronze.feedback GROUP BY 1", "--lake", lake)
    assert stored == [{"environment": "shop", "n": 1}]
    assert all(made["key"].encode() not in path.read_bytes() for path in lake.rglob("*") if path.is_file())


def test_what_the_command_can_not_do_is_one_sentence(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake):
        pass
    assert "No key was made" in run("access", "list", "--lake", lake).stdout
    for words, sentence in (
        (("revoke", "abc"), "There is no key 'abc' that could be ended"),
        (("add", "--role", "viewer", "--environment", "x"), "A viewer reads every environment"),
        (("add", "--role", "viewer", "--events-per-s", "5"), "is for emitters"),
        (("add", "--role", "editor"), "Name who has the key with --name"),
        (("add", "--role", "emitter", "--events-per-s", "0"), "'0' is no rate"),
    ):
        done = run("access", *words, "--lake", lake, check=False)
        assert done.returncode in (1, 2)
        assert sentence in done.stderr
