"""`POST /v1/logs`: results of evaluations, in both encodings; and the same event on a span."""

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc.status_pb2 import Status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.ingest.doors.http.conftest import START_NS, TRACE_ID, key_values

PATH = "/v1/logs"
PROTOBUF = "application/x-protobuf"
NAME = "gen_ai.evaluation.result"
RESULT = {"gen_ai.evaluation.name": "faithfulness", "gen_ai.evaluation.score.value": 0.75}
SPAN_ID = bytes(range(8, 16))
EXECUTION_ID = f"{TRACE_ID.hex()}-{SPAN_ID.hex()}"


def build_logs(*records, resource=None):
    """A request with one record for each set of attributes; a key in capitals sets a field of the record itself."""
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.extend(key_values(resource or {}))
    scope = resource_logs.scope_logs.add()
    for given_record in records:
        record = scope.log_records.add()
        record.event_name = given_record.get("EVENT", NAME)
        record.trace_id = given_record.get("TRACE_ID", TRACE_ID)
        record.span_id = given_record.get("SPAN_ID", SPAN_ID)
        record.time_unix_nano = given_record.get("TIME", START_NS)
        record.observed_time_unix_nano = given_record.get("OBSERVED", 0)
        record.body.string_value = "a secret"
        record.attributes.extend(key_values({k: v for k, v in given_record.items() if not k.isupper()}))
    return request


def as_json(request):
    document = MessageToDict(request, use_integers_for_enums=True)
    for level, message in zip(document["resourceLogs"], request.resource_logs, strict=True):
        records = level["scopeLogs"][0].get("logRecords", [])
        for record, record_message in zip(records, message.scope_logs[0].log_records, strict=True):
            record |= {"traceId": record_message.trace_id.hex().upper(), "spanId": record_message.span_id.hex()}
    return orjson.dumps(document)


@pytest.fixture(params=["protobuf", "json"])
def log(request, send):
    """Send records in either encoding."""

    def _log(*records, resource=None):
        message = build_logs(*records, resource=resource)
        if request.param == "json":
            return send(PATH, as_json(message), content_type="application/json")
        return send(PATH, message.SerializeToString(), content_type=PROTOBUF)

    return _log


def test_a_result_as_the_conventions_describe_it(log, sink):
    said = {
        "gen_ai.evaluation.score.label": "relevant",
        "gen_ai.evaluation.explanation": "a secret",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.conversation.id": "c1",
        "user.id": "u",
        "promptlake.team": "core",
        "promptlake.template_id": "greet",
        "promptlake.template_version": "7",
    }
    answer = log(RESULT | said, resource={"service.name": "judge", "deployment.environment.name": "production"})
    assert (answer.status, answer.body) in ((200, b""), (200, b"{}"))
    (stored,) = sink.rows("evaluation")
    assert len(stored.pop("event_id")) == 32
    assert stored == {
        "schema_version": 1,
        "occurred_at_us": START_NS // 1000,
        "environment": "production",
        "team": "core",
        "user_id": "u",
        "session_id": "c1",
        "trace_id": TRACE_ID.hex(),
        "execution_id": EXECUTION_ID,
        "metric": "faithfulness",
        "score": 0.75,
        "label": "relevant",
        "template_id": "greet",
        "template_version": "7",
        "properties": '{"response_id":"chatcmpl-1"}',
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"gen_ai.evaluation.score.value": 4}, {"score": 4}),
        ({"gen_ai.evaluation.score.value": 0.0}, {"score": 0}),
        ({"gen_ai.evaluation.score.label": "Pass"}, {"label": "Pass", "passed": True}),
        ({"gen_ai.evaluation.score.label": "fail"}, {"label": "fail", "passed": False}),
        ({"gen_ai.evaluation.score.label": "passable"}, {"label": "passable", "passed": None}),
        ({"EVENT": "", "event.name": NAME}, {"metric": "faithfulness"}),
        ({"TIME": 0, "OBSERVED": START_NS + 5000}, {"occurred_at_us": START_NS // 1000 + 5}),
        ({"SPAN_ID": b""}, {"trace_id": TRACE_ID.hex(), "execution_id": None}),
        ({"TRACE_ID": b"", "gen_ai.response.id": "r"}, {"trace_id": None, "execution_id": None}),
        ({"TRACE_ID": bytes(16)}, {"trace_id": None}),
    ],
    ids=str,
)
def test_less_usual_results(log, sink, change, told):
    log(RESULT | change)
    (stored,) = sink.rows("evaluation")
    assert {name: stored.get(name) for name in told} == told


def test_other_records_are_ignored_and_counted(log, sink):
    others = [
        {"EVENT": "gen_ai.client.inference.operation.details", **RESULT},
        {"EVENT": "", "event.name": "exception", **RESULT},
        {"EVENT": "", "code.function.name": "f"},
    ]
    answer = log(*others)
    assert (answer.status, answer.headers["x-promptlake-ignored-log-records"]) == (200, "3")
    assert (answer.body in (b"", b"{}"), sink.delivered) == (True, [])


def test_sent_again_it_is_the_same_event_and_anything_else_is_another(log, sink):
    changes = [
        {},
        {"TIME": START_NS + 1},
        {"SPAN_ID": b"otherone"},
        {"gen_ai.evaluation.name": "tone"},
        {"gen_ai.evaluation.score.value": 0.5},
        {"gen_ai.response.id": "r"},
    ]
    records = [RESULT | change for change in changes]
    log(*records)
    log(*reversed(records))
    ids = [row["event_id"] for row in sink.rows("evaluation")]
    assert ids[:6] == ids[:5:-1]
    assert len(set(ids)) == 6


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"gen_ai.evaluation.name": ""}, "missing_field"),
        ({"gen_ai.evaluation.score.value": float("nan")}, "out_of_range wrong_type"),  # JSON has text for it
        ({"gen_ai.evaluation.score.value": "good"}, "wrong_type"),
        ({"gen_ai.evaluation.score.value": True}, "wrong_type"),
        ({"gen_ai.evaluation.score.value": []}, "invalid_value"),
        ({"gen_ai.evaluation.score.label": "l" * 300}, "out_of_range"),
        ({"TIME": 0}, "time_too_early"),
        ({"TIME": 2**64 - 1}, "time_in_future"),
    ],
    ids=str,
)
def test_a_bad_result_is_refused_with_its_reason_and_the_good_one_is_stored(log, sink, change, codes):
    answer = log(RESULT | change, RESULT)
    if answer.headers["content-type"] == PROTOBUF:
        partial = ExportLogsServiceResponse.FromString(answer.body).partial_success
        rejected, message = partial.rejected_log_records, partial.error_message
    else:
        partial = orjson.loads(answer.body)["partialSuccess"]
        rejected, message = int(partial["rejectedLogRecords"]), partial["errorMessage"]
    (refused,) = sink.rows("quarantine")
    assert (answer.status, rejected, refused["event_type"]) == (200, 1, "evaluation")
    assert refused["code"] in codes.split()
    assert refused["message"] in message
    assert "secret" not in refused["payload"]
    assert len(sink.rows("evaluation")) == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"traceId": "zz"}, "traceId"),
        ({"timeUnixNano": "soon"}, "timeUnixNano"),
        ({"attributes": {}}, None),
        ({"attributes": {"a": 1}}, "attributes"),
        ({"attributes": [{"key": "user.id", "value": {"boolValue": 1}}]}, "user.id"),
        (None, "object"),
    ],
)
def test_a_malformed_json_record_is_refused_by_itself(send, sink, change, named):
    document = orjson.loads(as_json(build_logs(RESULT, RESULT)))
    records = document["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    records[0] = {**records[0], **change} if change else 7
    assert send(PATH, orjson.dumps(document), content_type="application/json").status == 200
    (refused,) = sink.rows("quarantine")
    assert len(sink.rows("evaluation")) == 1
    assert "secret" not in refused["payload"]
    if named:
        assert (refused["code"], named in refused["message"]) == ("invalid_log_record", True)


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"\xff\xff\xff", PROTOBUF, "invalid_protobuf"),
        (b"[]", "application/json", "invalid_json"),
        (b'{"resourceLogs": [{"resource": {"attributes": {"a": 1}}}]}', "application/json", "invalid_json"),
        (b'{"resourceLogs": [{"scopeLogs": [{"logRecords": {"a": 1}}]}]}', "application/json", "invalid_json"),
    ],
)
def test_a_request_of_another_shape(send, sink, body, media_type, code):
    answer = send(PATH, body, content_type=media_type)
    assert (answer.status, answer.headers["content-type"]) == (400, media_type)
    said = Status.FromString(answer.body).message if media_type == PROTOBUF else orjson.loads(answer.body)["message"]
    assert "ExportLogsServiceRequest" in said or "The resource's" in said
    assert sink.refused == [("otlp", code)]


def test_too_many_records(send, sink, monkeypatch):
    monkeypatch.setattr("ingest.doors.otlp_logs.EVENTS_MAX", 1)
    monkeypatch.setattr("ingest.doors.otlp_json_values.EVENTS_MAX", 1)
    message = build_logs(RESULT, RESULT)
    assert send(PATH, message.SerializeToString(), content_type=PROTOBUF).status == 413
    answer = send(PATH, as_json(message), content_type="application/json")
    assert (answer.status, "log records" in orjson.loads(answer.body)["message"]) == (413, True)


def on_a_span(export, span, *events):
    message = export(span)
    for attributes in events:
        event = message.resource_spans[0].scope_spans[0].spans[0].events.add(name=NAME, time_unix_nano=START_NS + 9000)
        event.attributes.extend(key_values(attributes))
    return message


@pytest.mark.parametrize(
    ("span", "ignored"),
    [({"gen_ai.request.model": "m"}, None), ({"http.request.method": "GET"}, "1")],
    ids=["a call", "no call"],
)
def test_a_result_on_a_span_judges_the_span(send, sink, export, span, ignored):
    message = on_a_span(export, span, RESULT, {"gen_ai.evaluation.name": "tone"})
    answer = send("/v1/traces", message.SerializeToString(), content_type=PROTOBUF)
    (stored,) = sink.rows("evaluation")
    assert stored["execution_id"] == f"{TRACE_ID.hex()}-0000000000000001"
    assert (stored["metric"], stored["occurred_at_us"]) == ("faithfulness", (START_NS + 9000) // 1000)
    assert answer.headers.get("x-promptlake-ignored-spans") == ignored
    assert ExportTraceServiceResponse.FromString(answer.body).partial_success.rejected_spans == 1
    assert [row["event_type"] for row in sink.rows("quarantine")] == ["evaluation"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from([*RESULT, "gen_ai.evaluation.score.label", "event.name", "user.id", "error.type"])
any_record = json_values | st.fixed_dictionaries(
    {"eventName": st.just(NAME) | json_values},
    optional={
        "traceId": st.just(TRACE_ID.hex()) | json_values,
        "spanId": st.just(SPAN_ID.hex()) | json_values,
        "timeUnixNano": st.just(str(START_NS)) | json_values,
        "attributes": json_values
        | st.lists(
            st.fixed_dictionaries(
                {
                    "key": keys,
                    "value": json_values
                    | st.dictionaries(st.sampled_from(["stringValue", "doubleValue", "arrayValue"]), json_values),
                }
            ),
            max_size=4,
        ),
    },
)


@settings(max_examples=300, suppress_health_check=[*HealthCheck])
@given(st.lists(any_record, max_size=3))
def test_records_of_any_shape_are_stored_refused_or_ignored(send, sink, records):
    sink.delivered.clear()
    body = orjson.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
    answer = send(PATH, body, content_type="application/json")
    assert answer.status == 200
    ignored = int(answer.headers.get("x-promptlake-ignored-log-records", 0))
    rejected = int(orjson.loads(answer.body).get("partialSuccess", {}).get("rejectedLogRecords", 0))
    assert len(sink.rows("evaluation")) + rejected + ignored == len(records)
    assert len(sink.rows("quarantine")) == rejected
