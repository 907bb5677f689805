"""What the page on executing prompts shows is so."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from serving.logic.execution.running import FAILED
from serving.stores.sqlite import SqliteTable
from tests.serving.templates.people import ADA, ANN, Clock, Site, open_desk

PAGE = (Path(__file__).parents[2] / "docs" / "execution.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(command.replace("\\\n", " "))[1:]
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]


def test_each_command_is_answered(tmp_path: Path) -> None:
    clock = Clock()
    site = Site(open_desk(SqliteTable(tmp_path / "templates.db"), clock), clock, tmp_path)
    for words in COMMANDS:
        (url,) = (word for word in words if word.startswith("http"))
        body = json.loads(words[words.index("--json") + 1]) if "--json" in words else None
        address = urlsplit(url)
        if address.path.endswith("/start"):  # the page says that somebody has to have approved it
            site.publish("greeting")
            site.label("greeting", "production", 1)
        method = "POST" if body is not None or "POST" in words else "GET"
        who = ADA if address.path.startswith(("/budgets", "/experiments")) else ANN
        if address.path.startswith("/analytics"):
            continue  # its own page tries it
        answer = site.send(who, method, address.path, body, dict(parse_qsl(address.query)))
        assert answer.status in (200, 201), (words, answer.json)


def test_each_code_of_a_failing_model_is_one() -> None:
    told = set(re.findall(r"`(model_\w+)`", PAGE))
    assert told <= {code for _, code in FAILED.values()}
