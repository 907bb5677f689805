"""`POST /v1/traces`: GenAI spans become executions, in both encodings."""

import json
from typing import Any

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList

from ingest.delivery.delivery import Delivery
from ingest.delivery.privacy.settings import Privacy, Settings
from ingest.doors.exchange import Request
from ingest.doors.http import Doors
from tests.ingest.doors.http.conftest import NOW, key_values
from tests.steps import step

PATH = "/v1/traces"
PROTOBUF = "application/x-protobuf"
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
TRACE_HEX = bytes(range(16)).hex()


def as_json(request):
    """OTLP's own JSON: like protobuf's, but ids in hex and enums as numbers."""
    document = MessageToDict(request, use_integers_for_enums=True)
    for resource, message in zip(document["resourceSpans"], request.resource_spans, strict=True):
        for scope, scope_message in zip(resource["scopeSpans"], message.scope_spans, strict=True):
            for span, span_message in zip(scope.get("spans", []), scope_message.spans, strict=True):
                span |= {"traceId": span_message.trace_id.hex().upper(), "spanId": span_message.span_id.hex()}
                span["aFieldOfTomorrow"] = {"x": 1}
    return orjson.dumps(document)


@pytest.fixture(params=["protobuf", "json"])
def trace(request, send, export):
    """Send spans in either encoding."""

    def _trace(*spans, resource=None):
        message = export(*spans, resource=resource)
        if request.param == "json":
            return send(PATH, as_json(message), content_type="application/json; charset=utf-8")
        return send(PATH, message.SerializeToString(), content_type=PROTOBUF)

    return _trace


@pytest.fixture
def row(trace, sink):
    """Send one span and give what is stored of it."""

    def _row(span, resource=None):
        answer = trace(span, resource=resource)
        assert (answer.status, answer.body) in ((200, b""), (200, b"{}")), answer.body
        (stored,) = sink.rows("prompt_execution")
        return stored

    return _row


def test_a_call_as_the_conventions_describe_it(row, sink):
    stored = row(
        {
            **CALL,
            "gen_ai.provider.name": "anthropic",
            "gen_ai.response.model": "m-2026",
            "gen_ai.conversation.id": "c1",
            "gen_ai.prompt.name": "greet",
            "gen_ai.prompt.version": "7",
            "gen_ai.response.time_to_first_chunk": 0.2504,
            "gen_ai.response.finish_reasons": ["stop", "length"],
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.cache_read.input_tokens": 600,
            "gen_ai.usage.cache_write.input_tokens": 100,
            "gen_ai.usage.output_tokens": 50,
            "gen_ai.usage.reasoning.output_tokens": 0,
            "gen_ai.request.temperature": 0.5,
        },
        {"service.name": "shop", "deployment.environment.name": "production"},
    )
    assert stored == {
        "schema_version": 1,
        "event_id": f"{TRACE_HEX}-0000000000000001",
        "trace_id": TRACE_HEX,
        "span_id": "0000000000000001",
        "occurred_at_us": 1772366395123456,
        "latency_ms": 1500,
        "environment": "production",
        "feature": "shop",
        "session_id": "c1",
        "operation": "chat",
        "provider": "anthropic",
        "model": "m-2026",
        "requested_model": "m",
        "status": "ok",
        "finish_reason": "stop",
        "uncached_input_tokens": 300,
        "cache_read_tokens": 600,
        "cache_write_5m_tokens": 100,
        "output_tokens": 50,
        "reasoning_tokens": 0,
        "usage_convention": "input_includes_cached",
        "time_to_first_token_ms": 250,
        "template_id": "greet",
        "template_version": "7",
    }
    assert sink.delivered[0][0] == "otlp"


@pytest.mark.parametrize("turned", [False, True], ids=["old last", "old first"])
def test_older_names_hold_where_the_new_are_missing(row, sink, trace, turned):
    old = {
        "gen_ai.system": "openai",
        "gen_ai.usage.prompt_tokens": 10,
        "gen_ai.usage.completion_tokens": 5,
        "gen_ai.usage.cache_creation.input_tokens": 4,
        "enduser.id": "u",
    }
    stored = row({**CALL, **old})
    assert (stored["provider"], stored["user_id"], stored["output_tokens"]) == ("openai", "u", 5)
    assert (stored["uncached_input_tokens"], stored["cache_write_5m_tokens"]) == (6, 4)
    both = {**CALL, **old, "gen_ai.provider.name": "azure.ai.openai", "gen_ai.usage.input_tokens": 0, "user.id": "v"}
    both["gen_ai.usage.cache_write.input_tokens"] = 0
    trace(dict(reversed(both.items())) if turned else both)
    newer = sink.rows("prompt_execution")[1]
    assert (newer["provider"], newer["user_id"]) == ("azure.ai.openai", "v")
    assert (newer["uncached_input_tokens"], newer["cache_write_5m_tokens"]) == (0, 0)


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"gen_ai.usage.cache_read_input_tokens": 4, "gen_ai.usage.input_tokens": 9}, "cache_read_tokens", 4),
        ({"gen_ai.usage.cache_creation_input_tokens": 4, "gen_ai.usage.input_tokens": 9}, "cache_write_5m_tokens", 4),
        ({"gen_ai.usage.reasoning_tokens": 4, "gen_ai.usage.output_tokens": 9}, "reasoning_tokens", 4),
        ({"openai.response.service_tier": "flex"}, "service_tier", "flex"),
        ({"gen_ai.openai.response.service_tier": "scale"}, "service_tier", "scale"),
        ({"openai.request.service_tier": "auto"}, "service_tier", None),
        (
            {"aws.region": "eu-central-1", "server.address": "bedrock-runtime.us-east-1.amazonaws.com"},
            "region",
            "eu-central-1",
        ),
        ({"cloud.region": "eu-west-3"}, "region", "eu-west-3"),
        ({"server.address": "bedrock-runtime-fips.us-gov-west-1.amazonaws.com"}, "region", "us-gov-west-1"),
        ({"server.address": "vpce-0a.bedrock-runtime.ap-south-1.vpce.amazonaws.com"}, "region", "ap-south-1"),
        ({"server.address": "europe-west4-aiplatform.googleapis.com"}, "region", "europe-west4"),
        ({"server.address": "api.openai.com"}, "region", None),
        ({"server.address": "a" * 5000}, "region", None),
        ({"server.address": 7.5}, "region", None),
    ],
    ids=str,
)
def test_what_other_names_say(row, said, field, value):
    assert row({**CALL, **said}).get(field) == value


def test_where_the_application_runs_is_not_where_the_model_does(row):
    assert "region" not in row(CALL, {"cloud.region": "eu-west-3"})


def test_input_that_excludes_what_was_cached_is_noticed_where_it_can_be(row):
    stored = row(
        {
            **CALL,
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 600,
            "gen_ai.usage.cache_write.input_tokens": 100,
        }
    )
    assert stored["usage_convention"] == "input_excludes_cached"
    assert [stored[f] for f in ("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens")] == [
        20,
        600,
        100,
    ]


def test_a_call_that_counts_nothing_says_nothing_about_tokens(row):
    stored = row({**CALL, "gen_ai.usage.cache_read.input_tokens": 3})
    assert "usage_convention" not in stored
    assert "uncached_input_tokens" not in stored


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("chat", "chat"),
        ("generate_content", "chat"),
        ("text_completion", "completion"),
        ("embeddings", "embeddings"),
        ("execute_tool", "tool"),
        ("create_agent", "agent"),
        ("invoke_agent", "agent"),
        ("summon", "other"),
    ],
)
def test_operations(row, name, operation):
    assert row({"gen_ai.operation.name": name, "gen_ai.request.model": "m"})["operation"] == operation


def test_what_is_no_call_of_a_model_is_ignored_and_counted(trace, sink):
    answer = trace(
        {"http.request.method": "GET"},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"},
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper"},
        {"gen_ai.operation.name": "fetch_response", "gen_ai.request.model": "m"},  # it was billed when it was made
        {},
    )
    assert (answer.status, answer.headers["x-promptlake-ignored-spans"]) == (200, "5")
    assert sink.delivered == []


def test_a_call_without_a_model_is_not_ignored_but_refused(trace, sink):
    trace({"gen_ai.operation.name": "chat"}, {"gen_ai.usage.input_tokens": 5})
    assert [q["code"] for q in sink.rows("quarantine")] == ["missing_field", "missing_field"]


@pytest.mark.parametrize(("kind", "tokens"), [(1, None), (3, 9)], ids=["in this process", "remote"])
def test_what_an_agent_summed_up_is_not_counted_again(row, kind, tokens):
    span = {"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 9}
    assert row({**span, "KIND": kind}).get("uncached_input_tokens") == tokens


def test_errors(row, trace, sink):
    assert row({**CALL, "STATUS": 2})["status"] == "error"
    trace({**CALL, "error.type": "timeout"})
    assert (sink.rows("prompt_execution")[1]["status"], sink.rows("prompt_execution")[1]["error_class"]) == (
        "error",
        "timeout",
    )


@pytest.mark.parametrize(
    ("span", "told"),
    [
        ({"STATUS": 2}, ("error", "TimeoutError")),
        ({"STATUS": 2, "error.type": "timeout"}, ("error", "timeout")),
        ({}, ("ok", None)),
    ],
    ids=["failed", "with a name for it", "caught"],
)
def test_an_exception_on_the_span_names_the_failure(send, sink, export, span, told):
    message = export({**CALL, **span})
    event = message.resource_spans[0].scope_spans[0].spans[0].events.add(name="exception")
    event.attributes.extend(key_values({"exception.type": "TimeoutError", "exception.message": "a secret"}))
    send(PATH, message.SerializeToString(), content_type=PROTOBUF)
    send(PATH, as_json(message), content_type="application/json")
    for stored in sink.rows("prompt_execution"):
        assert (stored["status"], stored.get("error_class")) == told
    assert len(sink.rows("prompt_execution")) == 2


def test_who_what_and_where_the_span_wins_over_the_resource(row):
    resource = {
        "service.name": "shop",
        "deployment.environment": "staging",
        "session.id": "r",
        "promptlake.team": "core",
        "promptlake.variant": "r",
    }
    span = {
        **CALL,
        "feature": "search",
        "enduser.id": 42,
        "session.id": "s",
        "gen_ai.conversation.id": "c",
        "gen_ai.prompt.name": "p",
        "promptlake.template_id": "t",
        "promptlake.template_version": "2",
        "promptlake.variant": "b",
        "promptlake.experiment": "x",
        "user.id": "",
    }
    stored = row(span, resource)
    wanted = {
        "feature": "search",
        "environment": "staging",
        "user_id": "42",
        "session_id": "s",
        "team": "core",
        "template_id": "t",
        "template_version": "2",
        "variant": "b",
        "experiment": "x",
    }
    assert {name: stored[name] for name in wanted} == wanted


def test_the_name_an_sdk_invents_for_a_service_is_no_feature(row):
    assert "feature" not in row(CALL, {"service.name": "unknown_service:python"})


def test_numbers_of_another_type(row):
    stored = row({**CALL, "gen_ai.usage.input_tokens": 12.0, "gen_ai.response.time_to_first_chunk": 1})
    assert (stored["uncached_input_tokens"], stored["time_to_first_token_ms"]) == (12, 1000)


def test_arrays_in_arrays_are_no_value(row):
    nested = AnyValue(string_value="chat")
    for _ in range(40):
        nested = AnyValue(array_value=ArrayValue(values=[nested]))
    assert row({"gen_ai.request.model": "m", "gen_ai.operation.name": nested})["operation"] == "chat"


def test_an_attribute_of_no_use_is_as_good_as_none(row):
    odd = AnyValue(kvlist_value=KeyValueList())
    stored = row({**CALL, "user.id": odd, "session.id": AnyValue(), "gen_ai.response.finish_reasons": []})
    assert not {"user_id", "session_id", "finish_reason"} & stored.keys()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"gen_ai.usage.input_tokens": -1}, "out_of_range"),
        ({"gen_ai.usage.input_tokens": "many"}, "wrong_type"),
        ({"gen_ai.usage.output_tokens": 2**60}, "out_of_range"),
        ({"gen_ai.usage.output_tokens": 1e300}, "wrong_type"),
        ({"gen_ai.response.time_to_first_chunk": float("nan")}, "wrong_type"),
        ({"gen_ai.response.time_to_first_chunk": "soon"}, "wrong_type"),
        ({"user.id": "u" * 300}, "out_of_range"),
        ({"user.id": True}, "wrong_type"),
        ({"gen_ai.response.time_to_first_chunk": -(2**62), "SPAN_ID": b""}, "invalid_id"),
        ({f"gen_ai.usage.{name}input_tokens": -(2**63) for name in ("", "cache_read.")}, "out_of_range"),
        (
            {"gen_ai.usage.input_tokens": -(2**63), "gen_ai.usage.cache_read.input_tokens": 9, "SPAN_ID": b""},
            "invalid_id",
        ),
        ({"START": 0}, "time_too_early"),
        ({"START": 2**64 - 1, "END": 2**64 - 1}, "time_in_future"),
        ({"SPAN_ID": bytes(8)}, "invalid_id"),
        ({"SPAN_ID": b"short"}, "invalid_id"),
        ({"TRACE_ID": b""}, "invalid_id"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_span_is_refused_with_its_reason_and_the_good_one_is_stored(trace, sink, change, code):
    answer = trace({**CALL, **change}, CALL)
    assert answer.status == 200
    if answer.headers["content-type"] == PROTOBUF:
        partial = ExportTraceServiceResponse.FromString(answer.body).partial_success
        rejected, message = partial.rejected_spans, partial.error_message
    else:
        partial = orjson.loads(answer.body)["partialSuccess"]
        rejected, message = int(partial["rejectedSpans"]), partial["errorMessage"]
    (refused,) = sink.rows("quarantine")
    assert (rejected, refused["code"], refused["event_type"]) == (1, code, "prompt_execution")
    assert refused["message"] in message
    assert '"m' in refused["payload"]
    assert len(sink.rows("prompt_execution")) == 1


def test_an_empty_request_is_fine(send, sink):
    assert send(PATH, b"", content_type=PROTOBUF) == (200, {"content-type": PROTOBUF}, b"")
    assert send(PATH, b"{}", content_type="application/json").body == b"{}"
    assert (sink.delivered, sink.refused) == ([], [])


@pytest.mark.parametrize("media_type", [PROTOBUF, "application/protobuf"])
def test_bytes_that_are_no_protobuf(send, sink, media_type):
    answer = send(PATH, b"\xff\xff\xff", content_type=media_type)
    assert (answer.status, answer.headers["content-type"]) == (400, media_type)
    assert "protobuf" in Status.FromString(answer.body).message
    assert sink.refused == [("otlp", "invalid_protobuf")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NaN",
        b"[]",
        b'{"resourceSpans": 1}',
        b'{"resourceSpans": [1]}',
        b'{"resourceSpans": [{"resource": 1}]}',
        b'{"resourceSpans": [{"resource": {"attributes": {}, "x": 1}, "scopeSpans": {"spans": []}}]}',
        b'{"resourceSpans": [{"resource": {"attributes": {"a": 1}}}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": {"a": 1}}]}]}',
    ],
)
def test_json_of_another_shape(send, sink, body):
    answer = send(PATH, body, content_type="application/json")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/json")
    assert orjson.loads(answer.body)["message"].endswith(".")
    assert sink.refused == [("otlp", "invalid_json")]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"traceId": "zz"}, "traceId"),
        ({"spanId": 7}, "spanId"),
        ({"startTimeUnixNano": "soon"}, "startTimeUnixNano"),
        ({"endTimeUnixNano": "9" * 5000}, "endTimeUnixNano"),
        ({"endTimeUnixNano": 10**30}, "endTimeUnixNano"),
        ({"attributes": {"a": 1}}, "attributes"),
        ({"events": {"a": 1}}, "events"),
        ({"events": [{"name": "exception", "timeUnixNano": "soon"}]}, "timeUnixNano"),
        (
            {"attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "x"}}]},
            "gen_ai.usage.input_tokens",
        ),
        ({"attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": []}}]}, "gen_ai.operation.name"),
        ({"attributes": [{"key": "user.id", "value": {"boolValue": {}}}]}, "user.id"),
        (None, "object"),
    ],
)
def test_a_malformed_json_span_is_refused_by_itself(send, sink, export, change, named):
    document = orjson.loads(as_json(export(CALL, CALL)))
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[0] = {**spans[0], **change} if change else 7
    # Not orjson: it writes no integer over 64 bits, but others do.
    answer = send(PATH, json.dumps(document).encode(), content_type="application/json")
    assert (answer.status, len(sink.rows("prompt_execution"))) == (200, 1)
    (refused,) = sink.rows("quarantine")
    assert (refused["code"], named in refused["message"]) == ("invalid_span", True)


def test_what_a_malformed_span_says_in_words_is_not_kept(send, sink, export):
    prompt = {"gen_ai.input.messages": "a secret"}
    document = orjson.loads(as_json(export({**CALL, **prompt})))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = "zz"
    send(PATH, orjson.dumps(document), content_type="application/json")
    (refused,) = sink.rows("quarantine")
    assert ("secret" in refused["payload"], "gen_ai.request.model" in refused["payload"]) == (False, True)


def test_too_many_spans(send, sink, export, monkeypatch):
    monkeypatch.setattr("ingest.doors.otlp.EVENTS_MAX", 1)
    monkeypatch.setattr("ingest.doors.otlp_json_values.EVENTS_MAX", 1)
    message = export(CALL, CALL)
    assert send(PATH, message.SerializeToString(), content_type=PROTOBUF).status == 413
    assert send(PATH, as_json(message), content_type="application/json").status == 413
    assert sink.refused == [("otlp", "too_many_events")] * 2


def test_json_nested_as_deep_as_json_can_be(send, sink):
    value = b'{"arrayValue":{"values":[' * 300 + b"{}" + b"]}}" * 300
    span = b'{"traceId":"zz","kind":%s,"attributes":[{"key":"gen_ai.request.model","value":%s}]}' % (value, value)
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[%s]}]}]}' % span
    assert send(PATH, body, content_type="application/json").status == 200
    assert sink.rows("quarantine")[0]["code"] == "invalid_span"


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ({"END": 1}, {"latency_ms": None}),
        (
            {"gen_ai.usage.output_tokens": 20, "gen_ai.usage.reasoning.output_tokens": 500},
            {"output_tokens": 520, "reasoning_tokens": 500},
        ),
    ],
    ids=["a clock that was set back", "reasoning counted apart"],
)
def test_a_call_is_not_lost_over_a_side_of_it(row, attributes, wanted):
    stored = row({**CALL, **attributes})
    assert {name: stored.get(name) for name in wanted} == wanted


MESSAGES = [{"role": "user", "parts": [{"type": "text", "content": "Wo ist mein Paket?"}]}]


@pytest.mark.parametrize("form", ["protobuf", "json"])
@pytest.mark.parametrize(
    ("attributes", "prompt", "answer"),
    [
        (
            {"gen_ai.input.messages": orjson.dumps(MESSAGES).decode(), "gen_ai.output.messages": "[]"},
            orjson.dumps(MESSAGES).decode(),
            "[]",
        ),
        ({"gen_ai.input.messages": ["a", 7]}, '["a",7]', None),
        ({"gen_ai.prompt": "old", "gen_ai.completion": "new"}, "old", "new"),
        ({"input.value": "weak", "gen_ai.prompt": "", "output.value": "x" * 600_000}, "weak", "x" * 500_000),
        ({"langfuse.observation.input": '{"q": 1}'}, '{"q": 1}', None),
        ({}, None, None),
    ],
    ids=["messages", "values", "older names", "openinference", "langfuse", "none"],
)
def test_what_was_said_is_read_where_it_is_kept(sink, export, form, attributes, prompt, answer):
    keeps: Any = {"prompt_execution": {"prompt": "full", "answer": "full"}}
    request = export({**CALL, **attributes})
    body, said = (
        (request.SerializeToString(), PROTOBUF) if form == "protobuf" else (as_json(request), "application/json")
    )
    for settings, is_kept in ((Settings(), False), (Settings(environments={"*": Privacy(text=keeps)}), True)):
        doors = Doors(Delivery(step(settings), sink), lambda: NOW)
        assert doors.answer(Request("POST", PATH, {"content-type": said}, body)).status == 200
        (row,) = [orjson.loads(row) for row in sink.delivered[-1][1].rows["prompt_execution"]]
        assert (row.get("prompt"), row.get("answer")) == ((prompt, answer) if is_kept else (None, None))
