"""From an application to bronze: the HTTP API, Firehose, and the functions at both."""

from decimal import Decimal

from infra.aws.costs.assumptions import Given
from infra.aws.costs.traffic import Traffic
from infra.aws.costs.usage import DELIVERY, FUNCTIONS, GB, MILLION, Scenario, Use, Uses


def services(sent: Traffic, given: Given) -> Uses:
    """What is billed by request, record and object."""
    body_steps = max(Decimal(1), sent.events_per_request * given.body_bytes_per_event / given.http_step_bytes)
    yield Use(DELIVERY, "collector's HTTP API", "http_api", sent.requests * body_steps)
    # A record takes whole steps: the smallest one, and where sizes vary half a step is lost in the mean.
    billed_bytes = max(given.firehose_step_bytes, sent.record_bytes + given.firehose_step_bytes / 2)
    yield Use(DELIVERY, "streams", "firehose_ingest", sent.records * billed_bytes / GB)
    yield Use(DELIVERY, "streams", "firehose_conversion", sent.records * billed_bytes / GB)
    yield Use(DELIVERY, "bronze objects", "s3_put", sent.objects)


def functions(month: Scenario, sent: Traffic, given: Given) -> Uses:
    """The collector, and the transform, which passes what the collector has finished."""
    yield Use(FUNCTIONS, "collector", "lambda_requests", sent.requests)
    yield Use(FUNCTIONS, "collector", "lambda_duration", _collector_gb_s(month, sent, given))
    yield Use(FUNCTIONS, "transform", "lambda_requests", sent.transforms)
    yield Use(FUNCTIONS, "transform", "lambda_duration", _transform_gb_s(month, sent, given))
    calls = sent.transforms + sent.requests
    consent_reads = calls * given.consent_reads_per_call + month.events * given.consent_reads_per_event
    yield Use(FUNCTIONS, "consent", "dynamodb_read", consent_reads)
    yield Use(FUNCTIONS, "counts at the doors", "dynamodb_write", sent.transforms)
    yield Use(FUNCTIONS, "ledger of objects", "dynamodb_write", sent.objects * given.ledger_writes_per_object)


def _collector_gb_s(month: Scenario, sent: Traffic, given: Given) -> Decimal:
    if not sent.requests:
        return Decimal(0)
    cpu_s = (sent.requests * given.collector_request_us + month.events * given.collector_event_us) / MILLION
    waits_s = sent.requests * (sent.records_per_request * given.firehose_wait_ms + given.invocation_ms) / 1000
    return _gb_s(cpu_s, given) + waits_s * given.collector_gb


def _transform_gb_s(month: Scenario, sent: Traffic, given: Given) -> Decimal:
    each_us = given.transform_row_us if month.door == "http" else given.transform_event_us
    cpu_s = (sent.records * given.transform_record_us + month.events * each_us) / MILLION
    return _gb_s(cpu_s + sent.transforms * given.invocation_ms / 1000, given)


def _gb_s(cpu_s: Decimal, given: Given) -> Decimal:
    """Memory buys vCPU in proportion, so what is computed costs the same with more of it or less."""
    return cpu_s * given.vcpu_s_per_cpu_s * given.gb_per_vcpu
