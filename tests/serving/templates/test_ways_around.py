"""Ways around the rules that someone may try, step by step, each of them allowed. The last one is not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from infra.local.gateway import from_gateway_response, to_gateway_event
from tests.serving.lakes import Answer
from tests.serving.templates.people import ANN, BOB, CAROL, TEMPLATES, Site

USER = "arn:aws:iam::123456789012:user/promptlake-approver/{}"
ROLE = "arn:aws:sts::123456789012:assumed-role/promptlake-approver"

KIND = {"name": "kind", "assertions": [{"kind": "contains", "value": "kind", "of": "prompt"}]}


def publish_tone(site: Site) -> None:
    """Two versions of ``tone``, a kind one in production and a rude one that is approved."""
    site.make("tone", "Be kind.")
    site.publish("tone")
    site.label("tone", "production", 1)
    site.save("tone", body="Be rude.")
    for to, who in (("in_review", ANN), ("approved", BOB)):
        assert site.move("tone", 2, to, who).status == 200


def approve(site: Site, template_id: str) -> None:
    for to, who in (("in_review", ANN), ("approved", BOB)):
        assert site.move(template_id, 1, to, who).status == 200


@pytest.mark.parametrize(
    ("author", "approver", "outcome"),
    [
        (USER.format("ann"), "u-1", (403, "unknown_author")),
        ("u-1", USER.format("ann"), (403, "unknown_author")),
        (ROLE, "u-1", (403, "unknown_author")),
        ("pipeline", "u-1", (200, None)),
        (USER.format("ann"), USER.format("bob"), (200, None)),
        ("u-1", "u-1", (403, "self_approval")),
    ],
)
def test_nobody_approves_their_own_under_another_name(
    site: Site, author: str, approver: str, outcome: tuple[int, str | None]
) -> None:
    submit(site, author)
    assert approved_by(site, approver) == outcome


@pytest.mark.parametrize(
    ("author", "people", "outcome"),
    [
        ("u-9", {"u-9": "u-1"}, (403, "self_approval")),
        (USER.format("ann"), {USER.format("ann"): "u-1"}, (403, "self_approval")),
        (USER.format("ann"), {USER.format("ann"): "u-2"}, (200, None)),
    ],
)
def test_who_is_who_may_be_said_after_a_version_was_written(
    site: Site, author: str, people: dict[str, str], outcome: tuple[int, str | None]
) -> None:
    submit(site, author)
    since = Site(replace(site.desk, people=people), site.clock, site.root)
    assert approved_by(since, "u-1") == outcome


def ask(site: Site, who: str, path: str, body: object) -> Answer:
    """A request of somebody whom AWS names, or a token."""
    event = to_gateway_event("POST", TEMPLATES + path, "", {}, json.dumps(body).encode())
    signed_in = {"authorizer": {"claims": {"sub": who, "groups": "promptlake-approver"}}}
    by_aws = {"identity": {"userArn": f"{who}/session" if who == ROLE else who}, "accountId": "123456789012"}
    event["requestContext"] |= by_aws if who.startswith("arn:") else signed_in
    return Answer(*from_gateway_response(site.app.resolve(event, LambdaContext())))


def submit(site: Site, author: str) -> None:
    assert ask(site, author, "", {"id": "t", "body": "x"}).status == 201
    assert ask(site, author, "/t/versions/1/transitions", {"to": "in_review", "why": "x"}).status == 200


def approved_by(site: Site, approver: str) -> tuple[int, str | None]:
    answer = ask(site, approver, "/t/versions/1/transitions", {"to": "approved", "why": "x"})
    return answer.status, answer.json.get("code")


def test_words_that_nobody_has_approved_do_not_become_anothers(site: Site) -> None:
    site.make("t", "Bob's own words.", who=BOB)
    assert site.save("t", ANN, tests=[KIND], note="tests").json["latest"] == 2
    assert site.get("/t/versions/2").json["also_by"] == ["bob"]
    site.move("t", 2, "in_review", ANN)
    refused = site.move("t", 2, "approved", BOB)
    assert (refused.status, refused.json["code"]) == (403, "self_approval")
    assert site.move("t", 2, "approved", CAROL).status == 200
    site.save("t", ANN, tests=[], note="no tests")
    assert site.get("/t/versions/3").json["also_by"] == [], "these words were approved"


def test_no_editor_exchanges_a_part_of_what_is_published_by_moving_a_label(site: Site) -> None:
    publish_tone(site)
    site.label("tone", "mine", 1, ANN)
    site.make("letter", "{% include 'tone@mine' %}")
    approve(site, "letter")
    refused = site.move("letter", 1, "published", BOB)
    assert (refused.status, refused.json["code"]) == (409, "exchangeable_part")
    assert "tone@mine" in refused.json["detail"]


def test_no_editor_exchanges_a_part_of_a_part_either(site: Site) -> None:
    publish_tone(site)
    site.label("tone", "mine", 1, ANN)
    site.make("middle", "{% include 'tone@mine' %}")
    approve(site, "middle")
    site.make("letter", "{% include 'middle@1' %}")
    approve(site, "letter")
    assert site.move("letter", 1, "published", BOB).json["code"] == "exchangeable_part"


def test_what_follows_production_may_be_published(site: Site) -> None:
    publish_tone(site)
    site.make("letter", "{% include 'tone@production' %}")
    site.publish("letter")


def test_a_version_is_not_reinstated_on_tests_of_what_it_once_was(site: Site) -> None:
    publish_tone(site)
    site.make("letter", "{% include 'tone@production' %}", tests=[KIND])
    approve(site, "letter")
    assert site.ask(ANN, "POST", "/letter/versions/1/tests/run", {}).json["passed"] is True
    assert site.move("letter", 1, "published", BOB).status == 200
    assert site.move("letter", 1, "deprecated", BOB).status == 200
    assert site.move("tone", 2, "published", BOB).status == 200
    assert site.label("tone", "production", 2).status == 200

    stale = site.move("letter", 1, "published", BOB)
    assert (stale.status, stale.json["code"]) == (409, "tests_not_passed")
    assert site.ask(ANN, "POST", "/letter/versions/1/tests/run", {}).json["passed"] is False
    failing = site.move("letter", 1, "published", CAROL)
    assert (failing.status, failing.json["code"]) == (409, "tests_not_passed")


def test_a_template_is_not_ended_while_another_is_composed_of_it(site: Site) -> None:
    site.make("tone", "Be kind.")
    approve(site, "tone")
    site.make("letter", "{% include 'tone@1' %}")
    site.publish("letter")
    seen = {"If-Match": site.get("/tone").headers["ETag"]}
    refused = site.ask(BOB, "DELETE", "/tone", query={"why": "tidy up"}, headers=seen)
    assert (refused.status, refused.json["code"]) == (409, "still_used")
    assert site.get("/tone").json["states"] == {"1": "approved"}


def test_no_label_leads_to_a_version_past_its_sunset(site: Site) -> None:
    site.make("tone", "one")
    for number, text in ((2, "two"), (3, "three")):
        assert site.save("tone", body=text).status == 200, number
    for number in (1, 2, 3):
        site.publish("tone", number)
        assert site.label("tone", "production", number).status == 200
    assert site.move("tone", 2, "deprecated", BOB, sunset_at="2100-04-01T00:00:00Z").status == 200
    site.clock.now = site.clock.now.replace(year=2101)

    gone = site.label("tone", "production", 2)
    assert (gone.status, gone.json["code"]) == (410, "gone")
    back = site.ask(BOB, "POST", "/tone/labels/production/rollback", {"why": "three is worse"})
    assert back.json["labels"] == {"production": 1}, "the version that is gone is passed over"
