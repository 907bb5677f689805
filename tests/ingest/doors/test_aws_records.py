"""What AWS writes about the owner's own services, bare and in each of its envelopes."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contracts.validate import Refusal
from ingest.delivery.quick import Read
from ingest.doors import aws_records, records
from ingest.doors.records import DOCUMENTS_MAX
from tests.ingest.contracts.examples import NOW, anything, steady
from tests.lakes import event
from tests.steps import transform

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)


def decoded(data: bytes) -> list[Any]:
    """What a record holds, as it was sent."""
    return [orjson.loads(item.source) if isinstance(item, Read) else item for item in records.decode(data)]


def bedrock(**said: Any) -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-03-01T09:30:00Z",
        "accountId": "123456789012",
        "identity": {"arn": "arn:aws:sts::123456789012:assumed-role/support-bot/i-1"},
        "region": "eu-central-1",
        "requestId": "b-1",
        "operation": "Converse",
        "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
        "input": {"inputBodyJson": {"messages": ["secret"]}, "inputTokenCount": 12},
        "output": {
            "outputBodyJson": {"stopReason": "end_turn", "metrics": {"latencyMs": 851}, "output": "secret"},
            "outputTokenCount": 30,
        },
        **said,
    }


def ses(kind: str, **said: Any) -> dict[str, Any]:
    mail = {
        "timestamp": "2026-03-01T09:00:00.000Z",
        "messageId": "0102-7",
        "destination": ["ada@example.com", "bob@example.com"],
        "tags": {"campaign": ["weekly"]},
    }
    return {"eventType": kind, "mail": mail, **said}


REPORT = (
    "REPORT RequestId: 8f5-1\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 512 MB\t"
    "Max Memory Used: 88 MB\t"
)


def logged(*messages: str) -> dict[str, Any]:
    lines = [{"id": f"{n:056d}", "timestamp": AT_MS, "message": message} for n, message in enumerate(messages)]
    return {"messageType": "DATA_MESSAGE", "logGroup": "/aws/lambda/prompts-execute", "logEvents": lines}


def events(document: Any) -> list[dict[str, Any]]:
    """The events of a document, each of which its contract accepts."""
    found = aws_records.items(document)
    outcome = transform(found, NOW)
    assert [refusal.message for _, refusal in outcome.refusals] == []
    return found


def test_a_bedrock_call() -> None:
    (call,) = events(bedrock())
    assert (
        call.items()
        >= {
            "event_type": "prompt_execution",
            "event_id": "b-1",
            "occurred_at": AT,
            "provider": "aws.bedrock",
            "model": "anthropic.claude-3-haiku-20240307-v1:0",
            "operation": "chat",
            "region": "eu-central-1",
            "status": "ok",
            "uncached_input_tokens": 12,
            "output_tokens": 30,
            "finish_reason": "end_turn",
            "latency_ms": 851,
        }.items()
    )
    assert "secret" not in str(call)


def test_a_bedrock_call_at_a_tier_of_its_own() -> None:
    (call,) = events(bedrock(output={"outputBodyJson": {"serviceTier": {"type": "flex"}}, "outputTokenCount": 30}))
    assert call["service_tier"] == "flex"


def test_bedrock_counts_cached_tokens_apart() -> None:
    counts = {"inputTokenCount": 12, "cacheReadInputTokenCount": 4000, "cacheWriteInputTokenCount": 300}
    (call,) = events(bedrock(input=counts))
    buckets = [call[f"{name}_tokens"] for name in ("uncached_input", "cache_read", "cache_write_5m")]
    assert buckets == [12, 4000, 300]
    assert sum(buckets) == sum(counts.values())
    assert call["usage_convention"] == "input_excludes_cached"


@pytest.mark.parametrize(
    ("said", "model"),
    [
        ("arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        (
            "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
            "eu.amazon.nova-lite-v1:0",
        ),
        ("us.amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0"),
        (profile := "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/x7", profile),
    ],
)
def test_a_bedrock_model_by_its_id(said: str, model: str) -> None:
    assert [call["model"] for call in events(bedrock(modelId=said))] == [model]


def test_a_bedrock_call_that_failed_for_whom_it_was() -> None:
    metadata = {"team": "care", "feature": "helpdesk", "template_id": "answer", "template_version": "4"}
    failed = bedrock(errorCode="ThrottlingException", requestMetadata=metadata, inferenceRegion="eu-west-1", output={})
    (call,) = events(failed)
    assert (call["status"], call["error_class"], call["region"]) == ("error", "ThrottlingException", "eu-west-1")
    assert call.items() >= metadata.items()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (ses("Send"), {"action": "sent", "campaign": "weekly"}),
        (
            ses("Delivery", delivery={"timestamp": "2026-03-01T09:30:00Z", "recipients": ["ada@example.com"]}),
            {"action": "delivered", "recipient": "ada@example.com", "occurred_at": AT},
        ),
        (
            ses(
                "Bounce",
                bounce={
                    "timestamp": "2026-03-01T09:30:00Z",
                    "bounceType": "Permanent",
                    "bounceSubType": "General",
                    "bouncedRecipients": [{"emailAddress": "ada@example.com"}],
                },
            ),
            {"action": "bounced", "bounce_type": "Permanent", "properties": {"bounceSubType": "General"}},
        ),
        (
            ses("Click", click={"timestamp": "2026-03-01T09:30:00Z", "link": "https://shop.example/a?token=secret"}),
            {"action": "clicked", "link": "https://shop.example/a", "occurred_at": AT},
        ),
        (ses("Open", open={"timestamp": "2026-03-01T09:30:00Z"}), {"action": "opened", "occurred_at": AT}),
        (
            ses(
                "Complaint",
                complaint={
                    "timestamp": "2026-03-01T09:30:00Z",
                    "complainedRecipients": [{"emailAddress": "bob@example.com"}],
                },
            ),
            {"action": "complained", "recipient": "bob@example.com"},
        ),
        (ses("Reject", reject={"reason": "Bad content"}), {"action": "rejected"}),
        (
            ses(
                "DeliveryDelay",
                deliveryDelay={
                    "timestamp": "2026-03-01T09:30:00Z",
                    "delayType": "SpamDetected",
                    "delayedRecipients": [{"emailAddress": "ada@example.com"}],
                },
            ),
            {"action": "delayed", "bounce_type": "SpamDetected"},
        ),
        (ses("Rendering Failure", failure={"templateName": "t"}), {"action": "failed"}),
        (ses("Subscription", subscription={"timestamp": "2026-03-01T09:30:00Z"}), {"action": "unsubscribed"}),
    ],
)
def test_what_became_of_a_message(said: dict[str, Any], told: dict[str, Any]) -> None:
    found = events(said)
    assert found[0].items() >= {"event_type": "email_event", "message_id": "0102-7", **told}.items()


def test_a_message_to_several_is_an_event_for_each() -> None:
    found = events(ses("Send"))
    assert [message["recipient"] for message in found] == ["ada@example.com", "bob@example.com"]
    assert len({message["event_id"] for message in found}) == 2


def test_a_metric_of_a_stream() -> None:
    said = {
        "metric_stream_name": "all",
        "account_id": "123456789012",
        "region": "eu-central-1",
        "namespace": "AWS/Bedrock",
        "metric_name": "InvocationLatency",
        "dimensions": {"ModelId": "amazon.nova-lite-v1:0", "Tier": "flex"},
        "timestamp": AT_MS,
        "value": {"count": 3.0, "sum": 900.5, "max": 400.0, "min": 200.0, "p99": 399.0},
        "unit": "Milliseconds",
    }
    (metric,) = events(said)
    assert (
        metric.items()
        >= {
            "event_type": "service_metric",
            "kind": "metric",
            "service": "AWS/Bedrock",
            "name": "InvocationLatency",
            "dimension": "ModelId=amazon.nova-lite-v1:0, Tier=flex",
            "unit": "Milliseconds",
            "samples": 3.0,
            "sum": 900.5,
            "min": 200.0,
            "max": 400.0,
            "occurred_at": AT,
        }.items()
    )


@pytest.mark.parametrize(("status", "outcome"), [("200", "ok"), ("302", "ok"), ("404", "ok"), ("502", "error")])
def test_a_request_to_an_api(status: str, outcome: str) -> None:
    said = {
        "requestId": "q-1",
        "apiId": "prompts",
        "requestTime": "01/Mar/2026:09:30:00 +0000",
        "httpMethod": "POST",
        "routeKey": "POST /prompts/execute",
        "status": status,
        "responseLength": "5120",
        "responseLatency": "182",
    }
    (request,) = events(said)
    assert (
        request.items()
        >= {
            "kind": "request",
            "service": "prompts",
            "name": "POST /prompts/execute",
            "status_code": int(status),
            "status": outcome,
            "duration_ms": 182,
            "response_bytes": 5120,
            "occurred_at": AT,
            "event_id": "q-1",
        }.items()
    )


def test_a_run_of_a_function() -> None:
    warm, cold, failed = events(
        logged(REPORT + "\n", REPORT + "Init Duration: 412.10 ms\t\n", REPORT + "Status: timeout\n")
    )
    assert (
        warm.items()
        >= {
            "kind": "function",
            "service": "prompts-execute",
            "request_id": "8f5-1",
            "duration_ms": 102,
            "billed_ms": 103,
            "memory_mb": 512,
            "memory_used_mb": 88,
            "status": "ok",
            "occurred_at": AT,
        }.items()
    )
    assert "init_ms" not in warm
    assert (cold["init_ms"], cold["status"]) == (412, "ok")
    assert (failed["status"], failed["error_class"]) == ("error", "timeout")
    assert len({run["event_id"] for run in (warm, cold, failed)}) == 3


def wrapped(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "SNS": {"Type": "Notification", "MessageId": "m", "Message": json.dumps(document)},
        "EventBridge": {"version": "0", "detail-type": "Email Sent", "source": "aws.ses", "detail": document},
        "CloudWatch Logs": logged(json.dumps(document)),
        "SNS in EventBridge": {"detail-type": "x", "detail": {"Type": "Notification", "Message": json.dumps(document)}},
    }


@pytest.mark.parametrize("envelope", wrapped({}))
@pytest.mark.parametrize("document", [bedrock(), ses("Send"), event(event_id="ours")], ids=["bedrock", "ses", "ours"])
def test_an_envelope_is_opened(envelope: str, document: dict[str, Any]) -> None:
    assert events(wrapped(document)[envelope]) == events(document)


def test_a_control_message_holds_nothing() -> None:
    assert (
        aws_records.items({"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "CWL CONTROL MESSAGE"}]}) == []
    )


def test_other_lines_of_a_log_are_no_events() -> None:
    found = aws_records.items(logged("START RequestId: 8f5-1", REPORT, "[INFO] ada@example.com", '{"level": "info"}'))
    assert [item["event_type"] for item in found] == ["service_metric"]
    assert len(aws_records.items({"level": "info"})) == 1  # by itself it may be an event that somebody misspelt


def test_quarantine_keeps_nothing_that_a_person_wrote_or_is() -> None:
    asked = bedrock(timestamp="yesterday", requestMetadata={"user_id": "ada@example.com", "team": "care"})
    bounced = ses("Bounce", bounce={"timestamp": "noon", "bouncedRecipients": [{"emailAddress": "ada@example.com"}]})
    outcome = transform([item for said in (asked, bounced, ses("New kind")) for item in aws_records.items(said)], NOW)
    assert len(outcome.refusals) == 3
    kept = b"".join(row for rows in outcome.rows.values() for row in rows).decode()
    assert "secret" not in kept
    assert "@example.com" not in kept
    assert "care" in kept
    assert "0102-7" in kept


@pytest.mark.parametrize(
    "join",
    [b"\n".join, b"".join, b"\r\n\r\n".join, lambda parts: b" , ".join(parts) + b"\n"],
    ids=["lines", "concatenated", "blank lines", "commas"],
)
def test_a_record_holds_several_documents(join: Any) -> None:
    parts = [orjson.dumps(event(event_id=f"e{n}", feature="a }{ b")) for n in range(3)]
    for data in (join(parts), gzip.compress(join(parts)), orjson.dumps(event(), option=orjson.OPT_INDENT_2)):
        found = transform(records.decode(data), NOW)
        assert found.refusals == []
        assert found.accepted in (1, 3)
    assert [item["event_id"] for item in decoded(join(parts))] == ["e0", "e1", "e2"]


def test_what_comes_before_the_break_is_kept() -> None:
    good = orjson.dumps(event(event_id="e0"))
    first, second = decoded(good + good[:30])
    assert first["event_id"] == "e0"
    assert isinstance(second, Refusal)
    assert second.code == "invalid_json"
    assert second.payload == good[:30].decode()


def test_one_bad_line_costs_only_itself() -> None:
    lines = [orjson.dumps(event(event_id=f"e{n}")) for n in range(4)]
    lines[2:2] = [b"{broken", REPORT.encode(), b'{"a": NaN}']
    found = decoded(b"\n".join(lines))
    assert [item["event_id"] for item in found if isinstance(item, dict) and "model" in item] == [
        "e0",
        "e1",
        "e2",
        "e3",
    ]
    assert [item.code for item in found if isinstance(item, Refusal)] == ["invalid_json", "invalid_json"]
    assert len(found) == 7


WRITTEN = {"broken": b"{broken", "report": REPORT.encode(), "blank": b" "}


@steady
@given(st.lists(st.sampled_from(["good", "pretty", *WRITTEN]), max_size=12), st.booleans())
def test_every_part_of_a_record_is_told_once(parts: list[str], zipped: bool) -> None:
    lines, ids = [], []
    for number, part in enumerate(parts):
        if part not in WRITTEN:
            ids.append(f"e{number}")
        option = orjson.OPT_INDENT_2 if part == "pretty" else None
        lines.append(WRITTEN.get(part) or orjson.dumps(event(event_id=f"e{number}"), option=option))
    data = b"\n".join(lines)
    found = decoded(gzip.compress(data) if zipped else data)
    assert [item["event_id"] for item in found if isinstance(item, dict) and "model" in item] == ids
    assert len(found) == len(ids) + parts.count("broken") + parts.count("report")


def test_a_record_of_too_many_events_is_cut_and_says_so() -> None:
    found = decoded(b"{}" * (DOCUMENTS_MAX + 5))
    assert len(found) == DOCUMENTS_MAX + 1
    assert found[-1].code == "too_many_events"


@pytest.mark.parametrize(
    "data",
    [b"\x1f\x8b broken", gzip.compress(b"{}" * 99)[:-9], gzip.compress(b" " * (11 << 20))],
    ids=["broken", "cut", "too-large"],
)
def test_a_record_that_is_no_good_gzip_is_refused_as_one(data: bytes) -> None:
    (refusal,) = decoded(data)
    assert isinstance(refusal, Refusal)
    assert "record" in refusal.message


@steady
@given(st.binary(max_size=200) | st.lists(anything, max_size=3).map(lambda v: json_bytes(v)))
def test_whatever_a_record_holds_is_accounted_for(data: bytes) -> None:
    items = decoded(data)
    outcome = transform(items, NOW)
    assert outcome.received.total() == len(items) == outcome.accepted + len(outcome.refusals) + outcome.dropped.total()
    assert items or not data.strip(b" \t\r\n,\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0")


def json_bytes(values: list[Any]) -> bytes:
    written = []
    for value in values:
        try:
            written.append(json.dumps(value).encode())
        except ValueError:
            written.append(b"{")
    return b"".join(written)
