"""The routes: what they answer, whom they let in, and what they refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from infra.local.gateway import from_gateway_response, to_gateway_event
from serving.access import Principal
from tests.serving.lakes import DAY_3, Answer, cost, publish
from tests.serving.templates.people import ADA, ANN, BOB, CAROL, TEMPLATES, VERA, Site
from tests.serving.test_problems import problem


def refused(answer: Any) -> tuple[int, str]:
    """Status and code of a problem document."""
    document = answer.json
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert document["detail"].endswith(".")
    return answer.status, document["code"]


def test_a_template_is_made_saved_and_read(site: Site) -> None:
    made = site.make("greeting", "Hello {{ name }}", variables=[{"name": "name"}], tags=["chat"], note="first")
    assert made.headers["Location"] == "/prompts/templates/greeting"
    saved = site.save("greeting", body="Hi {{ name }}", note="shorter", tags=["chat", "short"])
    assert (saved.status, saved.json["latest"], saved.json["tags"]) == (200, 2, ["chat", "short"])
    old, new = (site.get(f"/greeting/versions/{number}").json for number in (1, 2))
    assert (old["body"], old["note"], old["created_by"]) == ("Hello {{ name }}", "first", "ann")
    assert (new["body"], new["variables"]) == ("Hi {{ name }}", old["variables"])
    listed = site.get("/greeting/versions").json
    assert [(v["number"], v["note"]) for v in listed["versions"]] == [(2, "shorter"), (1, "first")]
    assert "body" not in listed["versions"][0]
    assert refused(site.ask(ANN, "POST", "", {"id": "greeting", "body": "x"})) == (409, "exists")


def test_the_same_content_makes_no_version(site: Site) -> None:
    etag = site.make("t", "Hello").headers["ETag"]
    again = site.save("t", body="Hello")
    assert (again.status, again.json["latest"], again.headers["ETag"]) == (200, 1, etag)


def test_versions_come_in_pages(site: Site) -> None:
    site.make("t", "0")
    for number in range(1, 5):
        site.save("t", body=str(number))
    first = site.get("/t/versions", limit=3).json
    rest = site.get("/t/versions", limit=3, before=first["next"]).json
    assert [[v["number"] for v in page["versions"]] for page in (first, rest)] == [[5, 4, 3], [2, 1]]
    assert rest["next"] is None


def test_a_difference_is_told(site: Site) -> None:
    site.make("part", "P")
    site.make("t", "one\ntwo\n", variables=[{"name": "a"}, {"name": "b"}])
    include = 'one\n{% include "part@1" %}\n'
    site.save("t", body=include, variables=[{"name": "b", "type": "integer"}, {"name": "c"}])
    found = site.get("/t/diff", from_="1", to="2").json
    assert found["body"] == '--- t@1\n+++ t@2\n@@ -1,2 +1,2 @@\n one\n-two\n+{% include "part@1" %}\n'
    assert found["variables"] == {"added": ["c"], "removed": ["a"], "changed": ["b"]}
    assert found["parts"] == {"added": ["part@1"], "removed": [], "changed": []}
    assert refused(site.get("/t/diff", from_="1", to="9")) == (404, "no_such_version")
    assert refused(site.get("/t/diff", to="2")) == (400, "missing_parameter")


def test_a_lost_update_is_refused(site: Site) -> None:
    seen = site.make("t").headers["ETag"]
    assert site.save("t", etag=seen, body="first").status == 200
    assert refused(site.save("t", etag=seen, body="second")) == (412, "changed_meanwhile")
    assert refused(site.ask(ANN, "PUT", "/t", {"body": "third"})) == (428, "no_if_match")
    assert site.save("t", etag="*", body="fourth").json["latest"] == 3


def test_nobody_approves_their_own(site: Site) -> None:
    site.make("t", who=BOB)
    assert site.move("t", 1, "in_review", BOB).status == 200
    assert refused(site.move("t", 1, "approved", BOB)) == (403, "self_approval")
    as_admin = Principal("bob", "admin")
    assert refused(site.move("t", 1, "approved", as_admin)) == (403, "self_approval"), "another key, the same person"
    assert refused(site.move("t", 1, "approved", ANN)) == (403, "wrong_role")
    assert refused(site.move("t", 1, "published", CAROL)) == (409, "no_such_move")
    assert site.move("t", 1, "approved", CAROL).status == 200
    assert site.move("t", 1, "published", BOB).status == 200


@pytest.mark.parametrize("to", ["approved", "published", "deprecated", "draft"])
def test_a_draft_can_be_nothing_but_submitted(site: Site, to: str) -> None:
    site.make("t")
    assert refused(site.move("t", 1, to, ADA)) == (409, "no_such_move")
    assert site.get("/t").json["states"] == {"1": "draft"}


def test_labels_point_to_what_is_approved_and_go_back(site: Site) -> None:
    site.make("t", "one")
    assert refused(site.label("t", "beta", 1)) == (409, "not_approved")
    site.publish("t", 1)
    site.save("t", body="two")
    site.publish("t", 2)
    assert refused(site.label("t", "production", 1, ANN)) == (403, "wrong_role")
    for number in (1, 2):
        assert site.label("t", "production", number).json["labels"] == {"production": number}
    assert site.get("/t/versions/production").json["body"] == "two"
    back = site.ask(BOB, "POST", "/t/labels/production/rollback", {"why": "two is worse"})
    assert back.json["labels"] == {"production": 1}
    assert site.get("/t/versions/production").json["body"] == "one"
    nothing = site.ask(BOB, "POST", "/t/labels/production/rollback", {"why": "again"})
    assert refused(nothing) == (409, "nothing_before")
    assert refused(site.ask(BOB, "POST", "/t/labels/beta/rollback", {"why": "x"})) == (404, "no_such_label")
    gone = site.ask(BOB, "DELETE", "/t/labels/production", query={"why": "unused"})
    assert gone.json["labels"] == {}
    assert refused(site.get("/t/versions/production")) == (404, "no_such_version")


def test_what_is_composed_of_a_draft_is_not_approved(site: Site) -> None:
    site.make("part")
    site.make("t", '{% include "part@1" %}')
    site.move("t", 1, "in_review", ANN)
    assert refused(site.move("t", 1, "approved")) == (409, "part_not_approved")
    site.publish("part")
    assert site.move("t", 1, "approved").status == 200


def test_deprecation_names_what_to_use_instead(site: Site) -> None:
    site.make("old")
    site.make("new")
    site.publish("old")
    new = {"template_id": "new", "selector": 1}
    assert refused(site.move("old", 1, "deprecated", replacement=new)) == (409, "no_replacement")
    site.publish("new")
    past = (site.clock.now - timedelta(days=1)).isoformat()
    assert refused(site.move("old", 1, "deprecated", sunset_at=past)) == (409, "sunset_in_past")
    itself = {"template_id": "old", "selector": 1}
    assert refused(site.move("old", 1, "deprecated", replacement=itself)) == (409, "replaces_itself")
    sunset = (site.clock.now + timedelta(days=30)).isoformat()
    told = site.move("old", 1, "deprecated", replacement=new, sunset_at=sunset)
    assert told.json["deprecations"]["1"]["replacement"] == new
    assert refused(site.move("new", 1, "archived", replacement=new)) == (409, "no_such_move")
    assert site.move("old", 1, "published").json["deprecations"] == {}, "reinstated"


def test_dependants_are_migrated_as_drafts(site: Site) -> None:
    for name in ("old", "new"):
        site.make(name)
        site.publish(name)
    site.make("one", "{% include \"old@1\" %} and {% include 'old@1' %}")
    site.make("two", 'No: old@1 {%- include "new@1" %}')
    site.publish("one")
    site.move("old", 1, "deprecated", replacement={"template_id": "new", "selector": 1})
    assert refused(site.move("old", 1, "archived")) == (409, "still_used")
    asked = "/old/versions/1/migrate"
    shown = site.ask(ANN, "POST", asked, {"why": "old ends", "dry_run": True}).json
    assert [d["number"] for d in shown["dependants"]] == [None]
    assert site.get("/one").json["latest"] == 1
    done = site.ask(ANN, "POST", asked, {"why": "old ends"}).json
    assert done["replacement"] == "new@1"
    (one,) = done["dependants"]
    assert (one["template_id"], one["number"], one["diff"]) == ("one", 2, shown["dependants"][0]["diff"])
    assert "+{% include \"new@1\" %} and {% include 'new@1' %}" in one["diff"]
    version = site.get("/one/versions/2").json
    assert (version["state"], version["created_by"], [p["template_id"] for p in version["parts"]]) == (
        "draft", "ann", ["new"])  # fmt: skip
    assert site.ask(ANN, "POST", asked, {"why": "again"}).json["dependants"] == []
    assert refused(site.move("old", 1, "archived")) == (409, "still_used"), "one@1 is published, and composed of it"
    for to in ("deprecated", "archived"):
        assert site.move("one", 1, to).status == 200
    assert site.move("old", 1, "archived").status == 200


def test_an_ended_template_stays_to_be_read(site: Site) -> None:
    etag = site.make("t").headers["ETag"]
    site.publish("t")
    headers = {"If-Match": "*"}
    assert refused(site.ask(BOB, "DELETE", "/t", query={"why": "x"}, headers=headers)) == (409, "still_published")
    site.move("t", 1, "deprecated")
    assert refused(site.ask(BOB, "DELETE", "/t", query={"why": "x"}, headers={"If-Match": etag})) == (
        412, "changed_meanwhile")  # fmt: skip
    assert site.ask(BOB, "DELETE", "/t", query={"why": "over"}, headers=headers).json["states"] == {"1": "archived"}
    assert site.get("/t/versions/1").json["body"] == "Hello"
    assert refused(site.ask(ANN, "POST", "", {"id": "t", "body": "x"})) == (409, "exists")
    assert refused(site.save("t", body="new")) == (409, "archived")


def test_comments_are_of_lines(site: Site) -> None:
    site.make("t", "one\ntwo")
    assert site.ask(BOB, "POST", "/t/versions/1/comments", {"text": "why two?", "line": 2}).status == 201
    assert refused(site.ask(BOB, "POST", "/t/versions/1/comments", {"text": "x", "line": 3})) == (409, "no_such_line")
    assert refused(site.ask(VERA, "POST", "/t/versions/1/comments", {"text": "x"})) == (403, "wrong_role")
    (comment,) = site.get("/t/versions/1/comments").json["comments"]
    assert (comment["text"], comment["line"], comment["who"]) == ("why two?", 2, "bob")
    for text in ("b", "c"):
        site.ask(BOB, "POST", "/t/versions/1/comments", {"text": text})
    first = site.get("/t/versions/1/comments", limit=2).json
    rest = site.get("/t/versions/1/comments", limit=2, after=first["next"]).json
    assert [[c["text"] for c in page["comments"]] for page in (first, rest)] == [["why two?", "b"], ["c"]]
    assert rest["next"] is None


def test_the_audit_log_tells_who_did_what_and_why(site: Site) -> None:
    site.make("t", note="first")
    site.publish("t")
    site.label("t", "production", 1)
    log = site.get("/t/audit").json
    told = [(e["who"], e["role"], e["action"], e["number"], e["why"]) for e in log["entries"]]
    assert told == [
        ("ann", "editor", "create", 1, "first"),
        ("ann", "editor", "submit", 1, "it is time"),
        ("bob", "approver", "approve", 1, "it is time"),
        ("bob", "approver", "publish", 1, "it is time"),
        ("bob", "approver", "label", 1, "it is time"),
    ]
    first = site.get("/t/audit", limit=2).json
    assert site.get("/t/audit", after=first["next"]).json["entries"] == log["entries"][2:]


def test_usage_says_who_still_calls(site: Site) -> None:
    site.make("t")
    site.make("u")
    assert refused(site.get("/t/usage")) == (503, "nothing_published")
    called = {"template_id": "t", "environment": "default"}
    rows = [
        cost(DAY_3, "chat", "sonnet", executions=3, cost_usd="0.5", **called | {"template_version": "1"}),
        cost(DAY_3, "chat", "haiku", executions=1, cost_usd="0.1", **called | {"template_version": "1"}),
        cost(DAY_3, "mail", "sonnet", executions=9, cost_usd="0.2", **called),
        cost(DAY_3, "chat", "sonnet", executions=7, template_id="t", template_version="1"),
    ]
    publish(site.root, {"cost_daily": rows})
    site.clock.now = site.clock.now.replace(year=2026, month=3, day=10)
    callers = site.get("/t/usage").json["callers"]
    assert [(c["version"], c["feature"], c["executions"], c["cost_usd"]) for c in callers] == [
        (None, "mail", 9, 0.2),
        ("1", "chat", 4, 0.6),
    ], "another environment's calls are not told"
    assert site.get("/t/usage", days=7).json["callers"] == []
    assert site.get("/u/usage").json["callers"] == []


@pytest.mark.parametrize("who", [None, Principal("eve", "emitter")], ids=["nobody", "an emitter"])
def test_who_may_not_read_is_told_nothing(site: Site, who: Principal | None) -> None:
    site.make("t")
    for path in ("", "/t", "/nothing", "/t/versions", "/t/versions/1", "/t/audit", "/t/usage"):
        assert refused(site.get(path, who)) == ((401, "nobody") if who is None else (403, "wrong_role"))


def test_a_viewer_changes_nothing(site: Site) -> None:
    site.make("t")
    before = site.get("/t").json
    for method, path, body in (
        ("POST", "", {"id": "u", "body": "x"}),
        ("PUT", "/t", {"body": "x"}),
        ("DELETE", "/t", None),
        ("POST", "/t/versions/1/transitions", {"to": "in_review", "why": "x"}),
        ("PUT", "/t/labels/beta", {"number": 1, "why": "x"}),
        ("POST", "/t/versions/1/migrate", {"why": "x"}),
    ):
        query = {"why": "x"} if method == "DELETE" else {}
        assert refused(site.ask(VERA, method, path, body, query, {"If-Match": "*"})) == (403, "wrong_role")
    assert site.get("/t").json == before


def test_another_environment_is_another_world(site: Site) -> None:
    staff = Principal("sam", "admin", ("staging",))
    site.make("t", who=ANN)
    assert refused(site.get("/t", staff)) == (404, "no_such_template"), "their own environment is asked"
    assert refused(site.get("/t", staff, environment="default")) == (403, "wrong_environment")
    made = site.ask(staff, "POST", "", {"id": "t", "body": "of staging"})
    assert made.json["environment"] == "staging"
    other = site.ask(staff, "POST", "", {"id": "u", "body": "x"}, {"environment": "default"})
    assert refused(other) == (403, "wrong_environment")
    alien = site.ask(staff, "POST", "", {"id": "v", "body": '{% include "only@1" %}'})
    assert alien.status == 422, "no part comes from elsewhere"
    assert [t["id"] for t in site.get("").json["templates"]] == ["t"]
    assert site.get("/t/versions/1").json["body"] == "Hello"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"prefix": "A"}, 400), ({"limit": "0"}, 400), ({"limit": "101"}, 400), ({"limit": "x"}, 400),
        ({"status": "gone"}, 400), ({"tag": "a b"}, 400), ({"after": "../x"}, 400), ({"colour": "red"}, 400),
        ({"environment": "a#b"}, 400), ({"environment": "x" * 65}, 400), ({"owner": "\x00"}, 400),
    ],
)  # fmt: skip
def test_a_search_that_is_none(site: Site, query: dict[str, str], status: int) -> None:
    assert problem(site.get("", **query))[0] == status


@pytest.mark.parametrize(
    "template_id",
    ["..", ".", "a/b", "../etc", "%2e%2e", "A", "a#b", "a b", "ä", "a\x00", "-a", "a-", "x" * 101, "", "a\n"],
)
def test_an_id_that_is_a_path_or_a_trick(site: Site, template_id: str) -> None:
    answer = site.ask(ANN, "POST", "", {"id": template_id, "body": "x"})
    assert refused(answer) == (422, "invalid_body")
    assert site.get("").json["templates"] == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"id": "t"}, {"id": "t", "body": 5}, {"id": "t", "body": None}, {"id": "t", "body": "x", "more": 1},
        {"id": "t", "body": "x", "tags": ["a"] * 11}, {"id": "t", "body": "x", "owner": "a\nb"},
        {"id": "t", "body": "x" * 100_001}, {"id": "t", "body": "x", "variables": [{"name": "a b"}]},
        {"id": "t", "body": "x", "state": "published"}, {"id": "t", "body": "x", "created_by": "bob"}, [], "x", 3,
    ],
    ids=lambda body: repr(body)[:40],
)  # fmt: skip
def test_a_body_that_is_not_as_described(site: Site, body: Any) -> None:
    assert site.ask(ANN, "POST", "", body).status in (400, 422)
    assert site.get("").json["templates"] == []


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"id": "t", "body": "x", "tests": [{"name": "a", "inputs": {"a": ' + b"[" * 900 + b"]" * 900
     + b"}}]}", b'{"id": "t", "body": "\xff"}', b'{"id": "t", "body": "\\ud800"}', b'{"id": NaN}', b""],
    ids=["endless", "deep", "not utf-8", "half a character", "NaN", "none"],
)  # fmt: skip
def test_a_body_that_is_a_trick(site: Site, body: bytes) -> None:
    answer = site.ask(ANN, "POST", "", body)
    assert answer.status in (400, 422), answer.json
    assert site.get("").json["templates"] == []


def test_a_version_too_large_for_a_store_is_refused_whole(site: Site) -> None:
    variables = [{"name": f"v{n}", "default": "x" * 9_000} for n in range(50)]
    answer = site.ask(ANN, "POST", "", {"id": "t", "body": "x", "variables": variables})
    assert refused(answer) == (413, "too_large")
    assert site.get("").json["templates"] == []
    assert refused(site.get("/t")) == (404, "no_such_template")


def test_a_request_sent_again_is_done_once(site: Site) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = site.ask(ANN, "POST", "", {"id": "t", "body": "x"}, headers=headers)
    again = site.ask(ANN, "POST", "", {"id": "t", "body": "x"}, headers=headers)
    assert (again.status, again.json, again.headers["ETag"]) == (201, first.json, first.headers["ETag"])
    assert again.headers["Idempotent-Replayed"] == "true"
    other = site.ask(ANN, "POST", "", {"id": "t", "body": "y"}, headers=headers)
    assert refused(other) == (422, "key_used")
    site.clock.now += timedelta(days=2)
    assert refused(site.ask(ANN, "POST", "", {"id": "t", "body": "x"}, headers=headers)) == (409, "exists")


def test_an_aws_role_that_many_take_on_approves_nothing(site: Site) -> None:
    site.make("t")
    site.move("t", 1, "in_review", ANN)
    arn = "arn:aws:sts::123456789012:assumed-role/promptlake-admin/anybody"
    event = to_gateway_event(
        "POST", f"{TEMPLATES}/t/versions/1/transitions", "", {}, b'{"to": "approved", "why": "it is time"}'
    )
    event["requestContext"] |= {"identity": {"userArn": arn}, "accountId": "123456789012"}
    answer = Answer(*from_gateway_response(site.app.resolve(event, LambdaContext())))
    assert refused(answer) == (403, "not_a_person")
    assert site.get("/t").json["states"] == {"1": "in_review"}
