"""Whatever comes to any door: an answer in its protocol's form, nothing of ours broken, every event accounted for."""

import base64
import gzip
import json
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.doors.exchange import Request
from ingest.doors.mapping.live import names
from ingest.doors.routes import DOORS
from tests.ingest.doors.http.conftest import build_export
from tests.ingest.doors.http.test_fuzz import EVENT, NOW, CountingSink, json_values, mutated
from tests.steps import handle

JSON = {"content-type": "application/json"}
TRACK = {"type": "track", "event": "Saved", "userId": "u", "messageId": "m1", "timestamp": "2026-03-01T11:59:00Z"}
SCORE = {
    "id": "i1",
    "type": "score-create",
    "timestamp": "2026-03-01T11:59:00Z",
    "body": {"id": "s1", "traceId": "0" * 31 + "1", "name": "helpful", "value": 0.5, "dataType": "NUMERIC"},
}
VITAL = {"name": "LCP", "value": 1200.5, "delta": 1200.5, "id": "v5-1", "rating": "good", "navigationType": "navigate"}
RECORD = {"Data": base64.b64encode(orjson.dumps(EVENT)).decode()}
SPANS = build_export({"gen_ai.request.model": "m", "gen_ai.usage.output_tokens": 3}).SerializeToString()
LOGS = {
    "resourceLogs": [
        {
            "scopeLogs": [
                {
                    "logRecords": [
                        {
                            "timeUnixNano": "1772366395123456789",
                            "eventName": "gen_ai.evaluation.result",
                            "traceId": "0af7651916cd43dd8448eb211c80319c",
                            "spanId": "b7ad6b7169203331",
                            "attributes": [
                                {"key": "gen_ai.evaluation.name", "value": {"stringValue": "Relevance"}},
                                {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.8}},
                            ],
                        }
                    ]
                }
            ]
        }
    ]
}

Sample = tuple[str, dict[str, str], bytes]


def samples() -> list[Sample]:
    """One good request for every door that takes events."""
    good: dict[str, tuple[dict[str, str], bytes]] = {}
    for path in (path for path, door in DOORS.items() if "POST" in door.methods):
        if path.endswith("/traces"):
            good[path] = ({"content-type": "application/x-protobuf"}, SPANS)
        elif path.endswith("/logs"):
            good[path] = (JSON, orjson.dumps(LOGS))
        elif path.endswith("/ingestion"):
            good[path] = (JSON, orjson.dumps({"batch": [SCORE]}))
        elif path in ("/v1/batch", "/v1/b"):
            good[path] = (JSON, orjson.dumps({"batch": [TRACK], "sentAt": "2026-03-01T12:00:00Z"}))
        elif path == "/v1/beacon":
            good[path] = ({"content-type": "text/plain"}, orjson.dumps([VITAL, EVENT]))
        elif path == "/v1/consent":
            continue  # takes decisions, not events
        elif path == "/v1/events":
            good[path] = (JSON, orjson.dumps([EVENT]))
        else:
            good[path] = (JSON, orjson.dumps(SCORE["body"] if "scores" in path else TRACK))
    found = [(path, *request) for path, request in good.items()]
    targets = {"Kinesis_20131202.PutRecords": "StreamName", "Firehose_20150804.PutRecordBatch": "DeliveryStreamName"}
    for target, stream in targets.items():
        records = [{**RECORD, "PartitionKey": "p"}, RECORD]
        found.append(("/", {"x-amz-target": target}, orjson.dumps({stream: "s", "Records": records})))
    found += [(f"/v1/sources/{name}", JSON, orjson.dumps({"id": 1, "timestamp": NOW.isoformat()})) for name in names()]
    return found


def check(path: str, headers: dict[str, str], body: bytes) -> None:
    sink = CountingSink()
    answer = handle(Request("POST", path, headers, body), sink, lambda: NOW)
    assert answer.status < 500, answer.body
    assert sink.refused <= 1
    assert not (sink.refused and sink.outcomes)
    if answer.status >= 400:  # doors for single events say so of the event, which is in quarantine then
        assert sink.refused or sink.outcomes
        assert not any(outcome.accepted for outcome in sink.outcomes)
    else:
        assert not sink.refused
    for outcome in sink.outcomes:
        rows = sum(len(rows) for rows in outcome.rows.values())
        assert rows == outcome.accepted + outcome.quarantined.total()
        assert outcome.quarantined.total() == len(outcome.refusals)
    if "json" in answer.headers.get("content-type", ""):
        orjson.loads(answer.body)


ids = [f"{path}{headers.get('x-amz-target', '')}" for path, headers, _ in samples()]
every_door = pytest.mark.parametrize("sample", samples(), ids=ids)
some = settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@every_door
@some
@given(st.data())
def test_a_good_request_with_something_broken_in_it(sample: Sample, data: st.DataObject) -> None:
    path, headers, body = sample
    broken = data.draw(mutated(body))
    check(path, headers, broken)
    check(path, {**headers, "content-encoding": "gzip"}, data.draw(mutated(gzip.compress(body))))


@every_door
@some
@given(json_values)
def test_any_json(sample: Sample, value: Any) -> None:
    path, headers, _ = sample
    check(path, headers, json.dumps(value).encode())
    check(path, headers, json.dumps([value, {"batch": value, "type": value, "Records": [value]}]).encode())


@every_door
@some
@given(st.data())
def test_a_good_request_with_another_value_somewhere(sample: Sample, data: st.DataObject) -> None:
    path, headers, body = sample
    if not body.startswith((b"{", b"[")):
        return
    document = orjson.loads(body)
    owner: Any = document
    for _ in range(data.draw(st.integers(0, 4))):
        inner = list(owner.values()) if isinstance(owner, dict) else owner
        deeper = [value for value in inner if isinstance(value, dict | list) and value]
        if deeper:
            owner = data.draw(st.sampled_from(deeper))
    key = data.draw(st.sampled_from(sorted(owner) if isinstance(owner, dict) else range(len(owner))))
    owner[key] = data.draw(json_values)
    check(path, headers, json.dumps(document).encode())


BOMB = gzip.compress(b" " * (64 << 20))


@every_door
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[" * 100_000, id="nesting"),
        pytest.param(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, id="nesting that closes"),
        pytest.param(b'{"batch":' + b"[" * 900 + b"]" * 900 + b"}", id="nesting inside"),
        pytest.param(b'{"a":NaN,"b":Infinity,"c":-Infinity}', id="not a number"),
        pytest.param(b'{"a":' + b"9" * 5_000 + b"}", id="a huge integer"),
        pytest.param(b'{"a":"\\ud800","\\udfff":1}', id="lone surrogates"),
        pytest.param("{'a': 'ü'}".encode("utf-16"), id="another encoding"),
        pytest.param(b'{"a":"\xff\xfe"}', id="no UTF-8"),
    ],
)
def test_what_is_known_to_break_servers(sample: Sample, body: bytes) -> None:
    path, headers, _ = sample
    check(path, headers, body)


@every_door
def test_a_bomb_and_a_wrong_type_are_refused(sample: Sample) -> None:
    path, headers, body = sample
    for said, sent in (
        ({**headers, "content-encoding": "gzip"}, BOMB),
        ({**headers, "content-encoding": "br"}, body),
        ({**headers, "content-encoding": "gzip"}, body[:20]),
    ):
        sink = CountingSink()
        answer = handle(Request("POST", path, said, sent), sink, lambda: NOW)
        assert 400 <= answer.status < 500
        assert (sink.refused, sink.outcomes) == (1, [])
    check(path, {**headers, "content-type": "image/png"}, body)


def test_every_door_takes_its_sample() -> None:
    for path, headers, body in samples():
        if path.startswith("/v1/sources/"):
            continue
        sink = CountingSink()
        answer = handle(Request("POST", path, headers, body), sink, lambda: NOW)
        assert answer.status in (200, 204, 207), (path, answer.body)
        assert sum(outcome.accepted for outcome in sink.outcomes), (path, answer.body)
