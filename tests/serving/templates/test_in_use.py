"""Whatever is tried: what is in use can be rendered."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.logic.templates.lifecycle import APPROVED_STATES
from serving.logic.templates.model import State
from serving.stores.sqlite import SqliteTable
from tests.serving.templates.people import ANN, BOB, Clock, Site, open_desk

_names = st.sampled_from("ab")
_numbers = st.integers(1, 2)
_OTHER = {"a": "b", "b": "a"}
_steps = st.one_of(
    st.tuples(
        st.just("new"),
        _names,
        st.sampled_from(["{{{{ x }}}}", "{{% include '{}@1' %}}", "{{% include '{}@production' %}}"]),
        st.sampled_from(["string", "list"]),
        st.booleans(),
    ),
    st.tuples(st.just("label"), _names, _numbers),
    st.tuples(st.just("unlabel"), _names),
    st.tuples(st.just("retire"), _names, _numbers),
    st.tuples(st.just("approve"), _names, _numbers),
)
_ANYHOW = {"If-Match": "*"}


def take(site: Site, step: tuple[Any, ...]) -> None:
    """One step, which may be refused."""
    match step:
        case ("new", name, body, kind, is_published):
            sent = {
                "body": body.format(_OTHER[name]),
                "variables": [{"name": "x", "type": kind, "required": False}],
            }
            saved = site.ask(ANN, "PUT", f"/{name}", sent, headers=_ANYHOW)
            if is_published and saved.status == 200:
                publish(site, name, saved.json["latest"])
        case ("label", name, number):
            site.label(name, "production", number)
        case ("unlabel", name):
            site.ask(BOB, "DELETE", f"/{name}/labels/production", query={"why": "x"})
        case ("retire", name, number):
            for to in ("deprecated", "archived"):
                site.move(name, number, to, BOB)
        case ("approve", name, number):
            publish(site, name, number)


def publish(site: Site, name: str, number: int) -> None:
    """As far as it gets."""
    for to, who in (("in_review", ANN), ("approved", BOB), ("published", BOB)):
        site.move(name, number, to, who)


@settings(max_examples=40)
@given(st.lists(_steps, min_size=4, max_size=12))
def test_what_is_in_use_can_be_rendered(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table, clock = SqliteTable(Path(folder) / "templates.db"), Clock()
        site = Site(open_desk(table, clock), clock, Path(folder))
        for name in _OTHER:
            site.make(name, "first")
            site.publish(name)
        site.label("a", "production", 1)
        for step in steps:
            take(site, step)
        source = site.desk.source("default")
        for name in _OTHER:
            template = site.desk.find("default", name)
            for number, state in template.states.items():
                if state in APPROVED_STATES or (number == template.latest and state != State.ARCHIVED):
                    site.desk.checks.variables(site.desk.version("default", name, number), source)
        table.close()
