"""One API answers many threads at once, and each gets its own answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.gateway import ask
from serving.stores.answers import Answers
from serving.stores.sqlite import SqliteTable
from sql.publication import Publication
from tests.serving.lakes import EXAMPLE, publish
from tests.serving.templates.people import ADA, ANN, VERA, Clock, Site, open_desk

AT_ONCE = 50


def test_fifty_mixed_requests_at_once_get_their_own_answers(tmp_path: Path) -> None:
    clock = Clock()
    made = Site(open_desk(SqliteTable(tmp_path / "templates.db"), clock), clock, tmp_path)
    made.make("greeting", "Hello {{ name }}", variables=[{"name": "name"}])
    publish(tmp_path, EXAMPLE)
    # An API that has not yet answered anything builds each route while the crowd is at it.
    site = Site(made.desk, clock, tmp_path)

    def renders(number: int) -> bool:
        answer = site.ask(VERA, "POST", "/greeting/versions/1/render", {"values": {"name": f"n{number}"}})
        return (answer.status, answer.json["text"]) == (200, f"Hello n{number}")

    def makes(number: int) -> bool:
        answer = site.ask(ANN, "POST", "", {"id": f"t{number}", "body": f"Body {number}"})
        read = site.get(f"/t{number}/versions/1")
        return (answer.status, answer.json["id"], read.json["body"]) == (201, f"t{number}", f"Body {number}")

    def may_not(number: int) -> bool:
        answer = site.ask(VERA, "POST", "", {"id": f"no{number}", "body": "x"})
        return (answer.status, answer.json["code"]) == (403, "wrong_role")

    def finds_nothing(number: int) -> bool:
        answer = site.get(f"/missing{number}", ADA)
        return answer.status == 404 and f"missing{number} " in answer.json["detail"]

    def has_no_such_path(number: int) -> bool:
        answer = site.ask(ADA, "GET", f"/greeting/nowhere{number}")
        return answer.status == 404 and f"nowhere{number}" in answer.json["detail"]

    def asks_for_an_unknown_dimension(number: int) -> bool:
        status, _, body = ask(site.app, "GET", "/analytics/costs", f"group_by=nothing{number}", {}, b"")
        return status == 400 and f"nothing{number}'".encode() in body

    kinds: list[Callable[[int], bool]] = [renders, makes, may_not, finds_nothing, has_no_such_path]
    kinds.append(asks_for_an_unknown_dimension)
    together = Barrier(AT_ONCE)

    def ask_all(number: int) -> bool:
        together.wait(timeout=60)
        return all(kinds[(number + turn) % len(kinds)](number * 10 + turn) for turn in range(len(kinds)))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert all(pool.map(ask_all, range(AT_ONCE)))


def test_a_read_is_answered_while_another_request_has_not_come_back(tmp_path: Path) -> None:
    clock = Clock()
    site = Site(open_desk(SqliteTable(tmp_path / "templates.db"), clock), clock, tmp_path)
    site.make("greeting")
    held, read = Lock(), Barrier(2)
    held.acquire()
    with ThreadPoolExecutor(1) as pool:

        @site.app.get("/prompts/templates/greeting/held")
        def held_back() -> dict[str, str]:
            read.wait(timeout=60)
            with held:
                return {"path": site.app.current_event.path}

        waiting = pool.submit(site.get, "/greeting/held")
        read.wait(timeout=60)
        assert site.get("/greeting").status == 200
        held.release()
        assert waiting.result(timeout=60).json == {"path": "/prompts/templates/greeting/held"}


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=8, max_size=40))
def test_kept_answers_are_those_of_the_publication_that_was_asked(asked: list[tuple[int, int]]) -> None:
    publications = [Publication(str(n), "2026-03-04T10:00:00+00:00", "2026-03-04T09:59:00+00:00", {}) for n in range(3)]
    answers = Answers()

    def is_right(one: tuple[int, int]) -> bool:
        number, question = one
        return answers.get(publications[number], question, lambda: f"{number}: {question}") == f"{number}: {question}"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_right, asked))
