"""What the page on questions over HTTP shows is so."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from serving.app import QUESTIONS
from tests.serving.lakes import EXAMPLE, Api
from tests.serving.test_reconciliation import hour

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "analytics.md").read_text()
GUIDES = PAGE + (DOCS / "engagement.md").read_text()
"""The latter names what is asked below /analytics/engagement."""
CURLS = re.findall(r"^\$ (curl (?:.|\\\n)*?)$(?!\n    )", PAGE, re.MULTILINE)


@pytest.fixture
def api(tmp_path: Path) -> Api:
    api = Api(tmp_path)
    api.publish(EXAMPLE | {"reconciliation": [hour("2026-03-01-23", 5)]})
    return api


@pytest.mark.parametrize("command", CURLS)
def test_each_command_is_answered(api: Api, command: str) -> None:
    words = shlex.split(command.replace("\\\n", " "))[1:]
    options = dict(zip(words[:-1:2], words[1:-1:2], strict=True))
    address = urlsplit(words[-1])
    if body := options.get("-d"):
        assert api.post(address.path, json.loads(body)).status == 201
        return
    answer = api.get(address.path, parse_qsl(address.query))
    assert answer.status == 200, answer.body


def test_it_names_every_path_and_parameter(api: Api) -> None:
    paths: dict[str, Any] = api.get("/openapi.json").json["paths"]
    tagged = {
        path: [tag for operation in methods.values() for tag in operation["tags"]] for path, methods in paths.items()
    }
    own = {path for path, tags in tagged.items() if {"analytics", "status"} & {*tags}}
    assert own
    assert {path for path in own if not re.search(f"[ `]{path}`", GUIDES)} == set()
    for question in QUESTIONS:
        (operation,) = paths[question.path].values()
        named = {parameter["name"] for parameter in operation["parameters"]} - set(question.filters)
        assert {name for name in (*named, *question.dimensions) if f"`{name}`" not in GUIDES} == set()


def test_the_problem_that_it_shows_is_the_one_that_comes(api: Api) -> None:
    (shown,) = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
    assert api.get("/analytics/costs", group_by="colour").json == json.loads(shown)
