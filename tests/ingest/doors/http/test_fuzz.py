"""Whatever comes in, the answer is a clear one, and every event is accounted for."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from ingest.delivery.outcome import Outcome
from ingest.doors.exchange import Request, Response
from ingest.doors.genai_attributes import RESOURCE_ATTRIBUTES, SPAN_ATTRIBUTES
from tests.steps import handle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = {
    "event_type": "prompt_execution",
    "event_id": "e1",
    "occurred_at": "2026-03-01T11:59:00Z",
    "model": "m",
    "output_tokens": 3,
    "properties": {"a": [1, {"b": None}]},
}
LINES = b"\n".join(orjson.dumps({**EVENT, "event_id": f"e{n}"}) for n in range(3))
ARRAY = orjson.dumps([EVENT, EVENT], option=orjson.OPT_INDENT_2)


class CountingSink:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.refused = 0

    def deliver(self, door: str, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def refuse(self, door: str, code: str) -> None:
        self.refused += 1


def answer_to(path: str, body: bytes, headers: dict[str, str]) -> tuple[Response, CountingSink]:
    sink = CountingSink()
    answer = handle(Request("POST", path, headers, body), sink, lambda: NOW)
    assert answer.status in (200, 207, 400, 413, 415)
    assert (answer.status >= 400) == (sink.refused == 1)
    assert not (sink.refused and sink.outcomes)
    return answer, sink


def check_events(body: bytes, headers: dict[str, str]) -> None:
    answer, sink = answer_to("/v1/events", body, headers)
    told = orjson.loads(answer.body)
    if answer.status >= 400:
        assert set(told) == {"type", "title", "status", "detail"}
        return
    assert told["received"] == told["stored"] + told["quarantined"] + told["dropped"]
    assert told["quarantined"] == len(told["errors"])
    assert (answer.status == 207) == bool(told["errors"])
    rows = sum(len(rows) for outcome in sink.outcomes for rows in outcome.rows.values())
    assert rows == told["stored"] + told["quarantined"]


def check_traces(body: bytes, headers: dict[str, str]) -> None:
    answer, sink = answer_to("/v1/traces", body, headers)
    if headers["content-type"] == "application/json":
        told = orjson.loads(answer.body)
        rejected = int(told.get("partialSuccess", {}).get("rejectedSpans", 0))
    elif answer.status == 200:
        rejected = ExportTraceServiceResponse.FromString(answer.body).partial_success.rejected_spans
    else:
        return
    assert rejected == sum(outcome.quarantined.total() for outcome in sink.outcomes)


many = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])

media_types = st.sampled_from(["application/json", "application/x-ndjson", "text/plain", ""])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mutated(draw: Callable[..., bytes], valid: bytes) -> bytes:
    """A valid body with pieces cut out, doubled or written over."""
    body = valid
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        until = draw(st.integers(at, min(len(body), at + 20)))
        piece = draw(
            st.binary(max_size=6) | st.sampled_from([b"NaN", b"\n", b"\\ud800", b"[" * 400, b"1e999", b"9" * 40])
        )
        body = body[:at] + piece + body[until:]
    return body


@many
@given(st.binary(max_size=200) | mutated(LINES) | mutated(ARRAY), media_types)
def test_events_of_any_bytes(body, media_type):
    check_events(body, {"content-type": media_type})


event_like = st.fixed_dictionaries(
    {},
    optional={
        "event_type": st.sampled_from(["prompt_execution", "feedback", "web_vital", "behavior", "evaluation"])
        | json_values,
        "event_id": st.text(max_size=5) | json_values,
        "occurred_at": st.sampled_from(["2026-03-01T11:59:00Z", "2126-01-01", "now"]) | json_values,
        "model": st.text(max_size=300) | json_values,
        "consent": st.fixed_dictionaries({"analytics": st.booleans()}) | json_values,
        "latency_ms": json_values,
        "properties": json_values,
    },
)


@many
@given(st.lists(event_like | json_values, min_size=1, max_size=4), st.booleans())
def test_events_of_any_shape(events, as_array):
    # Not orjson: it would not write NaN, lone surrogates and huge integers.
    if as_array:
        check_events(json.dumps(events).encode(), {})
    else:
        check_events("\n".join(json.dumps(e) for e in events).encode(), {"content-type": "application/x-ndjson"})


@many
@given(st.sampled_from([LINES, ARRAY]).map(gzip.compress).flatmap(mutated) | st.binary(max_size=60))
def test_gzip_of_any_bytes(body):
    check_events(body, {"content-encoding": "gzip"})
    check_traces(body, {"content-encoding": "gzip", "content-type": "application/x-protobuf"})


@given(st.integers(0, len(gzip.compress(LINES)) - 1))
def test_gzip_cut_anywhere_takes_nothing(length):
    answer, _ = answer_to("/v1/events", gzip.compress(LINES)[:length], {"content-encoding": "gzip"})
    assert answer.status == 400


any_value = st.deferred(
    lambda: st.one_of(
        st.builds(dict),
        st.builds(dict, stringValue=st.text(st.characters(codec="utf-8"), max_size=300)),
        st.builds(dict, intValue=st.integers(-(2**63), 2**63 - 1).map(str)),
        st.builds(dict, doubleValue=st.floats(allow_nan=False, allow_infinity=False)),
        st.builds(dict, boolValue=st.booleans()),
        st.builds(dict, arrayValue=st.builds(dict, values=st.lists(any_value, max_size=2))),
    )
)


def attributes_of(keys: list[str]) -> st.SearchStrategy[list[dict[str, object]]]:
    return st.lists(st.fixed_dictionaries({"key": st.sampled_from(keys), "value": any_value}), max_size=8)


uint64 = st.integers(0, 2**64 - 1).map(str) | st.just("1772366395123456789")
spans = st.fixed_dictionaries(
    {"attributes": attributes_of([*SPAN_ATTRIBUTES, "http.method"])},
    optional={
        "traceId": st.binary(min_size=16, max_size=16).map(bytes.hex),
        "spanId": st.binary(min_size=8, max_size=8).map(bytes.hex),
        "startTimeUnixNano": uint64,
        "endTimeUnixNano": uint64,
        "kind": st.integers(0, 5),
        "status": st.fixed_dictionaries({"code": st.integers(0, 2)}),
    },
)
exports = st.builds(
    lambda resource, inner: {
        "resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"spans": inner}]}]
    },
    attributes_of(list(RESOURCE_ATTRIBUTES)),
    st.lists(spans, max_size=3),
)


def as_protobuf(document: dict[str, object]) -> bytes:
    """The same request as protobuf; written out here, because protobuf's own JSON has base64 ids."""
    request = ExportTraceServiceRequest()
    for given_resource in document["resourceSpans"]:
        resource = request.resource_spans.add()
        put_attributes(resource.resource.attributes, given_resource["resource"]["attributes"])
        scope = resource.scope_spans.add()
        for given_span in given_resource["scopeSpans"][0]["spans"]:
            span = scope.spans.add(
                trace_id=bytes.fromhex(given_span.get("traceId", "")),
                span_id=bytes.fromhex(given_span.get("spanId", "")),
                start_time_unix_nano=int(given_span.get("startTimeUnixNano", 0)),
                end_time_unix_nano=int(given_span.get("endTimeUnixNano", 0)),
                kind=given_span.get("kind", 0),
            )
            span.status.code = given_span.get("status", {}).get("code", 0)
            put_attributes(span.attributes, given_span["attributes"])
    return request.SerializeToString()


def put_attributes(into, attributes) -> None:
    for attribute in attributes:
        put_value(into.add(key=attribute["key"]).value, attribute["value"])


def put_value(into, value) -> None:
    match value:
        case {"stringValue": text}:
            into.string_value = text
        case {"intValue": digits}:
            into.int_value = int(digits)
        case {"doubleValue": number}:
            into.double_value = number
        case {"boolValue": flag}:
            into.bool_value = flag
        case {"arrayValue": {"values": values}}:
            into.array_value.SetInParent()
            for inner in values:
                put_value(into.array_value.values.add(), inner)


@many
@given(exports)
def test_both_encodings_of_any_spans_say_the_same(document):
    body, packed = orjson.dumps(document), as_protobuf(document)
    check_traces(body, {"content-type": "application/json"})
    check_traces(packed, {"content-type": "application/x-protobuf"})
    _, by_json = answer_to("/v1/traces", body, {"content-type": "application/json"})
    _, by_protobuf = answer_to("/v1/traces", packed, {"content-type": "application/x-protobuf"})
    assert [o.rows for o in by_json.outcomes] == [o.rows for o in by_protobuf.outcomes]


@many
@given(exports.map(as_protobuf).flatmap(mutated) | st.binary(max_size=200))
def test_protobuf_of_any_bytes(body):
    check_traces(body, {"content-type": "application/x-protobuf"})


@many
@given(exports.map(orjson.dumps).flatmap(mutated) | json_values.map(repr).map(lambda t: t.encode(errors="replace")))
def test_otlp_json_of_any_bytes(body):
    check_traces(body, {"content-type": "application/json"})


@st.composite
def misshapen(draw, document):
    """A request in which one value, anywhere, is of another type."""
    places = []

    def walk(value):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            places.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    document = orjson.loads(orjson.dumps(draw(document)))
    walk(document)
    owner, key = draw(st.sampled_from(places))
    owner[key] = draw(json_values.filter(_writable))
    return orjson.dumps(document)


def _writable(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


@many
@given(misshapen(exports))
def test_otlp_json_of_any_shape(body):
    check_traces(body, {"content-type": "application/json"})


headers = st.dictionaries(st.sampled_from(["content-type", "content-encoding"]), st.text(max_size=20), max_size=2)


@many
@given(st.text(max_size=20), st.text(max_size=30), headers, st.binary(max_size=30))
def test_requests_of_any_kind(method, path, given_headers, body):
    for where in (path, "/v1/events", "/v1/traces?" + path):
        for how in (method, "POST"):
            answer = handle(Request(how, where, given_headers, body), CountingSink(), lambda: NOW)
            assert answer.status < 500
            assert all(isinstance(part, str) for pair in answer.headers.items() for part in pair)
