"""The figures as rows of tables: each section takes its own, and says what was asked for."""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import TypeVar

from tests.bench import (
    build,
    emitter,
    engines,
    execution,
    lakehouse,
    memory,
    native,
    otlp,
    reads,
    templates,
    transform,
    visits,
)

RUNS = 3
Row = tuple[str, str, str, str]
"""Figure, measured, asked for, ratio."""
T = TypeVar("T")


def _runs(run: Callable[[Path], T], times: int = RUNS) -> list[T]:
    """What some runs took, each in an empty folder."""
    taken = []
    for number in range(times):
        print(f"  run {number + 1} of {times}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            taken.append(run(Path(folder)))
    return taken


def _doors() -> list[Row]:
    return [*_otlp(_runs(otlp.run)), *_native(_runs(native.run))]


def _step_and_memory() -> list[Row]:
    return [*_step(_runs(lambda _: transform.run())), *_memory(_runs(memory.run))]


def _main_job() -> list[Row]:
    return _build(_runs(build.measure))


def _large() -> list[Row]:
    return _ten_million(_runs(lakehouse.measure, 1))


def _hour() -> list[Row]:
    return _one_more_hour(_runs(lakehouse.increment, 1)[0])


def _engagement() -> list[Row]:
    return _visits(_runs(visits.measure, 1)[0])


def _readers() -> list[Row]:
    return _reads(_runs(reads.measure, 1)[0])


def _executing() -> list[Row]:
    return _execution(_runs(execution.run))


def _emitting() -> list[Row]:
    return _emitter(_runs(lambda _: emitter.run()))


def _distributed() -> list[Row]:
    return _engines(_runs(engines.measure, 1)[0])


def _otlp(runs: list[otlp.Otlp]) -> list[Row]:
    short = median(run.short.queryable_per_s for run in runs)
    long, taken = (
        median(getattr(run.long, name) for run in runs) for name in ("queryable_per_s", "acknowledged_per_s")
    )
    parse = median(run.parse_only_per_s for run in runs)
    size = median(run.long.bytes_per_execution for run in runs)
    baseline = f"protobuf's parser alone ({parse:,.0f}/s)"
    return [
        (f"OTLP, {otlp.SHORT_RUN:,} spans to queryable bronze, spans/s", f"{short:,.0f}", "at least 10,000",
         f"{short / parse:.3f} × {baseline}"),
        (f"OTLP, {otlp.SPANS:,} spans to queryable bronze, spans/s", f"{long:,.0f}", "at least 20,000",
         f"{long / parse:.3f} × {baseline}"),
        ("the same until acknowledged, spans/s", f"{taken:,.0f}", "", f"{taken / parse:.3f} × {baseline}"),
        ("bytes in bronze for one execution", f"{size:.1f}", "at most 65", ""),
    ]  # fmt: skip


def _native(runs: list[native.Native]) -> list[Row]:
    stored, taken = (
        median(getattr(run.sent, name) for run in runs) for name in ("queryable_per_s", "acknowledged_per_s")
    )
    parse = median(run.parse_only_per_s for run in runs)
    baseline = f"orjson's parser alone ({parse:,.0f}/s)"
    return [
        (f"native, {native.EVENTS:,} events to queryable bronze, events/s", f"{stored:,.0f}", "at least 40,000",
         f"{stored / parse:.3f} × {baseline}"),
        ("the same until acknowledged, events/s", f"{taken:,.0f}", "", f"{taken / parse:.3f} × {baseline}"),
    ]  # fmt: skip


def _step(runs: list[transform.Step]) -> list[Row]:
    rows = []
    for kind, took in (
        ("", [run.bare for run in runs]),
        (" with prompt and answer, kept `none`", [run.with_texts for run in runs]),
    ):
        size, parse, plain, fast = (
            median(getattr(one, name) for one in took)
            for name in ("bytes_per_event", "parse_only_us", "plain_us", "fast_us")
        )
        baseline = f"orjson's parser alone ({1e6 / parse:,.0f}/s)"
        event = f"an execution of {size:,.0f} bytes{kind}"
        rows += [
            (f"transform step, {event}, pydantic alone, events/s", f"{1e6 / plain:,.0f}", "at least 0.2 ×",
             f"{parse / plain:.2f} × {baseline}"),
            ("the same read by the structs, events/s", f"{1e6 / fast:,.0f}", "aim 0.5 ×",
             f"{parse / fast:.2f} × {baseline}"),
        ]  # fmt: skip
    return rows


def _memory(runs: list[memory.Memory]) -> list[Row]:
    quarter, idle = (max(getattr(run, name) for run in runs) for name in ("quarter_mb", "idle_mb"))
    return [
        (f"memory of the server over {memory.EVENTS:,} native events, peak, MB",
         f"{max(run.peak_mb for run in runs):,.0f}", "under 300",
         f"{quarter:,.0f} after a quarter of them, {idle:,.0f} before the first"),
    ]  # fmt: skip


def _build(runs: list[build.Build]) -> list[Row]:
    first, hand = median(run.first.wall_s for run in runs), median(run.by_hand.wall_s for run in runs)
    return [
        ("build of 1 million executions, s", f"{first:.1f}", "under 10",
         f"{first / hand:.1f} × one aggregation by hand in DuckDB ({hand:.1f} s)"),
        ("its peak memory, MB", f"{max(run.first.peak_mb for run in runs):,.0f}", "under 1,000", ""),
        ("build with nothing new, s", f"{median(run.again.wall_s for run in runs):.1f}", "", ""),
    ]  # fmt: skip


def _templates() -> list[Row]:
    print("10,000 templates", file=sys.stderr, flush=True)
    start = templates.start()
    ratio = f"{start.handler_ms / start.baseline_ms:.2f} × boto3, powertools and pydantic ({start.baseline_ms:.0f} ms)"
    kept = f"{templates.TEMPLATES:,} templates of {templates.VERSIONS} versions"
    with tempfile.TemporaryDirectory() as folder:
        package_mb = templates.package_mb(Path(folder))
    return [
        ("import of the API's function, CPU ms", f"{start.handler_ms:.0f}", "at most 1.3 × its libraries", ratio),
        ("package of the API's function, unzipped, MB", f"{package_mb:.0f}", "under 120", ""),
        *(
            (f"{kept}, {name}, p50 ms", f"{taken.wall_ms:.1f}", "under 15", f"{taken.cpu_ms:.1f} ms of it the CPU's")
            for name, taken in templates.search().items()
        ),
    ]  # fmt: skip


def _execution(runs: list[execution.Execution]) -> list[Row]:
    added, alone, stored, budget = (
        median(of(run) for run in runs)
        for of in (
            lambda run: run.added_ms,
            lambda run: run.alone_ms,
            lambda run: run.stored_ms,
            lambda run: run.with_budget_ms - run.executed_ms,
        )
    )
    return [
        (f"what executing a prompt adds to the time of its model ({alone:.0f} ms), p50 ms", f"{added:.1f}", "under 5",
         f"{added / stored:.1f} × one event stored by the same server ({stored:.1f} ms)"),
        ("what a budget adds to that, p50 ms", f"{budget:.1f}", "", ""),
    ]  # fmt: skip


def _ten_million(runs: list[lakehouse.Lakehouse]) -> list[Row]:
    whole = median(run.build.wall_s for run in runs)
    scan, by_hand = median(run.scan_s for run in runs), median(run.by_hand_s for run in runs)
    return [
        (f"build of {lakehouse.EXECUTIONS:,} executions with feedback and behavior, s", f"{whole:.1f}", "under 60", ""),
        ("its peak memory, MB", f"{max(run.build.peak_mb for run in runs):,.0f}", "under 2,500", ""),
        ("scan and group of all executions in silver, s", f"{scan:.2f}", "at least 0.7 × the speed",
         f"{by_hand / scan:.2f} × the speed of the query by hand in DuckDB ({by_hand:.2f} s)"),
    ]  # fmt: skip


def _one_more_hour(hour: lakehouse.Increment) -> list[Row]:
    small, large = (lakehouse.A_DAY * days for days in (lakehouse.SMALL_DAYS, lakehouse.LARGE_DAYS))
    return [
        (f"one more hour of {lakehouse.HOUR_EVENTS:,} executions on a lake of {large:,}, s", f"{hour.large.wall_s:.1f}",
         "at most 1.3 ×", f"{hour.large.wall_s / hour.small.wall_s:.2f} × on a lake of {small:,} with as many a day "
         f"({hour.small.wall_s:.1f} s)"),
    ]  # fmt: skip


def _visits(found: visits.Visits) -> list[Row]:
    return [
        (f"build of {visits.EVENTS - visits.MORE:,} acts, all tables, s", f"{found.build.wall_s:.0f}", "under 120", ""),
        ("its peak memory, MB", f"{found.build.peak_mb:,.0f}", "under 3,000", ""),
        (f"build of {visits.MORE:,} more, s", f"{found.more.wall_s:.1f}", "under 10",
         f"{found.more.wall_s / found.build.wall_s:.2f} × the first"),
    ]  # fmt: skip


def _reads(found: reads.Reads) -> list[Row]:
    small, large, hurried = (
        [median(getattr(run, name) for run in runs) for name in ("p50_ms", "p99_ms")]
        for runs in (found.small, found.large, found.without_pause)
    )
    asked = f"`GET /analytics/costs` by feature, {reads.DAYS} days of {reads.LARGE:,} executions"
    errors = sum(run.errors for run in (*found.small, *found.large, *found.without_pause))
    return [
        (f"{asked}, {reads.USERS} users each once a second, p50 ms", f"{large[0]:.1f}", "under 10; at most 1.3 ×",
         f"{large[0] / small[0]:.2f} × a lake of {reads.SMALL:,} ({small[0]:.1f} ms)"),
        ("the same, p99 ms", f"{large[1]:.1f}", "under 50", f"{small[1]:.1f} ms on the small lake"),
        ("the same users without a pause, p99 ms", f"{hurried[1]:.1f}", "under 100",
         f"{errors} errors; {median(run.requests for run in found.without_pause) / reads.RUN_S:,.0f} answers/s"),
        ("the same asked for the first time, one at a time, p50 ms", f"{found.new_ms:.1f}", "", ""),
    ]  # fmt: skip


def _emitter(runs: list[emitter.Emit]) -> list[Row]:
    middle, late, put = (
        median(of(run) for run in runs)
        for of in (lambda run: run.queued.p50_us, lambda run: run.queued.p99_us, lambda run: run.put_only.p50_us)
    )
    return [
        ("emit() on the caller's thread with the sink down, median, µs", f"{middle:.1f}", "under 5",
         f"{middle / put:.1f} × SimpleQueue.put alone ({put:.2f} µs)"),
        ("the same, 99th percentile, µs", f"{late:.1f}", "under 50", ""),
    ]  # fmt: skip


def _engines(took: engines.Engines) -> list[Row]:
    many = f"{engines.EXECUTIONS:,} executions"
    return [
        (f"build of {many} in a running session of Spark, s", f"{took.spark_build_s:.0f}", "",
         f"{took.spark_build_s / took.duckdb_build_s:.1f} × DuckDB in a folder ({took.duckdb_build_s:.1f} s)"),
        (f"scan and group of {many} in Spark, s", f"{took.spark_scan_s:.2f}", "",
         f"{took.spark_scan_s / took.duckdb_scan_s:.1f} × DuckDB in a folder ({took.duckdb_scan_s:.2f} s)"),
        ("the same in Trino, s", f"{took.trino_scan_s:.2f}", "", f"{took.trino_scan_s / took.duckdb_scan_s:.1f} ×"),
    ]  # fmt: skip


SECTIONS: Mapping[str, Callable[[], list[Row]]] = {
    "doors": _doors,
    "transform": _step_and_memory,
    "build": _main_job,
    "large": _large,
    "hour": _hour,
    "engagement": _engagement,
    "readers": _readers,
    "templates": _templates,
    "execution": _executing,
    "emitter": _emitting,
    "engines": _distributed,
}
"""What is measured, in the order of the page."""
