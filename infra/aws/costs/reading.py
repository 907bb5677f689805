"""What people and applications ask: the API, Athena, reports and pages."""

from decimal import Decimal

from infra.aws.costs.assumptions import Given
from infra.aws.costs.traffic import Traffic
from infra.aws.costs.usage import DAYS, READING, SECONDS, Scenario, Use, Uses

_TB = Decimal(1 << 40)


def reading(month: Scenario, sent: Traffic, given: Given) -> Uses:
    """The API's requests are people's analytics and applications' prompts."""
    prompts = sent.processes * SECONDS / given.template_refresh_s
    requests = month.people * given.reads_per_person + prompts
    yield Use(READING, "API", "rest_api", requests)
    yield Use(READING, "API", "lambda_requests", requests)
    yield Use(READING, "API", "lambda_duration", requests * given.api_gb_s)
    yield Use(READING, "API", "xray", requests * given.api_traced_share)
    yield Use(READING, "prompts", "dynamodb_read", prompts)
    yield Use(READING, "queries", "athena", _scanned_bytes(month, given) / _TB)
    yield Use(READING, "reports", "ses", month.people * given.mails_per_person)
    yield Use(READING, "pages", "cloudfront_out", month.people * given.pages_gb_per_person)
    yield Use(READING, "people", "cognito", month.people)


def _scanned_bytes(month: Scenario, given: Given) -> Decimal:
    columns = month.events / DAYS * given.large_query_days * given.silver_bytes * given.query_column_share
    large = max(given.query_min_bytes, columns)
    each = given.large_query_share * large + (1 - given.large_query_share) * given.query_min_bytes
    return month.people * given.queries_per_person * each
