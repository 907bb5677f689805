"""Segment's own libraries, unmodified, against a running server: only their host is another."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from segment.analytics.client import Client

from tests.clients.npm import run_module
from tests.clients.stored import stored, who
from tests.commands import run_json, up

HAPPENED = datetime(2026, 3, 1, 9, 30, 15, 123_000, tzinfo=UTC)
HAPPENED_US = int(HAPPENED.timestamp()) * 1_000_000 + 123_000
CONTEXT = {
    "page": {"path": "/chat", "title": "Chat", "referrer": "https://search.example/?q=x"},
    "userAgent": "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "sessionId": "s-1",
    "traits": {"email": "person@x.example"},
}
PLACE = {
    "page": "/chat",
    "title": "Chat",
    "referrer": "https://search.example/",
    "device": "tablet",
    "session_id": "s-1",
}


def told(lake: Path, rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows by id, without what every one has, and with persons as the client named them."""
    named = {who(lake, identity): identity for identity in ("u1", "a1", "s-1", "42")}
    every = {"event_id", "environment", "schema_version", "occurred_at_us", "door", "received_at_us", "received_hour"}
    return {
        row["event_id"]: {k: v if k == "properties" else named.get(v, v) for k, v in row.items() if k not in every}
        for row in rows
    }


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_analytics_python(tmp_path: Path, gzip: bool) -> None:
    lake, failures = tmp_path / "lake", []
    with up(lake) as server:
        client = Client("wk", host=server.url, gzip=gzip, on_error=lambda error, items: failures.append(error))
        client.track(
            "u1", "Answer Copied", {"execution_id": "t-s", "plan": "pro"}, CONTEXT, timestamp=HAPPENED, message_id="m1"
        )
        client.page("u1", "App", "Chat page", {"url": "https://x.example/a?b=c"}, timestamp=HAPPENED, message_id="m2")
        client.screen(name="Home", anonymous_id="a1", timestamp=HAPPENED, message_id="m3")
        client.identify(42, {"email": "person@x.example"}, timestamp=HAPPENED, message_id="m4")
        client.group("u1", "g1", {"name": "Initech"}, timestamp=HAPPENED, message_id="m5")
        client.alias("a1", "u1", timestamp=HAPPENED, message_id="m6")
        client.track("u1", "x" * 300, message_id="m7")
        _, unnamed = client.track("u1", "Now")
        client.shutdown()
    assert failures == []
    rows, refused = stored(lake, "behavior"), stored(lake, "quarantine")
    assert {row["occurred_at_us"] for row in rows if row["event_id"] != unnamed["messageId"]} == {HAPPENED_US}
    agent = {"user_agent": CONTEXT["userAgent"]}
    assert told(lake, rows) == {
        "m1": {
            "action": "feature_used", "name": "Answer Copied", "user_id": "u1", **PLACE,
            "execution_id": "t-s", "properties": {"plan": "pro", **agent},
        },
        "m2": {
            "action": "page_view", "name": "Chat page", "page": "/a", "user_id": "u1",
            "properties": {"category": "App"},
        },
        "m3": {"action": "page_view", "name": "Home", "anonymous_id": "a1"},
        "m4": {"action": "identify", "user_id": "42"},
        "m5": {"action": "other", "name": "group", "user_id": "u1", "properties": {"group_id": "g1"}},
        "m6": {"action": "other", "name": "alias", "user_id": "u1", "anonymous_id": "a1"},
        unnamed["messageId"]: {"action": "feature_used", "name": "Now", "user_id": "u1"},
    }  # fmt: skip
    assert [(row["event_id"], row["code"]) for row in refused] == [("m7", "out_of_range")]
    assert not any("person@x.example" in json.dumps(row) for row in rows + refused)
    assert run_json("status", "--lake", lake)["reconciles"]


def test_a_batch_of_an_hours_old_queue_keeps_its_times(tmp_path: Path) -> None:
    with up(tmp_path / "lake") as server:
        client = Client("wk", host=server.url, sync_mode=True)
        long_ago = datetime.now(UTC) - timedelta(hours=7)
        client.track("u1", "Queued", timestamp=long_ago, message_id="m1")
    (row,) = stored(tmp_path / "lake", "behavior")
    assert row["occurred_at_us"] == int(long_ago.timestamp() * 1000) * 1000


NODE = """
import { Analytics } from '@segment/analytics-node'
const analytics = new Analytics({ writeKey: 'wk', host: process.env.HOST, maxRetries: 0 })
const responses = []
analytics.on('http_response', ({ status }) => responses.push(status))
analytics.on('error', (error) => { throw new Error(error.code) })
const { context, happened } = JSON.parse(process.env.SAID)
const timestamp = new Date(happened)
const userId = 'u1'
analytics.track({ userId, event: 'Experiment Viewed', context, timestamp, messageId: 'm1',
                  properties: { experiment_name: 'tone', variation_name: 'warm' } })
analytics.page({ userId, category: 'App', name: 'Chat page', timestamp, messageId: 'm2',
                 properties: { path: '/chat', title: 'Chat', search: '?token=secret' } })
analytics.screen({ anonymousId: 'a1', name: 'Home', timestamp, messageId: 'm3' })
analytics.identify({ userId, traits: { email: 'person@x.example' }, timestamp, messageId: 'm4' })
analytics.group({ userId, groupId: 'g1', timestamp, messageId: 'm5' })
analytics.alias({ userId, previousId: 'a1', timestamp, messageId: 'm6' })
analytics.track({ userId, event: 'Named by the library' })
await analytics.closeAndFlush()
console.log(JSON.stringify(responses))
"""


def test_analytics_node(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    said = json.dumps({"context": CONTEXT, "happened": HAPPENED.isoformat()})
    with up(lake) as server:
        responses = json.loads(run_module(NODE, HOST=server.url, SAID=said))
    rows = stored(lake, "behavior")
    assert set(responses) == {200}
    (named,) = (row for row in rows if not row["event_id"].startswith("m"))
    assert named["event_id"].startswith("node-next-")
    assert {row["occurred_at_us"] for row in rows if row is not named} == {HAPPENED_US}
    found = told(lake, (row for row in rows if row is not named))
    experiment = {"experiment_name": "tone", "variation_name": "warm"}
    assert found == {
        "m1": {
            "action": "experiment_exposure", "name": "Experiment Viewed", "user_id": "u1", **PLACE,
            "experiment": "tone", "variant": "warm",
            "properties": {**experiment, "user_agent": CONTEXT["userAgent"]},
        },
        "m2": {
            "action": "page_view", "name": "Chat page", "page": "/chat", "title": "Chat", "user_id": "u1",
            "properties": {"category": "App"},
        },
        "m3": {"action": "page_view", "name": "Home", "anonymous_id": "a1"},
        "m4": {"action": "identify", "user_id": "u1"},
        "m5": {"action": "other", "name": "group", "user_id": "u1", "properties": {"group_id": "g1"}},
        "m6": {"action": "other", "name": "alias", "user_id": "u1", "anonymous_id": "a1"},
    }  # fmt: skip
