"""What the step keeps of an event and of what it refuses, by setting; and of whom, by consent."""

import json
from typing import Any

import orjson
import pytest

from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.envelope import Consent
from ingest.contracts.validate import Refusal
from ingest.delivery.outcome import Outcome
from ingest.delivery.privacy.consent import Choice
from ingest.delivery.privacy.keys import KEY_BYTES, Keyring, is_digest, is_pseudonym
from ingest.delivery.privacy.remains import REMOVED
from ingest.delivery.privacy.settings import HANDLINGS, Privacy, Settings
from ingest.delivery.scope import Scope, ScopeError
from tests.ingest.contracts.examples import NOW
from tests.lakes import event
from tests.steps import KEYRING, step

TEXT = "Call Ann Smith at +49 151 23456789"


def rows(outcome: Outcome, table: str = "prompt_execution") -> list[dict[str, Any]]:
    return [orjson.loads(row) for row in outcome.rows.get(table, [])]


def of_all(**said: Any) -> Settings:
    return Settings(environments={"*": Privacy(**said)})


def test_persons_are_pseudonyms_and_stay_apart() -> None:
    ann, bob, again = rows(step()([event(user_id="ann"), event(user_id="bob"), event(user_id="ann")], NOW))
    assert ann["user_id"] == again["user_id"] == KEYRING.pseudonym("ann") != bob["user_id"]
    (mail,) = rows(step()([event("email_event", recipient="Ann <ann@example.com>")], NOW), "email_event")
    assert is_pseudonym(mail["recipient"])


@pytest.mark.parametrize("handling", HANDLINGS)
def test_a_text_is_kept_as_the_setting_says(handling: Any) -> None:
    transform = step(of_all(text={"feedback": {"comment": handling}}, names=("Ann Smith",)))
    (row,) = rows(transform([event("feedback", comment=TEXT)], NOW), "feedback")
    kept = row.get("comment")
    match handling:
        case "none":
            assert kept is None
        case "hash":
            assert is_digest(kept)
        case "redacted":
            assert kept == "Call [name] at [phone]"
        case "full":
            assert kept == TEXT


def test_prompts_and_answers_are_left_out_unless_an_environment_keeps_them() -> None:
    settings = Settings(
        environments={"staging": Privacy(text={"prompt_execution": {"prompt": "full", "answer": "hash"}})}
    )
    sent = [event(prompt=TEXT, answer="Yes."), event(prompt=TEXT, answer="Yes.", environment="staging")]
    production, staging = rows(step(settings)(sent, NOW))
    assert ("prompt" in production, "answer" in production) == (False, False)
    assert staging["prompt"] == TEXT
    assert is_digest(staging["answer"])


@pytest.mark.parametrize("handling", HANDLINGS)
def test_free_form_data_follows_its_setting(handling: Any) -> None:
    transform = step(of_all(text={"behavior": {"properties": handling}}))
    data = {"mail": "ann@example.com", "n": 1}
    (row,) = rows(transform([event("behavior", properties=data)], NOW), "behavior")
    kept = json.loads(row["properties"]) if "properties" in row else None
    expected = {"none": None, "redacted": {"mail": "[email]", "n": 1}, "full": data}
    assert kept == expected[handling] if handling in expected else is_digest(kept)


def test_an_id_that_is_personal_is_replaced_so_that_two_stay_two() -> None:
    sent = [event("behavior", event_id=f"{who}@example.com:1") for who in ("ann", "bob", "ann")]
    one, two, again = (row["event_id"] for row in rows(step()(sent, NOW), "behavior"))
    assert one == again != two
    assert "@" not in one


def test_an_id_made_from_what_an_event_says_is_under_a_key() -> None:
    (row,) = rows(step()([event(event_id="~" + "0" * 32)], NOW))
    assert row["event_id"] == KEYRING.opaque_id("~" + "0" * 32)


def test_who_sent_an_event_is_found_in_the_rest_of_it() -> None:
    sent = event(
        "behavior", user_id="ann-4711", page="/u/ann-4711/cart", title="Cart of ann-4711", event_id="ann-4711-1"
    )
    (row,) = rows(step()([sent], NOW), "behavior")
    assert "4711" not in json.dumps(row)
    assert row["page"] == f"/u/{KEYRING.pseudonym('ann-4711')}/cart"


def refused(item: Any, settings: Settings | None = None) -> dict[str, Any]:
    (row,) = rows(step(settings)([item], NOW), QUARANTINE_TABLE)
    return row


def test_of_what_is_refused_the_known_fields_are_kept_as_they_would_be_and_the_names_of_the_others() -> None:
    sent = event(
        "feedback", user_id="ann-4711", comment=TEXT, rating=9, coment={"text": TEXT, "by": ["ann-4711"]}, page=7
    )
    payload = json.loads(refused(sent)["payload"])
    assert payload == {
        **sent,
        "user_id": KEYRING.pseudonym("ann-4711"),
        "comment": "Call Ann Smith at [phone]",
        "coment": {"text": REMOVED, "by": [REMOVED]},
        "page": REMOVED,
    }


def test_the_reason_says_nothing_personal_either() -> None:
    row = refused(event(**{"mail of ann@example.com": 1, "user_id": "ann-4711"}))
    assert "[email]" in row["message"]
    assert "ann@example.com" not in json.dumps(row)


@pytest.mark.parametrize(
    ("unknown", "kept"),
    [("none", REMOVED), ("redacted", "Call Ann Smith at [phone]"), ("full", TEXT)],
)
def test_the_owner_may_keep_what_no_contract_describes(unknown: Any, kept: str) -> None:
    assert json.loads(refused(event(coment=TEXT), of_all(unknown=unknown))["payload"])["coment"] == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"status": "gelungen"}, {"status": "gelungen"}),
        ({"status": "as Ann said"}, {"status": REMOVED}),
        ({"occurred_at": "1772445600"}, {"occurred_at": "1772445600"}),
        ({"occurred_at": "when Ann came home"}, {"occurred_at": REMOVED}),
        ({"latency_ms": "12 s"}, {"latency_ms": REMOVED}),
        ({"latency_ms": -1}, {"latency_ms": -1}),
        ({"feature": "x" * 300}, {"feature": REMOVED}),
        ({"feature": ["Ann"]}, {"feature": REMOVED}),
        ({"event_id": "an id of Ann"}, {"event_id": REMOVED}),
        ({"user_id": 4711}, {"user_id": KEYRING.pseudonym("4711")}),
        ({"user_id": {"name": "Ann"}}, {"user_id": REMOVED}),
        ({"prompt": ["what Ann asked"]}, {"prompt": REMOVED}),
        ({"properties": "what Ann said"}, {"properties": REMOVED}),
        ({"consent": {"content": True, "said": "by Ann"}}, {"consent": {"content": True}}),
        ({"output_tokens": 4111111111111111}, {"output_tokens": "[card]"}),
    ],
    ids=str,
)
def test_a_wrong_value_stays_as_long_as_nobody_can_have_written_it(given: dict[str, Any], kept: dict[str, Any]) -> None:
    assert json.loads(refused(event(**given))["payload"]).items() >= kept.items()


def test_of_a_text_that_is_no_json_the_shape_is_kept() -> None:
    broken = '{"event_type": "feedback", "user_id": "ann-4711", "comment": "Grüße, 7", "mail": "a@b.example"'
    kept = refused(Refusal("invalid_json", "Line 1 is not JSON.", payload=broken))["payload"]
    assert kept == '{"event_type": "xxxxxxxx", "user_id": "xxx-0000", "comment": "xxxxx, 0", "xxxx": "x@x.xxxxxxx"'


def test_of_whom_nothing_may_be_kept_nothing_is_though_it_is_refused() -> None:
    row = refused(event("feedback", comment=TEXT, rating=9, consent={"analytics": False}))
    assert (row["code"], row["payload"]) == ("out_of_range", "")
    row = refused(event("feedback", comment=TEXT, rating=9, consent={"content": False}))
    assert "comment" not in json.loads(row["payload"])


def choose(ids: tuple[str, ...] = ("ann",), environment: str | None = None, at: Any = NOW, **purposes: bool) -> Choice:
    return Choice(environment, ids, purposes, at)  # type: ignore[arg-type]


def test_a_withdrawal_holds_for_all_that_comes_after_it_whatever_an_event_says() -> None:
    transform = step()
    transform.decide([choose(analytics=False)])
    sent = [
        event(user_id="ann"),
        event(user_id="ann", consent={"analytics": True}),
        event("behavior", anonymous_id="ann"),
        event(user_id="ann", environment="staging"),
        event(user_id="bob"),
        event(),
    ]
    outcome = transform(sent, NOW)
    assert (outcome.dropped, outcome.accepted) == ({"prompt_execution": 2, "behavior": 1}, 3)
    transform.decide([choose(analytics=True, at=NOW.replace(hour=NOW.hour + 1))])
    assert transform(sent, NOW).dropped == {}


def test_a_withdrawal_of_content_leaves_the_rest() -> None:
    transform = step()
    transform.decide([choose(content=False)])
    (row,) = rows(transform([event("feedback", user_id="ann", comment="Thanks", thumb="up")], NOW), "feedback")
    assert (row["thumb"], "comment" in row) == ("up", False)


def test_where_consent_has_to_be_given_a_grant_lets_through() -> None:
    transform = step(of_all(consent=Consent(analytics=False)))
    sent = [event(user_id="ann"), event(user_id="ann", consent={"analytics": True}), event(consent={"content": True})]
    assert transform(sent, NOW).accepted == 1
    transform.decide([choose(analytics=True)])
    assert transform(sent, NOW).accepted == 2


def test_a_decision_outlives_a_new_key() -> None:
    before = step()
    before.decide([choose(analytics=False)])
    after = type(before)(Settings(), Keyring([b"k" * KEY_BYTES, b"n" * KEY_BYTES]), before._consents)
    assert after([event(user_id="ann"), event(user_id="bob")], NOW).accepted == 1
    # And what quarantine kept under the old key is known for the person's, too.
    payload = {**event(), "user_id": before._keyring.pseudonym("ann")}
    assert after.again(payload, NOW).dropped.total() == 1


def test_nobody_decides_for_an_environment_that_is_not_theirs() -> None:
    transform = step()
    with pytest.raises(ScopeError):
        transform.decide([choose(analytics=False), choose(environment="production", analytics=False)], Scope(("dev",)))
    assert transform([event(user_id="ann"), event(user_id="ann", environment="dev")], NOW).dropped == {}


def test_a_write_key_fills_in_its_environment_and_sends_for_no_other() -> None:
    sent = [
        event(),
        event(environment="dev"),
        event(environment="production"),
        event(properties={}),
        {"event_type": "x"},
    ]
    outcome = step()(sent, NOW, scope=Scope(("production", "dev")))
    assert [row["environment"] for row in rows(outcome)] == ["production", "dev", "production", "production"]
    narrow = step()(sent, NOW, scope=Scope(("production",)))
    assert [refusal.code for _, refusal in narrow.refusals] == ["wrong_environment", "unknown_type"]
    assert "production" in narrow.refusals[0][1].message


def test_what_comes_out_of_quarantine_is_treated_once() -> None:
    transform = step(of_all(text={"feedback": {"comment": "hash", "answer": "redacted"}}))
    sent = event(
        "feedback", user_id="ann", comment="Thanks", answer="ann@example.com", occurred_at="2026-03-01T09:30:00Z"
    )
    (at_once,) = rows(transform([sent], NOW), "feedback")
    kept = json.loads(refused({**sent, "rating": 9}, of_all(text={"feedback": {"comment": "hash"}}))["payload"])
    (again,) = rows(transform.again({**kept, "rating": None}, NOW), "feedback")
    assert again == at_once
