"""From bronze to the publication: builds and maintenance, on Lambda while they fit there, else on Glue."""

from decimal import Decimal

from infra.aws.costs.assumptions import Given
from infra.aws.costs.usage import BUILDS, DAYS, MILLION, Scenario, Use, Uses

_NOTHING = Decimal(0)


def builds(month: Scenario, given: Given) -> Uses:
    """All that a schedule starts. A build takes what came since the last one; one with nothing new is skipped."""
    count = min(month.builds, month.events)
    runs = given.maintain_runs if month.events else _NOTHING
    yield from _jobs("builds", count, _build_cpu_s(month, count, given), given)
    yield from _jobs("maintain", runs, _maintain_cpu_s(month, runs, given), given)
    yield Use(BUILDS, "doctor, backup", "lambda_duration", given.small_job_gb_s)
    transitions = month.builds * given.check_transitions + count * given.build_transitions
    yield Use(BUILDS, "workflow", "step_functions", transitions)
    yield Use(BUILDS, "table files", "s3_put", (count + runs) * given.build_puts)
    known_bytes = month.events / DAYS * given.known_days * given.id_bytes
    read_bytes = count * known_bytes + (count * given.again_days / DAYS + 2) * month.events * given.silver_bytes
    yield Use(BUILDS, "table files", "s3_get", (count + runs) * given.build_gets + read_bytes / given.get_bytes)
    yield Use(BUILDS, "catalog", "glue_catalog", (count + runs) * given.catalog_requests)


def _build_cpu_s(month: Scenario, count: Decimal, given: Given) -> Decimal:
    """CPU of one build, as measured: its new events, the ids they are looked for among, and gold of the days again."""
    if not count:
        return _NOTHING
    day = month.events / DAYS / MILLION
    new = month.events / count / MILLION * given.build_new_cpu_s
    known, again = day * given.known_days * given.build_known_cpu_s, day * given.again_days * given.build_again_cpu_s
    return given.build_fixed_cpu_s + new + known + again


def _maintain_cpu_s(month: Scenario, runs: Decimal, given: Given) -> Decimal:
    """Every row of silver is written once more, in larger files."""
    if not runs:
        return _NOTHING
    return given.build_fixed_cpu_s + month.events / runs / MILLION * given.build_new_cpu_s


def _jobs(part: str, count: Decimal, cpu_s: Decimal, given: Given) -> Uses:
    """So many runs of one job, where they fit."""
    vcpu_s = cpu_s * given.vcpu_s_per_cpu_s / given.busy_share
    fits = vcpu_s <= given.lambda_max_s * given.lambda_max_vcpu
    gb_s = given.build_start_s * given.build_gb + vcpu_s * given.gb_per_vcpu
    dpu_s = cpu_s * given.spark_factor / given.busy_share / given.vcpu_per_dpu + given.glue_start_s * given.glue_workers
    yield Use(BUILDS, part, "lambda_duration", count * gb_s if fits else _NOTHING)
    yield Use(BUILDS, part, "glue_flex", _NOTHING if fits else count * dpu_s / 3600)
