"""What lies in the lake's bucket once it has been in use as long as things are kept."""

from decimal import Decimal

from infra.aws.costs.assumptions import Given
from infra.aws.costs.usage import DAYS, GB, STORAGE, Scenario, Use, Uses


def storage(month: Scenario, given: Given) -> Uses:
    """Gigabyte-months, those of old versions among them."""
    noncurrent_months = given.noncurrent_days / DAYS
    bronze = month.events * given.bronze_bytes / GB
    yield Use(STORAGE, "bronze", "s3_standard", bronze * (given.bronze_months + noncurrent_months))
    # Compaction writes silver once more, and a build the gold of its days: what they replace stays as an old version.
    silver = month.events * given.silver_bytes / GB
    yield from _tiered("silver", silver, given.silver_months, noncurrent_months, given)
    gold = month.events * given.gold_bytes / GB
    written_over = min(month.builds, month.events) * given.again_days / DAYS
    yield from _tiered("gold", gold, given.gold_months, written_over * noncurrent_months, given)
    files = max(
        month.events * given.silver_bytes / given.object_bytes,
        min(month.events, DAYS * given.types_in_use),  # one for each day and type at least
    )
    yield Use(STORAGE, "silver", "s3_monitoring", files * given.silver_months)


def _tiered(part: str, each_month: Decimal, months: Decimal, old_versions: Decimal, given: Given) -> Uses:
    frequent = min(given.frequent_months, months)
    infrequent = min(given.infrequent_months, months - frequent)
    yield Use(STORAGE, part, "s3_standard", each_month * (frequent + old_versions))
    yield Use(STORAGE, part, "s3_infrequent", each_month * infrequent)
    yield Use(STORAGE, part, "s3_archive", each_month * (months - frequent - infrequent))
