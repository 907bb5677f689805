"""Beacons: metrics of the web-vitals library as versions 4 to 6 hand them over, and events that pages write."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from ingest.doors.body import EVENTS_MAX
from ingest.doors.exchange import Request
from tests.steps import handle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # when what `send` sends arrives
NOW_US = int(NOW.timestamp() * 1e6)
PATH = "/v1/beacon"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
LCP = {
    "name": "LCP",
    "value": 1834.3000000007,
    "rating": "good",
    "delta": 1834.3000000007,
    "entries": [{"name": "", "entryType": "largest-contentful-paint", "url": "https://cdn.example/a.png?key=secret"}],
    "id": "v6-1772366395123-4412345678901",
    "navigationType": "navigate",
    "navigationId": 1,
    "navigationStartTime": 0,
    "navigationURL": "https://app.example/answers/42?token=secret",
    "attribution": {
        "target": "#hero>img",
        "url": "https://cdn.example/a.png?key=secret",
        "timeToFirstByte": 210.4,
        "resourceLoadDelay": 30,
        "resourceLoadDuration": 900.6,
        "elementRenderDelay": 693.3,
        "navigationEntry": {"name": "https://app.example/answers/42?token=secret"},
        "lcpEntry": {"url": "https://cdn.example/a.png?key=secret"},
    },
}
INP = {
    "name": "INP",
    "value": 248,
    "rating": "needs-improvement",
    "delta": -16,
    "entries": [],
    "id": "v5-1772366395123-1",
    "navigationType": "back-forward-cache",
    "attribution": {
        "interactionTarget": "button.send",
        "interactionTime": 5123.5,
        "interactionType": "pointer",
        "nextPaintTime": 5371.5,
        "processedEventEntries": [],
        "inputDelay": 8.4,
        "processingDuration": 180,
        "presentationDelay": 59.6,
        "loadState": "complete",
        "longestScript": {"subpart": "processing-duration"},
    },
}
CLS = {
    "name": "CLS",
    "value": 0,
    "rating": "good",
    "delta": 0,
    "id": "v5-1772366395123-2",
    "attribution": {"largestShiftTarget": "main", "largestShiftValue": 0.01, "loadState": "dom-interactive"},
}


def rows_of(sink, table="web_vital"):
    rows = sink.rows(table)
    for row in rows:
        if "properties" in row:
            row["properties"] = orjson.loads(row["properties"])
    return [{k: v for k, v in row.items() if k not in ("schema_version", "environment", "event_id")} for row in rows]


def test_a_metric_is_stored_with_what_the_library_blames(send, sink):
    answer = send(PATH, orjson.dumps([LCP, INP, CLS]), content_type="text/plain;charset=UTF-8", user_agent=CHROME)
    assert (answer.status, answer.body) == (204, b"")
    assert sink.delivered[0][0] == "beacon"
    lcp, inp, cls = rows_of(sink)
    assert lcp == {
        "occurred_at_us": NOW_US,
        "name": "LCP",
        "value": 1834.3000000007,
        "delta": 1834.3000000007,
        "metric_id": "v6-1772366395123-4412345678901",
        "rating": "good",
        "navigation_type": "navigate",
        "page": "/answers/42",
        "device": "desktop",
        "target": "#hero>img",
        "resource_url": "https://cdn.example/a.png",
        "time_to_first_byte_ms": 210,
        "resource_delay_ms": 30,
        "resource_load_ms": 901,
        "render_delay_ms": 693,
        "properties": {"user_agent": CHROME},
    }
    assert inp == {
        "occurred_at_us": NOW_US,
        "name": "INP",
        "value": 248,
        "delta": -16,
        "metric_id": "v5-1772366395123-1",
        "rating": "needs-improvement",
        "navigation_type": "back-forward-cache",
        "device": "desktop",
        "target": "button.send",
        "load_state": "complete",
        "interaction_type": "pointer",
        "input_delay_ms": 8,
        "processing_ms": 180,
        "presentation_delay_ms": 60,
        "properties": {
            "user_agent": CHROME,
            "attribution": {"interactionTime": 5123.5, "nextPaintTime": 5371.5},
        },
    }
    assert (cls["value"], cls["delta"], cls["target"], cls["load_state"]) == (0, 0, "main", "dom-interactive")
    assert cls["properties"]["attribution"] == {"largestShiftValue": 0.01}
    assert not any(b"secret" in row for _, outcome in sink.delivered for rows in outcome.rows.values() for row in rows)


def test_an_envelope_says_once_what_holds_for_all_and_the_page_may_add_its_own(send, sink):
    shared = {"page": "https://app.example/chat?q=1", "session_id": "s", "user_id": "u", "environment": "test"}
    own = {"release": "7.1", "feature": "chat", "properties": {"theme": "dark"}, "device": "tablet", "page": "/own"}
    body = {**shared, "metrics": [CLS, {**LCP, **own, "attribution": None}, 7]}
    answer = send(PATH, orjson.dumps(body), content_type="application/json")
    assert (answer.status, orjson.loads(answer.body)["quarantined"]) == (207, 1)
    cls, lcp = sink.rows("web_vital")
    assert [(row["page"], row["session_id"], row["user_id"], row["environment"]) for row in (cls, lcp)] == [
        ("/chat", "s", "u", "test"),
        ("/own", "s", "u", "test"),
    ]
    assert "device" not in cls
    assert (lcp["device"], lcp["feature"]) == ("tablet", "chat")
    assert orjson.loads(lcp["properties"]) == {"release": "7.1", "theme": "dark"}


@pytest.mark.parametrize(
    ("said", "occurred_at"),
    [
        ({"timestamp": 1772366395123}, "2026-03-01T11:59:55.123+00:00"),
        ({"timestamp": "2026-03-01T12:59:55+01:00"}, "2026-03-01T11:59:55+00:00"),
        ({"occurred_at": "2026-03-01T11:59:55Z"}, "2026-03-01T11:59:55+00:00"),
    ],
)
def test_a_metric_that_says_its_time_is_the_same_one_when_it_comes_again(sink, said, occurred_at):
    for late_s in (0, 3):
        arrival = NOW + timedelta(seconds=late_s)
        handle(Request("POST", PATH, {}, orjson.dumps({**LCP, **said})), sink, lambda at=arrival: at)
    first, again = sink.rows("web_vital")
    assert first == again
    assert first["occurred_at_us"] == int(datetime.fromisoformat(occurred_at).timestamp() * 1e6)


def test_another_value_of_a_metric_is_another_event(send, sink):
    values = [(100, 100), (300, 200), (100, -200)]  # INP falls as interactions add up
    metrics = [{**INP, "value": value, "delta": delta} for value, delta in values]
    assert send(PATH, orjson.dumps(metrics)).status == 204
    assert len({row["event_id"] for row in sink.rows("web_vital")}) == 3
    assert {row["metric_id"] for row in sink.rows("web_vital")} == {INP["id"]}


def test_a_page_may_write_events_and_leave_out_id_and_time(send, sink):
    click = {"event_type": "behavior", "action": "click", "element": "#send"}
    whole = {**click, "event_id": "e1", "occurred_at": "2026-03-01T11:00:00Z"}
    timed = {**click, "occurred_at": "2026-03-01T11:00:00Z"}
    body = b"\n".join(map(orjson.dumps, (click, click, whole, timed)))
    for _ in range(2):
        assert send(PATH, body, content_type="text/plain").status == 204
    rows = sink.rows("behavior")
    assert [row["occurred_at_us"] for row in rows[:2]] == [NOW_US, NOW_US]
    assert rows[2]["event_id"] == "e1"
    assert len({row["event_id"] for row in rows[:4]}) == 4
    assert rows[3] == rows[7]


def test_a_page_that_asks_for_json_is_told_the_counts(send):
    answer = send(PATH, orjson.dumps(LCP), content_type="application/json", accept="application/json")
    assert (answer.status, orjson.loads(answer.body)) == (
        200, {"received": 1, "stored": 1, "quarantined": 0, "dropped": 0, "errors": []}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"name": "LCP", "value": 1}, "missing_field"),
        ({**LCP, "name": "FID"}, "unknown_value"),
        ({**LCP, "value": "fast"}, "wrong_type"),
        ({**LCP, "timestamp": 1e300}, "invalid_value"),
        ({**LCP, "timestamp": {}}, "wrong_type"),
        ({**LCP, "properties": []}, "wrong_type"),
        ({**LCP, "attribution": {"loadState": "x" * 300}}, "out_of_range"),
        ({"metrics": "none"}, "missing_field"),
        ({"event_type": "behavior", "action": "clock"}, "unknown_value"),
        ([1], "not_an_object"),
    ],
)
def test_each_bad_item_has_its_reason(send, sink, item, code):
    answer = send(PATH, orjson.dumps([item, CLS]), content_type="text/plain")
    told = orjson.loads(answer.body)
    assert (answer.status, told["stored"], [(e["index"], e["code"]) for e in told["errors"]]) == (207, 1, [(0, code)])
    assert len(sink.rows("quarantine")) == 1


def test_an_attribution_of_another_shape_costs_no_metric(send, sink):
    odd = {
        "target": 7,
        "url": "data:image/png;base64,AAAA",
        "timeToFirstByte": -1,
        "interactionType": [],
        "loadState": 1,
    }
    assert send(PATH, orjson.dumps({**LCP, "attribution": odd})).status == 204
    (row,) = sink.rows("web_vital")
    assert row["resource_url"] == "data:image/png"
    assert row.keys().isdisjoint({"target", "time_to_first_byte_ms", "interaction_type", "load_state"})


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "text/plain", 400, "empty_body"),
        (b"name=LCP&value=1", "application/x-www-form-urlencoded", 400, "invalid_json"),
        (b"{}", "image/png", 415, "unknown_content_type"),
        (b'{"metrics":[' + b"1," * EVENTS_MAX + b"1]}", "text/plain", 413, "too_many_events"),
    ],
)
def test_a_request_that_can_not_be_taken(send, sink, body, content_type, status, code):
    answer = send(PATH, body, content_type=content_type)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (sink.refused, sink.delivered) == ([("beacon", code)], [])
