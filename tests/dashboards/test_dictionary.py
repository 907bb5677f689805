"""The dictionary holds every table and column, leads nowhere that is not there, and its reference page is not stale."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import create_model

from dashboards.dictionary.collect import collect
from dashboards.dictionary.data import Dictionary
from dashboards.dictionary.drawing import all_tables, around
from dashboards.dictionary.generate import render as reference
from dashboards.dictionary.generate import stale
from dashboards.dictionary.layered import lay_out
from dashboards.dictionary.page import INDEX, render
from infra.local.cli import main
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from ingest.contracts.types import Tokens, described
from sql.catalog import metrics, models, views
from tests.clients.chromium import browser


@cache
def dictionary() -> Dictionary:
    return collect()


@cache
def pages() -> dict[str, str]:
    return render(dictionary())


class Parsed(HTMLParser):
    """What a page names and where it leads; every tag that is opened is closed."""

    VOID = frozenset({"meta", "br", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags.add(tag)
        if identity := said.get("id"):
            assert identity not in self.ids
            self.ids.add(identity)
        if link := said.get("href"):
            self.links.add(link)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_table_and_every_column_has_its_place() -> None:
    named = {f"bronze.{name}" for name in (*EVENTS, QUARANTINE_TABLE)} | models().keys() | views().keys()
    assert named <= dictionary().by_name.keys()
    for name, model in models().items():
        assert [column.name for column in dictionary().by_name[name].columns] == list(model.columns)
        parsed = Parsed(pages()[f"tables/{name}.html"])
        assert model.columns.keys() <= parsed.ids


def test_every_link_leads_somewhere_in_the_folder() -> None:
    parsed = {name: Parsed(page) for name, page in pages().items()}
    for name, page in parsed.items():
        for link in page.links:
            path, _, anchor = link.partition("#")
            target = (Path("/") / name).parent.joinpath(path).resolve().relative_to("/").as_posix() if path else name
            assert target in parsed, f"{name} leads to {link}"
            assert not anchor or anchor in parsed[target].ids, f"{name} leads to {link}"
    entries = json.loads(re.search(r'id="entries">(.*?)</script>', pages()[INDEX])[1])  # type: ignore[index]
    assert {entry["href"].partition("#")[0] for entry in entries} <= parsed.keys()
    assert {entry["name"] for entry in entries if entry["kind"] == "metric"} == metrics().keys()


def test_nothing_is_fetched_and_only_the_search_runs() -> None:
    for name, page in pages().items():
        parsed = Parsed(page)
        assert not parsed.tags & {"link", "img", "iframe", "object"}
        assert ("script" in parsed.tags) == (name == INDEX)
        assert not [link for link in parsed.links if ":" in link]


def test_a_column_says_what_it_is_of_whom_and_what_from() -> None:
    columns = {column.name: column for column in dictionary().by_name["gold.sessions"].columns}
    assert columns["person"].person == "person"
    assert columns["duration_s"].unit == "seconds"
    assert ("silver.visited_act", "occurred_at") in columns["started_at"].comes_from
    shown = {column.name: column.person for column in dictionary().by_name["silver.visited_act"].columns}
    assert (shown["person"], shown["user_id"], shown["kind"]) == ("person", "person", "none")
    assert dictionary().by_name["silver.feedback"].rules[0].demand == "event_id must be unique"


def test_lineage_reaches_from_what_arrived_to_what_is_asked_for() -> None:
    assert {"bronze.feedback", "silver.rated_execution"} <= around(dictionary(), "gold.quality_daily").keys()
    assert "gold.quality_daily" in around(dictionary(), "bronze.feedback")
    assert "bronze.quarantine" not in all_tables(dictionary())


def test_a_layout_has_every_node_after_what_it_is_made_of_and_none_over_another() -> None:
    reads = all_tables(dictionary())
    layout = lay_out(reads)
    for node, sources in reads.items():
        assert all(layout.places[source][0] < layout.places[node][0] for source in sources)
    for rank in range(layout.ranks):
        rows = sorted(row for at, row in layout.places.values() if at == rank)
        assert all(below - above >= 1 - 1e-9 for above, below in pairwise(rows))
        assert rows[0] >= 0
    # An edge that passes a rank runs through a place of its own there.
    assert [rank for rank, _ in lay_out({"a": (), "b": ("a",), "c": ("a", "b")}).routes["a", "c"]] == [0, 1, 2]


def test_a_new_field_of_a_contract_is_in_the_dictionary_by_itself() -> None:
    toy = create_model(
        "Toy",
        __base__=EVENTS["prompt_execution"],
        toy_tokens=(Tokens | None, described("What a toy holds", "tokens", default=None)),
    )
    found = collect({**EVENTS, "prompt_execution": toy}).by_name["bronze.prompt_execution"].columns
    (column,) = [column for column in found if column.name == "toy_tokens"]
    assert (column.type, column.unit, column.description) == ("bigint", "tokens", "What a toy holds")


def test_the_reference_page_is_not_stale() -> None:
    assert stale(reference()) == [], "run make generate"


def test_the_command_writes_a_folder_of_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "dictionary"
    assert main(["docs", "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["out"] == str(out / INDEX)
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.*")} == pages().keys()
    (tmp_path / "file").write_text("")
    assert main(["docs", "--out", str(tmp_path / "file")]) == 1
    assert "can't be written" in capsys.readouterr().err
    assert main(["docs", "--lake", str(tmp_path / "none")]) == 1
    assert "There is no lake" in capsys.readouterr().err


def test_the_search_finds_tables_columns_and_metrics_in_a_real_browser(tmp_path: Path) -> None:
    for name, page in pages().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(page)
    with browser() as page:
        page.open((tmp_path / INDEX).as_uri())
        page.click(".search")

        def find(words: str) -> list[str]:
            page.evaluate("document.querySelector('.search').select()")
            page.send("Input.insertText", text=words)
            return page.evaluate("[...document.querySelectorAll('.found a')].map((a) => a.textContent)")

        assert find("cost_daily")[0] == "gold.cost_daily"
        assert "Latency p95" in find("p95")
        assert "silver.feedback.rating" in find("rating stars")
        assert find("nothing is called so") == []
        assert page.evaluate("document.querySelector('[role=status]').textContent") == "0 found"
