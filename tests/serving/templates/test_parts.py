"""What is composed of other templates, when these end, change or move meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving.logic.templates import moving
from serving.logic.testing.checks import RenderedAndTested
from tests.serving.templates.people import ANN, BOB, VERA, Clock, Site, open_desk
from tests.serving.templates.tables import Open

SUNSET = "2100-04-01T00:00:00Z"
VOICE = {"template_id": "voice", "selector": 1}


def render(site: Site, path: str, **body: Any) -> Any:
    return site.ask(VERA, "POST", f"{path}/render", body)


def composed(site: Site) -> None:
    """``letter`` is composed of ``middle``, which is composed of ``tone``; ``voice`` is to replace that."""
    for name, body in (
        ("voice", "Be brief."),
        ("tone", "Be kind."),
        ("middle", "{% include 'tone@1' %}"),
        ("letter", "Dear all. {% include 'middle@1' %}"),
    ):
        site.make(name, body)
        site.publish(name)


def end(site: Site) -> None:
    """The sunset of ``tone`` comes."""
    assert site.move("tone", 1, "deprecated", BOB, replacement=VOICE, sunset_at=SUNSET).status == 200
    site.clock.now = site.clock.now.replace(year=2101)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_what_is_composed_of_a_part_says_beforehand_that_it_ends(site: Site) -> None:
    composed(site)
    assert render(site, "/letter/versions/1").json["deprecated"] == {}
    moved = site.move("tone", 1, "deprecated", BOB, replacement=VOICE, sunset_at=SUNSET)
    assert moved.json["warnings"] == ["middle@1 is in use and composed of it, and ends with it."]
    told = render(site, "/letter/versions/1")
    assert (told.status, told.json["text"]) == (200, "Dear all. Be kind.")
    ((name, deprecation),) = told.json["deprecated"].items()
    assert (name, deprecation["replacement"], deprecation["sunset_at"]) == ("tone@1", VOICE, SUNSET)
    assert site.get("/tone/versions/1").json["deprecation"]["replacement"] == VOICE


def test_a_part_past_its_sunset_ends_all_that_is_composed_of_it(site: Site) -> None:
    composed(site)
    end(site)
    for path in ("/tone/versions/1", "/middle/versions/1", "/letter/versions/1"):
        for answer in (render(site, path), site.ask(ANN, "POST", f"{path}/tests/run", {})):
            assert refused(answer) == (410, "gone")
            assert (answer.json["gone"], answer.json["replacement"]) == ("tone@1", "voice@1")
    told = render(site, "/letter/versions/1").json["detail"]
    assert told == "letter@1 is composed of tone@1, which is gone since 2100-04-01; use voice@1 instead."
    assert site.get("/letter/versions/1").status == 200, "it can still be read"


def test_nothing_new_is_composed_of_what_has_ended(site: Site) -> None:
    composed(site)
    site.make("draft", "{% include 'tone@1' %}")
    site.make("note", "{% include 'middle@1' %}")
    site.make("memo", "{% include 'middle@1' %}")
    for name in ("draft", "memo", "note"):
        site.move(name, 1, "in_review", ANN)
    assert site.move("note", 1, "approved").status == 200
    end(site)
    for name in ("draft", "memo"):
        assert refused(site.move(name, 1, "approved")) == (410, "gone")
    assert refused(site.move("note", 1, "published")) == (410, "gone")
    assert refused(site.label("note", "beta", 1)) == (410, "gone")
    body = {"id": "new", "body": "One.\n{% include 'middle@1' %}"}
    made = site.ask(ANN, "POST", "", body)
    assert refused(made) == (422, "template_part")
    assert "use voice@1 instead" in made.json["detail"]
    assert refused(site.save("draft", body="{% include 'tone@1' %}!")) == (422, "template_part")
    assert site.save("draft", tags=["old"]).status == 200, "what is said of it may change"


def test_a_part_is_not_archived_while_a_version_in_use_is_composed_of_it(site: Site) -> None:
    composed(site)
    assert site.save("middle", body="{% include 'voice@1' %}").status == 200
    assert site.move("tone", 1, "deprecated").status == 200
    answer = site.move("tone", 1, "archived")
    assert refused(answer) == (409, "still_used")
    assert "middle@1 is in use" in answer.json["detail"], "an older version than the newest, and published"
    ending = {"If-Match": "*"}
    assert refused(site.ask(BOB, "DELETE", "/tone", query={"why": "x"}, headers=ending)) == (409, "still_used")


def follow(site: Site) -> None:
    """``letter`` follows the label ``production`` of ``tone``, which has four published versions."""
    site.make("tone", "Be kind.")
    site.publish("tone")
    assert site.label("tone", "production", 1).status == 200
    site.make("letter", "{% include 'tone@production' %}{{ who }}", variables=[{"name": "who"}])
    site.publish("letter")
    site.make("post", "{% include 'letter@1' %}{{ where }}", variables=[{"name": "where"}])
    site.publish("post")
    who, where = {"name": "who", "type": "list"}, {"name": "where", "type": "integer"}
    for number, body, variables in (
        (2, "{{ who|join }}", [who]),
        (3, "{{ where }}", [where]),
        (4, "{{ what }}", [{"name": "what"}]),
    ):
        assert site.save("tone", body=body, variables=variables).status == 200
        site.publish("tone", number)


def test_no_label_leads_a_version_in_use_to_where_no_values_render_it(site: Site) -> None:
    follow(site)
    for number, breaks in ((2, "letter@1"), (3, "post@1")):
        answer = site.label("tone", "production", number)
        assert refused(answer) == (409, "breaks_dependant")
        assert f"{breaks} is in use and follows tone@production" in answer.json["detail"]
        assert "is of type" in answer.json["detail"]
    gone = site.ask(BOB, "DELETE", "/tone/labels/production", query={"why": "x"})
    assert refused(gone) == (409, "breaks_dependant"), "nor is it taken away"
    assert site.get("/tone").json["labels"] == {"production": 1}
    other = site.label("tone", "staging", 2)
    assert (other.status, other.json["warnings"]) == (200, []), "nobody follows that one"


def test_what_callers_of_followers_must_send_is_told(site: Site) -> None:
    follow(site)
    needs = [f"{name} now needs a value for 'what'." for name in ("letter@1", "post@1")]
    assert site.label("tone", "production", 4).json["warnings"] == needs
    back = site.ask(BOB, "POST", "/tone/labels/production/rollback", {"why": "they do not send it yet"})
    assert back.json["warnings"] == [f"{name} takes no 'what' any more." for name in ("letter@1", "post@1")]


def test_a_label_makes_no_circle(site: Site) -> None:
    site.make("tone", "Be kind.")
    site.publish("tone")
    site.label("tone", "production", 1)
    site.make("letter", "{% include 'tone@production' %}")
    site.publish("letter")
    site.label("letter", "production", 1)
    # Saved while the label leads elsewhere, so that there is no circle yet.
    site.save("letter", body="Hello.")
    site.publish("letter", 2)
    site.label("letter", "production", 2)
    assert site.save("tone", body="{% include 'letter@production' %}").status == 200
    site.publish("tone", 2)
    back = site.ask(BOB, "POST", "/letter/labels/production/rollback", {"why": "as it was"})
    for answer in (back, site.label("tone", "production", 2)):
        assert refused(answer) == (409, "breaks_dependant")
        assert "can't be part of itself" in answer.json["detail"]


def test_what_a_label_has_broken_meanwhile_is_not_approved(site: Site) -> None:
    site.make("tone", "Be kind.")
    site.publish("tone")
    site.label("tone", "production", 1)
    site.make("letter", "{% include 'tone@production' %}{{ who }}", variables=[{"name": "who"}])
    site.save("letter", body="Dear {{ who }}!")  # the first draft is left behind, and keeps no label
    site.save("tone", body="{{ who|join }}", variables=[{"name": "who", "type": "list"}])
    site.publish("tone", 2)
    assert site.label("tone", "production", 2).status == 200
    site.move("letter", 1, "in_review", ANN)
    assert refused(site.move("letter", 1, "approved")) == (422, "template_variable")


class Meddling(RenderedAndTested):
    """Lets something happen between a check and the write that it is for."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile: list[Callable[[], object]] = [meanwhile]

    def parts(self, *given: Any) -> Any:
        found = super().parts(*given)
        self._let_it_happen()
        return found

    def publishable(self, *given: Any) -> None:
        super().publishable(*given)
        self._let_it_happen()

    def _let_it_happen(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()


def test_a_part_that_ends_between_check_and_write_is_not_written(shared: Open, tmp_path: Path) -> None:
    clock = Clock()
    site = Site(open_desk(shared(), clock), clock, tmp_path)
    for name in ("one", "two"):
        site.make(name, "x")
        site.move(name, 1, "in_review", ANN)
        site.move(name, 1, "approved", BOB)

    def archived(name: str) -> Site:
        checks = Meddling(lambda: site.move(name, 1, "archived", BOB))
        return Site(replace(site.desk, checks=checks), clock, tmp_path)

    made = archived("one").ask(ANN, "POST", "", {"id": "letter", "body": "{% include 'one@1' %}"})
    assert refused(made) == (422, "template_part")
    assert site.get("/letter").status == 404
    assert site.get("/one").json["states"] == {"1": "archived"}

    site.make("letter", "x")
    saved = archived("two").save("letter", body="{% include 'two@1' %}")
    assert refused(saved) == (422, "template_part")
    assert site.get("/letter").json["latest"] == 1


def test_a_part_that_changes_between_check_and_write_is_checked_again(site: Site) -> None:
    composed(site)
    site.make("note", "{% include 'tone@1' %}")
    site.move("note", 1, "in_review", ANN)
    site.move("note", 1, "approved", BOB)

    def meanwhile() -> None:
        site.move("tone", 1, "deprecated", BOB, replacement=VOICE, sunset_at=SUNSET)
        site.clock.now = site.clock.now.replace(year=2101)

    meddled = Site(replace(site.desk, checks=Meddling(meanwhile)), site.clock, site.root)
    assert refused(meddled.move("note", 1, "published")) == (410, "gone")
    assert site.get("/note").json["states"] == {"1": "approved"}


def test_a_draft_made_while_its_part_is_archived_gets_no_further(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one gap: who archives has looked for dependants, and one is made before the archiving is written."""
    site.make("tone", "x")
    site.move("tone", 1, "in_review", ANN)
    site.move("tone", 1, "approved", BOB)
    looked = moving.dependants

    def late(*given: Any) -> Any:
        found = list(looked(*given))
        site.make("letter", "{% include 'tone@1' %}")
        return iter(found)

    monkeypatch.setattr(moving, "dependants", late)
    assert site.move("tone", 1, "archived").status == 200
    assert refused(render(site, "/letter/versions/1")) == (410, "gone")
    site.move("letter", 1, "in_review", ANN)
    assert refused(site.move("letter", 1, "approved")) == (409, "part_not_approved")
