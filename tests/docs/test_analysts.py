"""Every snippet of docs/analysts.md, run as it stands there, over tables that a build in AWS has committed."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pyiceberg.catalog
import pytest
from nbclient import NotebookClient
from pyiceberg.utils.config import Config

from infra.aws.lake.function import jobs_of
from infra.aws.lake.limits import Limits
from infra.local.lake import Lake
from tests.infra.aws.lake.account import BUCKET, Account, account
from tests.lakes import build_lake, event, make_lake, send
from tests.services.athena import athena
from tests.services.duck_athena import over

PAGE = Path(__file__).parents[2] / "docs" / "analysts.md"
SECTION = re.compile(r"^## (.+?)\n.*?^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SNIPPETS = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with some events, not yet built."""
    lake = make_lake(tmp_path_factory.mktemp("analysts") / "embedded")
    priced = {"model": "claude-3-5-sonnet-20241022", "provider": "anthropic", "output_tokens": 1000}
    send(lake, [event(event_id=f"e{n}", occurred_at=f"2026-03-0{n}T10:00:00Z", **priced) for n in (1, 2, 3)])
    send(lake, [event(model="nobody-knows", provider=None, output_tokens=7), event("feedback", thumb="down")])
    return lake


@pytest.fixture(scope="module")
def built(embedded: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account whose lake was built of the same events, as an analyst's clients find it."""
    folder = tmp_path_factory.mktemp("account")
    with account() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        patch.setenv("PYICEBERG_CATALOG__LAKE__S3__ENDPOINT", running.moto_url)
        patch.setattr(pyiceberg.catalog, "_ENV_CONFIG", Config())  # which it reads once, when it is imported
        running.empty()
        running.deliver(embedded)
        lake = running.lake(folder / "disk")
        with jobs_of(lake, Limits(400, lambda: 900.0)) as jobs:
            jobs.build()
        with athena(over(lake.mirror), running.moto_url) as url:
            patch.setenv("AWS_ENDPOINT_URL_ATHENA", url)
            yield running


def run(title: str) -> dict[str, Any]:
    """The names that a snippet has made."""
    made: dict[str, Any] = {}
    exec(compile(SNIPPETS[title], f"{PAGE.name}: {title}", "exec"), made)  # noqa: S102 - the page is ours
    return made


def test_every_snippet_is_tried() -> None:
    assert set(SNIPPETS) == {"Athena", "The published extracts", "Silver and gold without Athena", "Bronze"}


def test_athena_gives_costs_to_the_last_digit(built: Account) -> None:
    costs = run("Athena")["costs"]
    assert list(costs["day"]) == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3)]
    by_model = {row.model: row for row in costs.itertuples() if row.day == date(2026, 3, 2)}
    assert by_model["claude-3-5-sonnet-20241022"].cost_usd == Decimal("0.015")
    assert by_model["nobody-knows"].cost_usd is None
    assert by_model["nobody-knows"].unpriced_tokens == 7


def test_extracts_are_read_as_they_were_published(built: Account) -> None:
    made = run("The published extracts")
    assert made["quality"]["thumbs_down"].sum() == 1
    assert made["complete_through"].endswith("Z")


def test_a_day_of_silver_is_read_through_the_catalog(built: Account) -> None:
    executions = run("Silver and gold without Athena")["executions"]
    assert sorted(executions["model"]) == ["claude-3-5-sonnet-20241022", "nobody-knows"]


def test_bronze_is_read_as_it_arrived(built: Account) -> None:
    assert {"e1", "e2", "e3"} <= set(run("Bronze")["arrived"]["event_id"])


NOTEBOOK = PAGE.with_name("notebooks") / "first-look.ipynb"


def run_notebook() -> list[list[str]]:
    """What each cell of code has said, word by word; ``None`` and ``NaN`` are both nothing."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parents[2])}}).execute()
    said = [_said(cell) for cell in notebook.cells if cell.cell_type == "code"]
    return [[{"NaN": "None", "<NA>": "None"}.get(word, word) for word in text.split()] for text in said]


def _said(cell: Any) -> str:
    return "\n".join(str(out.get("text") or out.get("data", {}).get("text/plain", "")) for out in cell.outputs)


def test_the_notebook_runs_unchanged_against_athena_and_an_embedded_lake(
    built: Account, embedded: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_lake(embedded)
    monkeypatch.setenv("PROMPTLAKE_LAKE", str(embedded.root))
    here = run_notebook()
    assert {"nobody-knows", "0.045"} <= set(here[1])
    assert "Error rate" in " ".join(here[-1])
    monkeypatch.setenv("PROMPTLAKE_ATHENA_OUTPUT", f"s3://{BUCKET}/athena/")
    assert run_notebook() == here


def test_the_notebook_is_kept_without_what_it_has_said() -> None:
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
