"""Langfuse's attributes on spans, and the API that its SDKs send scores to."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.doors.http.conftest import NOW, START_NS, TRACE_ID

OTLP = "/api/public/otel/v1/traces"
SCORES = "/api/public/scores"
INGESTION = "/api/public/ingestion"
PROTOBUF = "application/x-protobuf"
GENERATION = {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "m"}
SCORE = {"id": "s1", "name": "tone", "value": 0.5, "timestamp": "2026-03-01T11:00:00Z"}
TRACE, SPAN = TRACE_ID.hex(), "0000000000000001"


@pytest.fixture
def trace(send, export):
    def _trace(*spans, resource=None):
        return send(OTLP, export(*spans, resource=resource).SerializeToString(), content_type=PROTOBUF)

    return _trace


@pytest.fixture
def post(send):
    """Send JSON, get the status and the decoded answer."""

    def _post(path, document):
        answer = send(path, orjson.dumps(document), content_type="application/json", authorization="Basic cGs6c2s=")
        return answer.status, orjson.loads(answer.body)

    return _post


def test_a_generation(trace, sink):
    trace(
        {
            **GENERATION,
            "langfuse.observation.input": '"a secret"',
            "langfuse.observation.metadata.note": '"a secret"',
            "langfuse.observation.completion_start_time": '"2026-03-01T11:59:56.623Z"',
            "langfuse.observation.cost_details": '{"input": 0.5, "output": 1, "other": null}',
            "langfuse.observation.usage_details": '{"input": 3, "output": 4}',
            "gen_ai.usage.input_tokens": 99,  # what Langfuse was told wins
            "langfuse.observation.prompt.name": "greet",
            "langfuse.observation.prompt.version": 7,
            "langfuse.user.id": "u",
            "langfuse.session.id": "s",
        },
        resource={"langfuse.environment": "staging"},
    )
    (stored,) = sink.rows("prompt_execution")
    told = {
        "operation": "chat",
        "model": "m",
        "environment": "staging",
        "time_to_first_token_ms": 1500,
        "reported_cost_usd": 1.5,
        "uncached_input_tokens": 3,
        "output_tokens": 4,
        "template_id": "greet",
        "template_version": "7",
        "user_id": "u",
        "session_id": "s",
    }
    assert {name: stored.get(name) for name in told} == told
    assert stored["occurred_at_us"] == START_NS // 1000
    assert "secret" not in str(stored)
    assert sink.delivered[0][0] == "langfuse"


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"langfuse.observation.level": "ERROR"}, "status", "error"),
        ({"langfuse.observation.level": "WARNING"}, "status", "ok"),
        ({"langfuse.environment": "dev"}, "environment", "dev"),
        ({"langfuse.observation.type": "embedding"}, "operation", "embeddings"),
        ({"langfuse.observation.cost_details": '{"input": 1, "total": 3}'}, "reported_cost_usd", 3),
        ({"langfuse.observation.cost_details": '{"total_cost": 0.25}'}, "reported_cost_usd", 0.25),
        ({"langfuse.observation.model.parameters": '{"service_tier": "flex"}'}, "service_tier", "flex"),
        ({"langfuse.observation.model.parameters": '{"service_tier": "auto"}'}, "service_tier", None),
        ({"langfuse.observation.model.parameters": '{"service_t'}, "service_tier", None),
    ],
    ids=str,
)
def test_what_else_it_may_say(trace, sink, change, field, value):
    trace({**GENERATION, **change})
    assert sink.rows("prompt_execution")[0].get(field) == value


@pytest.mark.parametrize("kind", ["span", "event", "agent", "tool", "chain", "retriever", "evaluator", "guardrail"])
def test_observations_around_generations_are_ignored(trace, sink, kind):
    answer = trace({**GENERATION, "langfuse.observation.type": kind})
    assert (answer.headers["x-promptlake-ignored-spans"], sink.delivered) == ("1", [])


def test_what_others_instrument_comes_by_the_same_path(trace, sink):
    trace({"gen_ai.request.model": "g", "langfuse.trace.name": "t"}, {"llm.model_name": "o", "session.id": "s"})
    assert [row["model"] for row in sink.rows("prompt_execution")] == ["g", "o"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("usage_details", "{"),
        ("usage_details", "[1]"),
        ("usage_details", '{"input": -1}'),
        ("cost_details", '{"input": "much"}'),
        ("completion_start_time", '"soon"'),
        ("completion_start_time", '"2026-03-01T11:59:56"'),
    ],
)
def test_what_is_not_as_the_sdk_writes_it_is_refused_by_name(trace, sink, name, value):
    asked = {"langfuse.observation.model.parameters": '{"note": "a secret"}'}
    trace({**GENERATION, **asked, f"langfuse.observation.{name}": value})
    (refused,) = sink.rows("quarantine")
    assert (refused["code"], refused["event_id"]) == ("invalid_value", f"{TRACE}-{SPAN}")
    assert f"langfuse.observation.{name} " in refused["message"]
    assert orjson.loads(refused["payload"])["model"] == "m"
    assert "secret" not in refused["payload"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dataType": "NUMERIC", "value": 3}, {"score": 3}),
        ({"value": 0}, {"score": 0}),
        ({"value": "friendly"}, {"label": "friendly"}),
        ({"value": True}, {"passed": True}),
        ({"dataType": "CATEGORICAL", "value": "friendly"}, {"label": "friendly", "score": None}),
        ({"dataType": "BOOLEAN", "value": 1.0}, {"passed": True, "score": None}),
        ({"dataType": "BOOLEAN", "value": 0}, {"passed": False}),
        ({"traceId": TRACE}, {"trace_id": TRACE, "execution_id": None}),
        ({"traceId": TRACE, "observationId": SPAN}, {"trace_id": TRACE, "execution_id": f"{TRACE}-{SPAN}"}),
        ({"sessionId": "s", "environment": "dev"}, {"session_id": "s", "environment": "dev"}),
        ({"datasetRunId": "r"}, {"properties": '{"dataset_run_id":"r"}'}),
        ({"timestamp": "2026-03-01T11:00:00.25+01:00"}, {"occurred_at_us": 1772359200250000}),
        ({"timestamp": None}, {"occurred_at_us": int(NOW.timestamp()) * 10**6}),
    ],
    ids=str,
)
def test_scores(post, sink, change, told):
    assert post(SCORES, [SCORE | change]) == (202, {"message": "Accepted"})
    (stored,) = sink.rows("evaluation")
    assert (stored["event_id"], stored["metric"]) == ("s1", "tone")
    assert {name: stored.get(name) for name in told} == told


def test_ids_that_are_none_of_ours(post, sink):
    for change in ({"id": "as we like it"}, {"id": "as we like it"}, {"id": None}, {"id": None}, {"id": ""}):
        post(SCORES, [SCORE | change])
    ids = [row["event_id"] for row in sink.rows("evaluation")]
    assert (ids[0], ids[2]) == (ids[1], ids[3])
    assert len(set(ids)) == 3
    assert all(len(event_id) == 32 for event_id in ids)


def test_bad_scores_are_refused_with_their_reasons_and_good_ones_stored(post, sink):
    secret = {"comment": "a secret", "metadata": {"note": "a secret"}}
    bad = [
        SCORE | secret | {"dataType": "TEXT", "value": "a secret"},
        SCORE | secret | {"value": 1e300},
        SCORE | secret | {"value": None},
        SCORE | secret | {"observationId": SPAN},
        SCORE | secret | {"dataType": "BOOLEAN", "value": 2},
        {**SCORE, "name": None, **secret},
        7,
    ]
    status, answer = post(SCORES, [*bad, SCORE])
    assert (status, answer["accepted"], answer["rejected"]) == (207, 1, 7)
    refused = sink.rows("quarantine")
    assert [row["code"] for row in refused] == [
        "unknown_value",
        "out_of_range",
        "invalid_value",
        "missing_field",
        "wrong_type",
        "missing_field",
        "not_an_object",
    ]
    assert [error["message"] for error in answer["errors"]] == [row["message"] for row in refused]
    assert {row["event_type"] for row in refused} == {"evaluation"}
    assert "secret" not in str(refused) + str(sink.rows("evaluation"))


def test_a_single_score_is_answered_by_its_id(post, sink):
    assert post(SCORES, SCORE) == (200, {"id": "s1"})
    status, answer = post(SCORES, SCORE | {"value": None})
    assert (status, answer["error"], "needs a score" in answer["message"]) == (400, "Bad Request", True)
    assert (len(sink.rows("evaluation")), len(sink.rows("quarantine")), sink.refused) == (1, 1, [])


def test_what_older_sdks_send(post, sink):
    body = {"name": "tone", "value": 0.5, "traceId": TRACE, "observationId": SPAN, "comment": None, "id": None}
    score = {"id": "e1", "type": "score-create", "timestamp": "2026-03-01T11:00:00Z", "body": body}
    generation = {"id": "e2", "type": "generation-create", "timestamp": "x", "body": {"input": "a secret"}}
    status, answer = post(INGESTION, {"batch": [score, generation, {"id": "e3"}, 7], "metadata": {}})
    assert (status, answer["successes"]) == (207, [{"id": "e1", "status": 201}])
    assert [(error["id"], error["status"]) for error in answer["errors"]] == [("e2", 400), ("e3", 400), ("", 400)]
    assert OTLP in answer["errors"][0]["message"]
    (stored,) = sink.rows("evaluation")
    assert (stored["event_id"], stored["occurred_at_us"]) == ("e1", 1772362800 * 10**6)
    assert stored["execution_id"] == f"{TRACE}-{SPAN}"
    refused = sink.rows("quarantine")
    assert [row["code"] for row in refused] == ["unsupported_event"] * 3
    assert "secret" not in str(refused)


@pytest.mark.parametrize("path", [SCORES, INGESTION])
@pytest.mark.parametrize(
    ("body", "media_type", "status"), [(b"{", "application/json", 400), (b"{}", "text/csv", 415)], ids=str
)
def test_bodies_that_can_not_be_read(send, sink, path, body, media_type, status):
    answer = send(path, body, content_type=media_type)
    assert (answer.status, set(orjson.loads(answer.body))) == (status, {"message", "error"})
    assert [door for door, _ in sink.refused] == ["langfuse"]


def test_a_batch_that_is_none(post, sink):
    assert post(INGESTION, {"batch": 1})[0] == 400
    assert post(SCORES, []) == (202, {"message": "Accepted"})
    assert sink.delivered == []


def test_too_many(post, sink, monkeypatch):
    monkeypatch.setattr("ingest.doors.langfuse_http.EVENTS_MAX", 1)
    assert post(SCORES, [SCORE, SCORE])[0] == 413
    assert post(INGESTION, {"batch": [SCORE, SCORE]})[0] == 413
    assert sink.refused == [("langfuse", "too_many_events")] * 2


def test_what_the_sdk_asks_first(send):
    answer = send("/api/public/projects", b"", method="GET", authorization="Basic cGs6c2s=")
    assert (answer.status, orjson.loads(answer.body)["data"][0]["name"]) == (200, "promptlake")
    answer = send("/api/public/health", b"", method="GET")
    assert (answer.status, orjson.loads(answer.body)["status"]) == (200, "OK")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
any_score = json_values | st.fixed_dictionaries(
    {"name": st.just("tone") | json_values},
    optional={
        "id": json_values,
        "value": st.just(0.5) | json_values,
        "dataType": st.sampled_from(["NUMERIC", "BOOLEAN", "TEXT"]) | json_values,
        "timestamp": st.just("2026-03-01T11:00:00Z") | json_values,
        "traceId": st.just(TRACE) | json_values,
        "observationId": st.just(SPAN) | json_values,
        "datasetRunId": json_values,
    },
)
any_event = json_values | st.fixed_dictionaries(
    {"type": st.just("score-create") | json_values, "body": any_score}, optional={"id": json_values}
)


@settings(max_examples=300, suppress_health_check=[*HealthCheck])
@given(st.lists(any_score, max_size=3), st.lists(any_event, max_size=3))
def test_scores_and_events_of_any_shape_are_stored_or_refused(post, sink, scores, events):
    sink.delivered.clear()
    _, answer = post(SCORES, scores)
    assert answer.get("rejected", 0) == len(sink.rows("quarantine"))
    assert len(sink.rows("evaluation")) + len(sink.rows("quarantine")) == len(scores)
    sink.delivered.clear()
    _, answer = post(INGESTION, {"batch": events})
    assert len(answer["successes"]) == len(sink.rows("evaluation"))
    assert len(answer["errors"]) == len(sink.rows("quarantine")) == len(events) - len(answer["successes"])


usage_values = st.dictionaries(st.sampled_from(["input", "output", "total", "cache_read", "x"]), json_values)


@settings(max_examples=200, suppress_health_check=[*HealthCheck])
@given(
    st.dictionaries(
        st.sampled_from(
            ["usage_details", "cost_details", "completion_start_time", "model.parameters", "type", "level"]
        ),
        usage_values.map(orjson.dumps).map(bytes.decode) | st.text(st.characters(codec="utf-8"), max_size=20),
    )
)
def test_attributes_of_any_content_are_stored_or_refused(trace, sink, said):
    sink.delivered.clear()
    answer = trace({**GENERATION, **{f"langfuse.observation.{name}": value for name, value in said.items()}})
    ignored = int(answer.headers.get("x-promptlake-ignored-spans", 0))
    assert (answer.status, len(sink.rows("prompt_execution")) + len(sink.rows("quarantine")) + ignored) == (200, 1)
