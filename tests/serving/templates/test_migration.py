"""Dependants are rewritten: all of them, and nobody's words become another's by it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serving.templates.people import ANN, BOB, CAROL, Site

NEW = {"template_id": "new", "selector": 1}


@pytest.fixture
def replaced(site: Site) -> Site:
    """``old`` is deprecated, and ``new`` replaces it."""
    for name in ("old", "new"):
        site.make(name, name)
        site.publish(name)
    site.label("old", "production", 1)
    site.move("old", 1, "deprecated", BOB, replacement=NEW)
    return site


def migrate(site: Site, **more: Any) -> dict[str, Any]:
    answer = site.ask(ANN, "POST", "/old/versions/1/migrate", {"why": "old ends"} | more)
    assert answer.status == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def test_only_references_are_rewritten_and_all_of_them(replaced: Site) -> None:
    body = (
        "old@1 {# {% include 'old@1' %} #}\r\n{% raw %}{% include 'old@1' %}{% endraw %}"
        "{%-include('old@1')with context-%}\r\n  {{ 'old@1' }}{% include 'ol' \"d@production\" %}{% include 'new@1' %}"
    )
    replaced.make("t", body)
    (found,) = migrate(replaced)["dependants"]
    assert (found["number"], found["problem"]) == (2, None)
    saved = replaced.get("/t/versions/2").json
    assert saved["body"] == body.replace("{%-include('old@1')", "{%-include('new@1')").replace(
        "'ol' \"d@production\"", "'new@1'"
    )
    assert [part["template_id"] for part in saved["parts"]] == ["new"]
    assert saved["note"] == "new@1 in place of old@1, old@production"


def test_what_has_come_to_be_its_own_replacement_is_told(site: Site) -> None:
    site.make("old", "one")
    site.save("old", body="two")
    for number in (1, 2):
        site.publish("old", number)
    assert site.label("old", "stable", 2).status == 200
    site.make("t", "{% include 'old@1' %}")
    stable = {"template_id": "old", "selector": "stable"}
    assert site.move("old", 1, "deprecated", BOB, replacement=stable).status == 200
    assert site.label("old", "stable", 1).status == 200
    answer = site.ask(ANN, "POST", "/old/versions/1/migrate", {"why": "old ends"})
    assert (answer.status, answer.json["code"]) == (409, "replaces_itself")


def test_all_dependants_are_reached_past_those_that_can_not_be(replaced: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.logic.templates.migration.MAX_DEPENDANTS", 2)
    replaced.make("gone")
    replaced.publish("gone")
    for number in range(5):
        other = "{% include 'gone@1' %}" if number < 2 else ""
        replaced.make(f"t{number}", f"{{% include 'old@{1 if number % 2 else 'production'}' %}}{other}")
    replaced.move("gone", 1, "deprecated", BOB, sunset_at="2100-04-01T00:00:00Z")
    replaced.clock.now = replaced.clock.now.replace(year=2101)
    pages, after = [], ""
    while after is not None:
        page = migrate(replaced, after=after)
        pages.append([(one["template_id"], one["number"]) for one in page["dependants"]])
        after = page["next"]
    assert pages == [[("t0", None), ("t1", None)], [("t2", 2), ("t3", 2)], [("t4", 2)]]
    left = migrate(replaced)["dependants"]
    assert [one["template_id"] for one in left] == ["t0", "t1"], "done twice, nothing is done twice"
    assert "the part gone@1 is gone since 2100-04-01" in left[0]["problem"]


def test_a_large_answer_goes_on_in_the_next(replaced: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.logic.templates.migration.MAX_DIFF_CHARS", 100)
    for number in range(3):
        replaced.make(f"t{number}", "{% include 'old@1' %}" + "x" * 100)
    first = migrate(replaced, dry_run=True)
    assert ([one["template_id"] for one in first["dependants"]], first["next"]) == (["t0"], "t0")
    rest = migrate(replaced, dry_run=True, after="t1")
    assert [one["template_id"] for one in rest["dependants"]] == ["t2"]


def test_who_wrote_what_is_rewritten_does_not_approve_it(replaced: Site) -> None:
    replaced.make("t", "Bob's own words. {% include 'old@1' %}", who=BOB)
    assert migrate(replaced)["dependants"][0]["number"] == 2
    version = replaced.get("/t/versions/2").json
    assert (version["created_by"], version["also_by"]) == ("ann", ["bob"])
    replaced.move("t", 2, "in_review", ANN)
    refused = replaced.move("t", 2, "approved", BOB)
    assert (refused.status, refused.json["code"]) == (403, "self_approval")
    assert replaced.move("t", 2, "approved", CAROL).status == 200


def test_what_was_approved_is_its_authors_alone_no_more(replaced: Site) -> None:
    replaced.make("t", "{% include 'old@1' %}", who=CAROL)
    replaced.publish("t")
    assert migrate(replaced)["dependants"][0]["number"] == 2
    replaced.move("t", 2, "in_review", ANN)
    assert replaced.move("t", 2, "approved", CAROL).status == 200
