"""What Zendesk and Jira send and export becomes tickets: where they stand, since when, and about what."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts.events.support_ticket import SupportTicket
from ingest.contracts.validate import validate
from ingest.doors.mapping import live
from tests.ingest.doors.mapping.desks import JIRA_CSV, ZENDESK_CSV, jira, zendesk
from tests.steps import transform

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def tickets(name: str, content: Any) -> list[SupportTicket]:
    found = [validate(item, NOW) for item in live.items(name, content)]
    assert all(isinstance(ticket, SupportTicket) for ticket in found), found
    return [ticket for ticket in found if isinstance(ticket, SupportTicket)]


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_a_zendesk_ticket_from_its_creation_to_its_solution() -> None:
    new, pending, solved, tagged = tickets(
        "zendesk",
        [
            zendesk("created", "NEW", "2026-03-01T09:30:01Z"),
            zendesk("status_changed", "PENDING", "2026-03-01T10:00:00Z"),
            zendesk("status_changed", "SOLVED", "2026-03-02T08:00:00.5Z"),
            zendesk("tags_changed", "SOLVED", "2026-03-04T08:00:00Z"),
        ],
    )
    assert [t.status for t in (new, pending, solved, tagged)] == ["new", "pending", "solved", "solved"]
    assert {t.ticket_id for t in (new, pending, solved, tagged)} == {"204"}
    assert new.event_id == "01-created-2026-03-01T09:30:01Z"
    assert (new.opened_at, new.solved_at) == (at(2026, 3, 1, 9, 30), None)
    assert solved.solved_at == solved.occurred_at == at(2026, 3, 2, 8, 0, 0, 500_000)
    assert tagged.solved_at is None, "a later change does not say when it was solved"
    assert (new.user_id, new.topic, new.channel, new.priority) == ("77", "problem", "api", "high")
    assert (new.subject, new.body) == ("Empty export", "The export of my notes is empty.")
    assert new.properties == {
        "event": "zen:event-type:ticket.created", "tags": ["export", "beta"],
        "group_id": "12", "brand_id": "5", "organization_id": "31",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "ours"), [("OPEN", "open"), ("Hold", "on_hold"), ("closed", "closed"), ("DELETED", "closed")]
)
def test_zendesk_s_statuses_are_ours(theirs: str, ours: str) -> None:
    (ticket,) = tickets("zendesk", zendesk("priority_changed", theirs, "2026-03-01T10:00:00Z"))
    assert ticket.status == ours


def test_a_long_mail_costs_no_ticket() -> None:
    (ticket,) = tickets("zendesk", zendesk("created", "NEW", "2026-03-01T10:00:00Z", description="> " * 9000))
    assert ticket.body == "> " * 4096


def test_an_event_of_something_else_is_refused() -> None:
    user = {**zendesk("created", "NEW", "2026-03-01T10:00:00Z"), "type": "zen:event-type:user.created"}
    (refused,) = live.items("zendesk", user)
    assert "described by no rule of the mapping 'zendesk'" in getattr(refused, "message", "")


def test_zendesk_s_csv_export() -> None:
    solved, held = tickets("zendesk_csv", ZENDESK_CSV)
    assert (solved.ticket_id, solved.status, solved.user_id, solved.subject) == ("204", "solved", "77", "Export, empty")
    assert (solved.opened_at, solved.solved_at) == (at(2026, 3, 1, 9, 30), at(2026, 3, 2, 8))
    assert (solved.channel, solved.topic, solved.priority) == ("email", "problem", "high")
    assert solved.properties is not None
    assert (solved.properties["reopens"], solved.properties["full_resolution_minutes"]) == (1, 1350)
    assert (held.status, held.channel, held.priority, held.solved_at) == ("on_hold", "web", None, None)
    assert held.occurred_at == at(2026, 3, 2, 11, 30)
    later = (
        ZENDESK_CSV.replace("Agent,Support", "Other agent,Support").replace("11:30", "12:45").replace("Hold", "Open")
    )
    same, changed = tickets("zendesk_csv", later)
    assert same.event_id == solved.event_id, "not changed since the last export"
    assert changed.event_id != held.event_id


def test_a_jira_issue_from_its_creation_to_its_solution() -> None:
    request = {"requestType": {"name": "Report a bug"}, "currentStatus": {"status": "Resolved"}}
    done = {"resolutiondate": "2026-03-02T09:00:00.000+0100", "resolution": {"name": "Done"}}
    created, resolved = tickets(
        "jira",
        [
            jira("issue_created", "Waiting for support", "indeterminate"),
            jira("issue_updated", "Resolved", "done", customfield_10010=request, **done),
        ],
    )
    assert (created.ticket_id, created.status, created.user_id) == ("HELP-42", "open", "a-77")
    assert (created.opened_at, created.solved_at) == (at(2026, 3, 1, 9, 30), None)
    assert created.occurred_at == at(2026, 3, 1, 9, 30, 0, 123_000)
    assert (created.topic, created.priority) == ("[System] Incident", "high")
    assert (created.subject, created.body) == ("Empty export", "The export of my notes is empty.")
    assert (resolved.status, resolved.solved_at, resolved.topic) == ("solved", at(2026, 3, 2, 8), "Report a bug")
    assert resolved.properties == {
        "event": "jira:issue_updated", "project": "HELP", "labels": ["export"], "resolution": "Done",
    }  # fmt: skip
    assert "secret" not in f"{created}{resolved}"


@pytest.mark.parametrize(
    ("name", "category", "ours"),
    [
        ("Waiting for customer", "indeterminate", "pending"),
        ("WAITING FOR APPROVAL", "indeterminate", "on_hold"),
        ("Canceled", "done", "closed"),
        ("To Do", "new", "new"),
        ("Escalated", "indeterminate", "open"),
        ("Erledigt", "done", "solved"),
        ("?", "undefined", "open"),
    ],
)
def test_jira_s_statuses_are_ours_by_name_else_by_category(name: str, category: str, ours: str) -> None:
    (ticket,) = tickets("jira", jira("issue_updated", name, category))
    assert ticket.status == ours


def test_a_reporter_of_data_center_has_a_name_for_an_id() -> None:
    (ticket,) = tickets("jira", jira("issue_created", "Open", "new", reporter={"name": "ada", "key": "ada"}))
    assert (ticket.user_id, ticket.status) == ("ada", "new")


_anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "key"]), inner, max_size=2),
    max_leaves=4,
)


def _leaves(value: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if way:
        yield way
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*way, key))


def _replaced(value: Any, way: tuple[str, ...], new: Any) -> Any:
    return {**value, way[0]: _replaced(value[way[0]], way[1:], new)} if way else new


@settings(max_examples=300)
@given(st.data(), st.sampled_from(["zendesk", "jira"]), _anything)
def test_whatever_a_desk_sends_is_one_ticket_or_one_refusal(data: Any, name: str, new: Any) -> None:
    payload = (
        jira("issue_updated", "Open", "new") if name == "jira" else zendesk("created", "NEW", "2026-03-01T09:30:00Z")
    )
    way = data.draw(st.sampled_from(sorted(_leaves(payload))))
    outcome = transform(live.items(name, _replaced(payload, way, new)), NOW)
    assert (outcome.received.total(), outcome.accepted + len(outcome.refusals)) == (1, 1)
    assert all(refusal.message.endswith((".", ".)")) for _, refusal in outcome.refusals)


def test_jira_s_csv_export() -> None:
    solved, open_ = tickets("jira_csv", JIRA_CSV)
    assert (solved.ticket_id, solved.status, solved.user_id) == ("HELP-42", "solved", "a-77")
    assert (solved.opened_at, solved.solved_at) == (at(2026, 3, 1, 9, 30), at(2026, 3, 2, 20))
    assert (solved.topic, solved.priority, solved.body) == ("Report a bug", "high", "Empty.\nReally.")
    assert solved.properties == {"project": "HELP", "labels": ["export", "beta"], "resolution": "Done"}
    assert (open_.status, open_.user_id, open_.topic) == ("open", "Bo K", "Question")
    assert open_.occurred_at == at(2026, 3, 2, 11, 30)
    (seen, _) = tickets("jira_csv", JIRA_CSV.replace("03/Mar/26 1:00 PM", "04/Mar/26 1:00 PM"))
    assert seen.event_id == solved.event_id, "to look at an issue does not change it"


def test_an_export_without_categories_knows_what_is_resolved() -> None:
    short = "Summary,Issue key,Status,Created,Updated,Resolved\n"
    short += "a,H-1,Fertig,2026-03-01 09:30,2026-03-02 09:30,2026-03-02 09:30\n"
    short += "b,H-2,In Arbeit,2026-03-01 09:30,2026-03-02 09:30,\n"
    assert [ticket.status for ticket in tickets("jira_csv", short)] == ["solved", "open"]
