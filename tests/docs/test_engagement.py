"""What the guide to engagement shows is so."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from ingest.delivery.privacy.settings import Settings
from serving.routes.engagement import ENGAGEMENT
from sql.funnels.file import FunnelError, funnels_of
from sql.funnels.model import CONDITIONS, DIMENSIONS, KINDS
from tests.serving.lakes import EXAMPLE, Api

PAGE = (Path(__file__).parents[2] / "docs" / "engagement.md").read_text()
CURLS = re.findall(r"^\$ (curl .*)$", PAGE, re.MULTILINE)
FUNNELS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def api(tmp_path: Path) -> Api:
    api = Api(tmp_path)
    api.publish(EXAMPLE)
    return api


def test_each_command_is_answered_with_rows_and_the_answer_that_it_shows_comes(api: Api) -> None:
    answers = []
    for command in CURLS:
        address = urlsplit(shlex.split(command)[-1])
        answer = api.get(address.path, parse_qsl(address.query))
        assert answer.status == 200, answer.body
        assert answer.json["rows"]
        answers.append(answer.json["rows"])
    (shown,) = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
    assert answers[0] == json.loads(shown)


def test_every_endpoint_stands_with_the_tables_that_it_reads() -> None:
    for question in ENGAGEMENT:
        tables = {batch.model.name for batch in question.batches}
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{question.path}` |"))
        assert all(f"`{table}`" in row for table in tables)


def test_the_funnels_that_it_shows_are_such_and_every_key_is_described() -> None:
    (shown,) = FUNNELS
    (funnel,) = funnels_of(shown, Path("funnels.yaml"))
    assert (funnel.name, funnel.window_s, len(funnel.steps)) == ("first_report", 3 * 86_400, 3)
    assert {word for word in (*CONDITIONS, *DIMENSIONS, *KINDS) if f"`{word}`" not in PAGE} == set()


def test_the_sentence_that_it_shows_is_the_one_that_comes() -> None:
    (sentence,) = re.findall(r"^    (funnels\.yaml:.*)$", PAGE, re.MULTILINE)
    broken = FUNNELS[0].replace("page_view", "pageview").replace("funnels:", "# mine\nfunnels:")
    with pytest.raises(FunnelError) as caught:
        funnels_of(broken, Path("funnels.yaml"))
    assert str(caught.value) == sentence


def test_the_setting_that_it_shows_is_one() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert Settings.model_validate(tomllib.loads(shown)).smallest_group == 10
    assert Settings().smallest_group == 5
