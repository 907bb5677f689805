"""Support desks send to a running server, and their exports are imported: the tickets stand in bronze."""

import json
from pathlib import Path

from tests.clients.stored import who
from tests.commands import run, run_json, up
from tests.ingest.doors.mapping.desks import JIRA_CSV, ZENDESK_CSV, jira, zendesk


def test_tickets_of_both_desks_come_in_by_webhook_and_by_file(tmp_path: Path) -> None:
    lake, export = tmp_path / "lake", tmp_path / "issues.csv"
    export.write_text(JIRA_CSV)
    with up(lake) as server:
        solved = zendesk("status_changed", "SOLVED", "2026-03-02T08:00:00Z")
        status, answer = server.json("POST", "/v1/sources/zendesk", solved)
        assert (status, answer["stored"], answer["errors"]) == (200, 1, [])
        server.json("POST", "/v1/sources/zendesk", solved)
        comment = {**jira("x", "Open", "new"), "webhookEvent": "comment_created"}
        status, answer = server.json("POST", "/v1/sources/jira", [jira("issue_created", "Open", "new"), comment])
        assert (status, answer["stored"], [e["code"] for e in answer["errors"]]) == (207, 1, ["no_rule"])
        status, _, body = server.call("POST", "/v1/sources/zendesk_csv", ZENDESK_CSV.encode(), content_type="text/csv")
        assert (status, json.loads(body)["stored"]) == (200, 2)
        status, refused = server.json("POST", "/v1/sources/zendsk", solved)
        assert status == 404
        assert "did you mean 'zendesk'" in refused["detail"]
        # Beside the running server: a lake takes both.
        run("import", export, "--mapping", "jira_csv", "--lake", lake)
    run("build", "--lake", lake)
    query = """SELECT door, ticket_id, status, user_id, priority, solved_at IS NOT NULL AS is_solved
        FROM silver.support_ticket ORDER BY ALL"""
    assert [tuple(row.values()) for row in run_json("sql", query, "--lake", lake)] == [
        ("import:jira_csv", "HELP-42", "solved", who(lake, "a-77"), "high", True),
        ("import:jira_csv", "HELP-43", "open", who(lake, "Bo K"), "low", False),
        ("source:jira", "HELP-42", "new", who(lake, "a-77"), "high", False),
        ("source:zendesk", "204", "solved", who(lake, "77"), "high", True),
        ("source:zendesk_csv", "204", "solved", who(lake, "77"), "high", True),
        ("source:zendesk_csv", "205", "on_hold", who(lake, "78"), None, False),
    ]
    quarantined = run_json("sql", "SELECT door, code FROM bronze.quarantine", "--lake", lake)
    assert quarantined == [{"door": "source:jira", "code": "no_rule"}]
    status = run_json("status", "--lake", lake)
    assert status["reconciles"]
