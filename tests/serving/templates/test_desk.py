"""The rules, over each kind of table: what holds after any sequence of changes, and while many change at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.logic.refused import RequestRefused
from serving.logic.templates import editing, labels, lifecycle
from serving.logic.templates.acts import Act, etag
from serving.logic.templates.changes import Change, Wanted
from serving.logic.templates.desk import Answer, Desk
from serving.logic.templates.model import Content, State, Template
from serving.logic.templates.moving import move_version
from serving.template_schemas import Transition
from tests.serving.templates.people import ANN, BOB, CAROL, asking, open_desk
from tests.serving.templates.tables import Open

_ids = count()


def tell(change: Change) -> Answer:
    return Answer(200, {}, json.dumps(change.version.number if change.version else None))


def make(desk: Desk, template_id: str = "t", body: str = "Hello", environment: str = "default", **about: Any) -> None:
    content = Content(body=body)
    parts = desk.checks.parts(template_id, content, desk.source(environment))
    desk.create(
        asking(ANN, environment),
        lambda act: editing.create(template_id, environment, about, content, parts, "", act),
        tell,
    )


def save(desk: Desk, who: Any, body: str, template_id: str = "t", **conditions: Any) -> Answer:
    def saved(template: Template, act: Act) -> Change | None:
        latest = desk.version("default", template_id, template.latest)
        return editing.save(template, latest, {}, Content(body=body), (), "", act)

    return desk.change(asking(who, **conditions), template_id, saved, tell, unchanged=lambda _: Answer(200, {}, "0"))


_steps = st.one_of(
    st.tuples(st.just("save"), st.sampled_from([ANN, BOB]), st.integers(0, 2)),
    st.tuples(st.just("move"), st.sampled_from([ANN, BOB, CAROL]), st.integers(1, 3), st.sampled_from(list(State))),
    st.tuples(
        st.just("label"), st.sampled_from([ANN, BOB]), st.integers(1, 3), st.sampled_from(["production", "beta"])
    ),
    st.tuples(st.just("back"), st.sampled_from([ANN, BOB]), st.sampled_from(["production", "beta"])),
    st.tuples(st.just("archive"), st.sampled_from([ANN, BOB])),
)


def take(desk: Desk, template_id: str, step: tuple[Any, ...]) -> None:
    match step:
        case ("save", who, body):
            save(desk, who, f"Body {body}", template_id)
        case ("move", who, number, to):
            wanted = Transition(to=to, why="x")
            desk.change(asking(who), template_id, lambda t, act: move_version(desk, t, number, wanted, act), tell)
        case ("label", who, number, name):
            desk.change(asking(who), template_id, lambda t, act: labels.point(t, name, number, act), tell)
        case ("back", who, name):
            desk.change(asking(who), template_id, lambda t, act: labels.roll_back(t, name, act), tell)
        case ("archive", who):
            desk.change(asking(who), template_id, lifecycle.archive_all, tell)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_steps, max_size=12))
def test_whatever_is_tried_the_rules_hold(fresh: Callable[[], Open], steps: list[tuple[Any, ...]]) -> None:
    desk, name = open_desk(fresh()()), f"t{next(_ids)}"
    make(desk, name)
    written: dict[int, str] = {}
    for step in steps:
        before = desk.find("default", name)
        try:
            take(desk, name, step)
        except RequestRefused:
            assert desk.find("default", name) == before, "what is refused changes nothing"
        template = desk.find("default", name)
        for number in template.states:
            version = desk.version("default", name, number)
            assert written.setdefault(number, version.body) == version.body, "a version never changes"
        for label, target in template.labels.items():
            allowed = lifecycle.APPROVED_STATES - ({State.APPROVED} if label == "production" else set())
            assert template.states[target.number] in allowed
    template = desk.find("default", name)
    log = desk.store.audit(template)
    assert [entry.revision for entry in log] == list(range(1, template.revision + 1)), "each change has its line"
    assert list(template.states) == list(range(1, template.latest + 1))
    authors = {entry.number: entry.who for entry in log if entry.action in ("create", "save")}
    assert all(entry.who != authors[entry.number] for entry in log if entry.action == "approve")
    for state in State:
        found = desk.store.search("default", Wanted(prefix=name, state=state)).templates
        assert [t.id for t in found] == ([name] if state in template.states.values() else [])


def test_a_search_fits_all_that_is_asked(fresh: Callable[[], Open]) -> None:
    desk = open_desk(fresh()())
    for number in range(12):
        make(desk, f"a{number:02d}", owner="ann" if number % 2 else "bob", tags=("x",) if number % 3 else ("x", "y"))
    make(desk, "b00", owner="ann", tags=("y",))
    make(desk, "a00", environment="other")

    def ids(limit: int = 50, **wanted: Any) -> list[str]:
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = desk.store.search("default", Wanted(**wanted), after, limit)
            assert len(page.templates) <= limit
            found += [template.id for template in page.templates]
            after = page.after
        return found

    every = [f"a{number:02d}" for number in range(12)]
    for limit in (1, 5, 12, 50):
        assert ids(limit) == [*every, "b00"]
        assert ids(limit, prefix="a") == every
        assert ids(limit, tag="y") == ["a00", "a03", "a06", "a09", "b00"]
        assert ids(limit, tag="y", owner="ann") == ["a03", "a09", "b00"]
        assert ids(limit, prefix="a0", owner="bob", state=State.DRAFT) == ["a00", "a02", "a04", "a06", "a08"]
        assert ids(limit, state=State.PUBLISHED) == []


def test_a_request_sent_again_is_answered_again_and_not_done_again(fresh: Callable[[], Open]) -> None:
    desk = open_desk(fresh()())
    make(desk)
    first = save(desk, ANN, "new", key="k", request="r")
    again = save(desk, ANN, "new", key="k", request="r")
    assert (again.body, again.headers) == (first.body, {"Idempotent-Replayed": "true"})
    assert desk.find("default", "t").latest == 2
    with pytest.raises(RequestRefused, match="another request"):
        save(desk, ANN, "newer", key="k", request="r2")
    assert save(desk, BOB, "newer", key="k", request="r2").body == "3", "another's key is another key"


def test_what_differs_keeps_its_etag_through_comments(fresh: Callable[[], Open]) -> None:
    desk = open_desk(fresh()())
    make(desk)
    seen = etag(desk.find("default", "t"))
    version = desk.version("default", "t", 1)
    desk.change(asking(BOB), "t", lambda t, act: editing.comment(t, version, 1, "why so?", act), tell)
    assert save(desk, ANN, "new", if_match=f'"other", {seen}').body == "2"
    with pytest.raises(RequestRefused, match="changed meanwhile"):
        save(desk, ANN, "newer", if_match=seen)
    assert [comment.text for comment in desk.store.comments(desk.find("default", "t"), 1)] == ["why so?"]


def test_of_a_hundred_editors_one_wins_each_version_and_none_is_lost(shared: Open) -> None:
    make(open_desk(shared()))
    seen = etag(open_desk(shared()).find("default", "t"))
    desks = [open_desk(shared()) for _ in range(10)]

    def edit(number: int) -> tuple[int, str]:
        desk = desks[number % len(desks)]
        tries, match = 0, seen
        while True:
            try:
                return tries, save(desk, ANN, f"body of {number}", if_match=match).body
            except RequestRefused as refused:
                if refused.code not in ("changed_meanwhile", "busy"):
                    raise
                tries += 1
                match = etag(desk.find("default", "t"))

    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(edit, range(100)))
    assert sorted(int(number) for _, number in done) == list(range(2, 102)), "one winner a version"
    assert sum(tries == 0 for tries, _ in done) == 1, "all but one had seen an older state"
    desk = open_desk(shared())
    template = desk.find("default", "t")
    versions = [desk.version("default", "t", number).body for number in range(2, 102)]
    assert sorted(versions) == sorted(f"body of {number}" for number in range(100)), "none lost"
    assert len(desk.store.audit(template, limit=500)) == 101


def test_the_same_request_many_times_at_once_is_done_once(shared: Open) -> None:
    make(open_desk(shared()))
    desks = [open_desk(shared()) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda desk: save(desk, ANN, "new", key="k", request="r").body, desks))
    assert answers == ["2"] * 8
    assert open_desk(shared()).find("default", "t").latest == 2
