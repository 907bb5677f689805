"""The notebook runs as it stands against an embedded lake, and against Athena, with the same figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from infra.aws.lake.function import jobs_of
from infra.aws.lake.limits import Limits
from infra.local.lake import Lake
from tests.infra.aws.lake.account import BUCKET, Account, account
from tests.lakes import build_lake, event, make_lake, send
from tests.services.athena import athena
from tests.services.duck_athena import over

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "first-look.ipynb"
PRICED = {"model": "claude-3-5-sonnet-20241022", "provider": "anthropic", "output_tokens": 1000}


def run() -> list[str]:
    """What each cell of code has said, as text."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parents[2])}}).execute()
    return [_said(cell) for cell in notebook.cells if cell.cell_type == "code"]


def _said(cell: Any) -> str:
    return "\n".join(str(out.get("text") or out.get("data", {}).get("text/plain", "")) for out in cell.outputs)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = make_lake(tmp_path_factory.mktemp("notebook") / "lake")
    send(lake, [event(event_id=f"e{n}", occurred_at=f"2026-03-0{n}T10:00:00Z", **PRICED) for n in (1, 2, 9)])
    send(lake, [event(event_id="f", model="nobody-knows", provider=None, output_tokens=7, status="error")])
    return lake


@pytest.fixture(scope="module")
def in_aws(embedded: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The same events, built in an account that answers as Athena does."""
    with account() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        running.empty()
        running.deliver(embedded)
        lake = running.lake(tmp_path_factory.mktemp("disk"))
        with jobs_of(lake, Limits(400, lambda: 900.0)) as jobs:
            jobs.build()
        with athena(over(lake.mirror), running.moto_url) as url:
            patch.setenv("AWS_ENDPOINT_URL_ATHENA", url)
            patch.setenv("PROMPTLAKE_ATHENA_OUTPUT", f"s3://{BUCKET}/athena/")
            yield running


def test_it_runs_unchanged_against_the_embedded_lake_and_against_athena(
    embedded: Lake, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    build_lake(embedded)
    monkeypatch.setenv("PROMPTLAKE_LAKE", str(embedded.root))
    here = run()
    assert "0.045" in here[1]
    assert "nobody-knows" in here[1]
    assert "Error rate" in here[-1]
    monkeypatch.delenv("PROMPTLAKE_LAKE")
    request.getfixturevalue("in_aws")
    assert _values(run()) == _values(here)


def _values(said: list[str]) -> list[list[str]]:
    """Words and numbers, whatever the widths of columns; ``None`` and ``NaN`` are both nothing."""
    return [[{"NaN": "None", "<NA>": "None"}.get(word, word) for word in text.split()] for text in said]


def test_it_was_kept_without_what_it_has_said() -> None:
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
