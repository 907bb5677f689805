"""What support desks send and export, written by hand in the shapes that their references describe."""

from typing import Any

ZENDESK_CSV = """\
Summation column,Id,Requester,Requester id,Requester email,Assignee,Group,Subject,Tags,Status,Priority,Via,Ticket type,\
Created at,Updated at,Solved at,Satisfaction Score,Reopens,Replies,First reply time in minutes,\
Full resolution time in minutes
1,204,Ada L,77,ada@example.org,Agent,Support,"Export, empty","export, beta",Solved,High,Mail,Problem,\
2026-03-01 09:30,2026-03-02 08:00,2026-03-02 08:00,Good,1,3,12,1350
1,205,Bo K,78,bo@example.org,,Support,Where is it?,,Hold,,Web Form,,2026-03-02 10:00,2026-03-02 11:30,,,0,0,,
"""

JIRA_CSV = """\
Summary,Issue key,Issue id,Issue Type,Status,Project key,Priority,Resolution,Reporter,Reporter Id,Created,Updated,\
Last Viewed,Resolved,Labels,Labels,Description,Custom field (Request Type),Status Category
Empty export,HELP-42,10042,Incident,Resolved,HELP,High,Done,Ada L,a-77,01/Mar/26 9:30 AM,02/Mar/26 8:00 PM,\
03/Mar/26 1:00 PM,02/Mar/26 8:00 PM,export,beta,"Empty.
Really.",Report a bug,Done
Where is it?,HELP-43,10043,Question,Triage,HELP,Low,,Bo K,,2026-03-02 10:00,2026-03-02 11:30,,,,,,,In Progress
"""


def zendesk(event: str, status: str, time: str, **more: Any) -> dict[str, Any]:
    """One event in the shape of Zendesk's "Ticket events" reference."""
    return {
        "account_id": 4711,
        "id": f"01-{event}-{time}",
        "type": f"zen:event-type:ticket.{event}",
        "subject": "zen:ticket:204",
        "time": time,
        "zendesk_event_version": "2022-11-06",
        "event": {"current": status, "previous": "NEW", "meta": {"sequence": {"id": "s", "position": 1}}},
        "detail": {
            "actor_id": "88", "assignee_id": "88", "brand_id": "5", "created_at": "2026-03-01T09:30:00Z",
            "custom_status": "10", "description": "The export of my notes is empty.", "external_id": None,
            "form_id": "6", "group_id": "12", "id": "204", "is_public": True, "organization_id": "31",
            "priority": "HIGH", "requester_id": "77", "status": status, "subject": "Empty export",
            "submitter_id": "77", "tags": ["export", "beta"], "type": "PROBLEM",
            "updated_at": time, "via": {"channel": "web_service"}, **more,
        },
    }  # fmt: skip


def jira(event: str, status: str, category: str, **fields: Any) -> dict[str, Any]:
    """One webhook in the shape of Jira's reference, with the fields of a service project."""
    return {
        "timestamp": 1772357400123,
        "webhookEvent": f"jira:{event}",
        "issue_event_type_name": "issue_generic",
        "user": {"accountId": "agent-1", "displayName": "Agent"},
        "issue": {
            "id": "10042",
            "self": "https://desk.example.org/rest/api/2/10042",
            "key": "HELP-42",
            "fields": {
                "summary": "Empty export", "description": "The export of my notes is empty.",
                "created": "2026-03-01T10:30:00.000+0100", "updated": "2026-03-01T10:31:00.000+0100",
                "resolutiondate": None, "resolution": None, "labels": ["export"],
                "issuetype": {"id": "1", "name": "[System] Incident"}, "project": {"key": "HELP", "name": "Help"},
                "priority": {"id": "2", "name": "High"}, "reporter": {"accountId": "a-77", "displayName": "Ada L"},
                "status": {"name": status, "statusCategory": {"key": category, "name": "whatever"}}, **fields,
            },
        },
        "changelog": {"id": "9", "items": [{"field": "description", "fromString": "secret", "toString": "less"}]},
    }  # fmt: skip
