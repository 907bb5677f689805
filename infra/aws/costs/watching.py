"""Logs, metrics and traces; alarms and dashboards are fixed charges."""

from decimal import Decimal

from infra.aws.costs.assumptions import Given
from infra.aws.costs.traffic import Traffic
from infra.aws.costs.usage import GB, HOURS, SECONDS, WATCHING, Scenario, Use, Uses


def watching(month: Scenario, sent: Traffic, given: Given) -> Uses:
    """A metric is billed for the hours in which it is sent: of a day's one, that is one in 24."""
    counts = given.types_in_use * given.counts_per_type * min(month.events / HOURS, Decimal(1))
    yield Use(WATCHING, "hourly figures", "metric", given.hourly_metrics)
    yield Use(WATCHING, "daily figures", "metric", given.daily_metrics / 24)
    yield Use(WATCHING, "counts by door and event type", "metric", counts)
    transform_bytes = sent.transforms * (given.platform_log_bytes + given.count_log_bytes)
    each_request = given.platform_log_bytes + sent.records_per_request * given.count_log_bytes
    logs = (transform_bytes + sent.requests * each_request) / GB
    yield Use(WATCHING, "functions", "logs", logs)
    yield Use(WATCHING, "functions", "logs_kept", logs * given.logs_months)
    yield Use(WATCHING, "transform", "xray", given.transform_traced * _traced(sent.transforms, given))
    yield Use(WATCHING, "collector", "xray", given.collector_traced * _traced(sent.requests, given))


def _traced(calls: Decimal, given: Given) -> Decimal:
    reservoir = min(calls, SECONDS)
    return reservoir + (calls - reservoir) * given.traced_share
