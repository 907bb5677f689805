"""A template's whole life over HTTP, on SQLite and on DynamoDB Local; and three years of a public collection."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.app import build_app
from serving.logic.bundle import read_bundle
from sql.reader import Reader
from tests.commands import run, run_json, up
from tests.services.api_gateway import api_gateway, call
from tests.services.dynamodb import dynamodb_local
from tests.serving.templates.people import Clock, open_desk
from tests.serving.templates.tables import tables

PEOPLE = {
    name: {"principalId": name, "role": role}
    for name, role in (("ann", "editor"), ("bob", "approver"), ("carol", "approver"), ("vera", "viewer"))
}
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[str]:
    with dynamodb_local() as url:
        yield url


@pytest.mark.parametrize("kind", ["sqlite", "dynamodb local"])
def test_a_whole_life(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    clock = Clock()
    with tables(kind, tmp_path, lambda: request.getfixturevalue("dynamodb")) as make:
        desk = open_desk(make()(), clock)
        with api_gateway(build_app(Reader(tmp_path), lambda _: None, desk), PEOPLE) as url:

            def ask(who: str, method: str, path: str = "", body: Any = None, **headers: str) -> tuple[int, Any]:
                status, _, document = call(f"{url}/prompts/templates{path}", method, who, body, **headers)
                return status, document

            live(ask, clock)


def live(ask: Ask, clock: Clock) -> None:
    def move(who: str, template: str, number: int, to: str, **more: Any) -> tuple[int, Any]:
        return ask(who, "POST", f"/{template}/versions/{number}/transitions", {"to": to, "why": f"to {to}"} | more)

    def publish(template: str, number: int, author: str = "ann", approver: str = "bob") -> None:
        for who, to in ((author, "in_review"), (approver, "approved"), (approver, "published")):
            assert move(who, template, number, to)[0] == 200

    # Written, reviewed and released: never by one alone.
    assert ask("ann", "POST", "", {"id": "tone", "body": "Be kind."})[0] == 201
    assert (
        ask("bob", "POST", "", {"id": "reply", "body": 'Answer. {% include "tone@1" %}', "tags": ["support"]})[0] == 201
    )
    publish("tone", 1)
    assert move("bob", "reply", 1, "in_review")[0] == 200
    assert ask("carol", "POST", "/reply/versions/1/comments", {"text": "Answer what?", "line": 1})[0] == 201
    status, refused = move("bob", "reply", 1, "approved")
    assert (status, refused["code"]) == (403, "self_approval")
    assert move("carol", "reply", 1, "draft")[0] == 200, "returned with a comment"
    seen = ask("bob", "GET", "/reply")[1]
    body = 'Answer the question. {% include "tone@1" %}'
    assert ask("bob", "PUT", "/reply", {"body": body}, if_match="*")[1]["latest"] == 2
    publish("reply", 2, "bob", "carol")
    assert ask("carol", "PUT", "/reply/labels/production", {"number": 2, "why": "better"})[0] == 200
    assert ask("vera", "GET", "/reply/versions/production")[1]["body"] == body
    assert seen["latest"] == 1

    # What it is composed of is replaced.
    assert ask("ann", "POST", "", {"id": "voice", "body": "Be kind and brief."})[0] == 201
    publish("voice", 1)
    sunset = (clock.now + timedelta(days=30)).isoformat()
    voice = {"template_id": "voice", "selector": 1}
    assert move("bob", "tone", 1, "deprecated", replacement=voice, sunset_at=sunset)[0] == 200
    status, migrated = ask("ann", "POST", "/tone/versions/1/migrate", {"why": "tone ends"})
    assert [(d["template_id"], d["number"]) for d in migrated["dependants"]] == [("reply", 3)]
    assert '+Answer the question. {% include "voice@1" %}' in migrated["dependants"][0]["diff"]
    status, refused = move("bob", "tone", 1, "archived")
    assert (status, refused["code"]) == (409, "still_used"), "what is in production is composed of it"
    status, rendered = ask("vera", "POST", "/reply/versions/production/render", {})
    assert (status, rendered["text"]) == (200, "Answer the question. Be kind.")
    assert rendered["deprecated"]["tone@1"]["replacement"] == voice
    publish("reply", 3)
    assert ask("bob", "PUT", "/reply/labels/production", {"number": 3, "why": "migrated"})[0] == 200

    # It did not please: back, in one call; and again forward.
    back = ask("bob", "POST", "/reply/labels/production/rollback", {"why": "too brief"})
    assert back[1]["labels"] == {"production": 2}
    assert ask("bob", "PUT", "/reply/labels/production", {"number": 3, "why": "after all"})[0] == 200

    # The sunset comes, for what is composed of it as well.
    clock.now += timedelta(days=31)
    for path in ("/tone/versions/1", "/reply/versions/2"):
        status, gone = ask("vera", "POST", f"{path}/render", {})
        assert (status, gone["gone"], gone["replacement"]) == (410, "tone@1", "voice@1")
    status, rendered = ask("vera", "POST", "/reply/versions/production/render", {})
    assert (status, rendered["text"]) == (200, "Answer the question. Be kind and brief.")
    for to in ("deprecated", "archived"):
        assert move("bob", "reply", 2, to)[0] == 200
    assert move("bob", "tone", 1, "archived")[0] == 200, "nothing in use is composed of it any more"

    # And it ends.
    assert ask("bob", "DELETE", "/reply?why=over", if_match="*")[1]["code"] == "still_published"
    assert move("bob", "reply", 3, "deprecated")[0] == 200
    status, ended = ask("bob", "DELETE", "/reply?why=over", if_match="*")
    assert (status, set(ended["states"].values()), ended["labels"]) == (200, {"archived"}, {})
    log = ask("vera", "GET", "/reply/audit")[1]["entries"]
    assert [(entry["who"], entry["action"]) for entry in log] == [
        ("bob", "create"), ("bob", "submit"), ("carol", "comment"), ("carol", "return"), ("bob", "save"),
        ("bob", "submit"), ("carol", "approve"), ("carol", "publish"), ("carol", "label"), ("ann", "save"),
        ("ann", "submit"), ("bob", "approve"), ("bob", "publish"), ("bob", "label"), ("bob", "roll_back"),
        ("bob", "label"), ("bob", "deprecate"), ("bob", "archive"), ("bob", "deprecate"), ("bob", "archive"),
    ]  # fmt: skip
    assert all(entry["why"] for entry in log if entry["action"] not in ("create", "save", "comment"))


STATES = ("2022-12-20", "2023-06-01", "2024-06-01", "2025-06-01", "2025-12-20")


def prompts(path: Path) -> dict[str, str]:
    """The prompts of one state by the ids that they get; what stands there twice gets a number."""
    found: dict[str, str] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            slug = re.sub(r"[^a-z0-9]+", "-", row["act"].lower()).strip("-")[:90] or "unnamed"
            name = next(n for n in (slug, *(f"{slug}.{i}" for i in range(2, 99))) if n not in found)
            text = row["prompt"]
            found[name] = "{% raw %}" + text + "{% endraw %}" if re.search(r"\{[{%#]", text) else text
    return found


@pytest.mark.real_data
def test_three_years_of_a_collection_come_back_as_they_were(real_data: Path, tmp_path: Path) -> None:
    lake, restored = tmp_path / "lake", tmp_path / "restored"
    history: dict[str, list[tuple[str, str]]] = {}
    for day in STATES:
        for name, text in prompts(real_data / "awesome_prompts" / f"prompts_{day}.csv").items():
            versions = history.setdefault(name, [])
            if not versions or versions[-1][1] != text:
                versions.append((day, text))
    with up(lake, "--build-every", "0") as server:
        for name, versions in history.items():
            for number, (day, text) in enumerate(versions):
                method, path = ("PUT", f"/{name}") if number else ("POST", "")
                body = {"body": text, "note": f"as of {day}"} | ({} if number else {"id": name})
                status, answer = server.json(method, f"/prompts/templates{path}", body, if_match="*")
                assert status in (200, 201), (name, answer)

        most = max(history, key=lambda name: len(history[name]))
        for name in (most, "linux-terminal"):
            listed = server.json("GET", f"/prompts/templates/{name}/versions")[1]["versions"]
            assert [v["note"] for v in reversed(listed)] == [f"as of {day}" for day, _ in history[name]]
            for number, (_, text) in enumerate(history[name], 1):
                assert server.json("GET", f"/prompts/templates/{name}/versions/{number}")[1]["body"] == text
        (_, old), (_, new) = history[most][:2]
        told = server.json("GET", f"/prompts/templates/{most}/diff?from=1&to=2")[1]["body"]
        assert "".join(changed(told, "-")) == "".join(changed(diff(old, new), "-"))
        assert "".join(changed(told, "+")) == "".join(changed(diff(old, new), "+"))

        key = run_json("access", "add", "--role", "approver", "--name", "bob", "--lake", lake)["key"]
        bob = {"authorization": f"Bearer {key}"}
        at = f"/prompts/templates/{most}"
        for number in (1, 2):
            for to in ("in_review", "approved", "published"):
                assert (
                    server.json("POST", f"{at}/versions/{number}/transitions", {"to": to, "why": "x"}, **bob)[0] == 200
                )
            server.json("PUT", f"{at}/labels/production", {"number": number, "why": "newer"}, **bob)
        assert server.json("POST", f"{at}/labels/production/rollback", {"why": "worse"}, **bob)[0] == 200
        assert server.json("GET", f"{at}/versions/production")[1]["body"] == old

        made = run_json("backup", "--out", tmp_path / "bundle", "--lake", lake)
        assert made["counts"] == {"template": len(history)}
    assert run_json("restore", tmp_path / "bundle", "--lake", restored)["counts"]["missing"] == len(history)
    run("backup", "--out", tmp_path / "again", "--lake", restored)
    first, second = (list(read_bundle(tmp_path / name)) for name in ("bundle", "again"))
    assert first == second
    assert sum(len(whole.versions) for whole in first) == sum(map(len, history.values()))
    assert run_json("restore", tmp_path / "bundle", "--dry-run", "--lake", lake)["counts"]["same"] == len(history)


def diff(old: str, new: str) -> str:
    return "\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm=""))


def changed(diff: str, sign: str) -> list[str]:
    return [line[1:].rstrip() for line in diff.splitlines() if line[:1] == sign and line[:3] not in ("---", "+++")]
