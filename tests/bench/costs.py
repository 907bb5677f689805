"""The measured figures in ``infra/aws/costs/assumptions.yaml``, taken again: ``python -m tests.bench.costs``.

CPU time, since that is what a function's memory buys; medians of a few runs. Takes some minutes.
"""

import base64
import gzip
import io
import json
import os
import random
import resource
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from infra.local.lake import open_lake
from ingest.contracts.generate import first_example
from ingest.contracts.registry import EVENTS
from ingest.delivery.delivery import Delivery
from ingest.delivery.dynamo_books import DynamoBooks
from ingest.delivery.firehose import FirehoseSink
from ingest.delivery.outcome import Outcome
from ingest.doors.http import Doors
from ingest.doors.lambdas import collector, firehose, variables, wiring
from tests.bench import build, native
from tests.bench.measure import machine
from tests.commands import PROMPTLAKE
from tests.steps import step

ROWS, PACKED = 7_500, 500
"""Events in one call of the transform, which is 3 MB of them; events in a record or request."""

BIG_DAY = 6_000_000
RUNS = 5
_DAY_US = 86_400_000_000


def main() -> None:
    print(machine())
    lines = [orjson.dumps(native._execution(number, datetime.now(UTC))) + b"\n" for number in range(ROWS)]
    for figures in (_sizes(), _transform(lines), _collector(lines)):
        for name, value in figures:
            print(f"{name}: {value:,.2f}")
    with tempfile.TemporaryDirectory() as folder:
        for name, value in _build(Path(folder) / "lake"):
            print(f"{name}: {value:,.2f}", flush=True)


def _sizes() -> Iterator[tuple[str, float]]:
    for event_type in EVENTS:
        yield f"typical {event_type}, bytes", typical_bytes(event_type)


def typical_bytes(event_type: str) -> int:
    """The first example of a contract as a client sends it: one line, newline included."""
    example = first_example(event_type)
    assert example is not None
    return len(orjson.dumps(orjson.loads(example))) + 1


def _transform(lines: Sequence[bytes]) -> Iterator[tuple[str, float]]:
    os.environ |= {variables.PREFIX_VARIABLE: "bench-", "AWS_DEFAULT_REGION": "us-east-1"}
    wiring.transform = cache(step)
    wiring.books = cache(lambda: wiring.Books(DynamoBooks(_Adds(), "bench")))
    rows = b"".join(row + b"\n" for row in firehose.take(_record(lines, 0), "prompt_execution").own).splitlines(True)
    yield "bytes of a finished row over its event's", (sum(map(len, rows)) - sum(map(len, lines))) / len(lines)
    for what, given in (("event", lines), ("finished row", rows)):
        for size in (1, PACKED):
            records = [_record(given[first : first + size], first) for first in range(0, len(given), size)]
            arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/bench-prompt_execution"
            body = json.dumps({"deliveryStreamArn": arn, "records": records})

            def call(body: str = body) -> None:
                with redirect_stdout(io.StringIO()):
                    json.dumps(firehose.handler(json.loads(body), None))

            yield f"transform, µs of CPU a {what}, {size} in a record", _cpu_s(call) / ROWS * 1e6


def _record(lines: Sequence[bytes], number: int) -> dict[str, Any]:
    return {
        "recordId": f"{number:056d}",
        "approximateArrivalTimestamp": time.time_ns() // 1_000_000,
        "data": base64.b64encode(b"".join(lines)).decode(),
    }


class _Takes:
    """Firehose's answer when it takes everything; the wait for it is an assumption of the model."""

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Sequence[Any]) -> dict[str, Any]:  # noqa: N803
        return {"FailedPutCount": 0}


class _Adds:
    """DynamoDB's answer when it adds counts; the wait for it is an assumption too."""

    def update_item(self, **_: Any) -> dict[str, Any]:
        return {}


def _collector(lines: Sequence[bytes]) -> Iterator[tuple[str, float]]:
    doors = Doors(Delivery(step(), FirehoseSink(_Takes(), "bench-", wiring.books(), wiring.now)), wiring.now)
    for size in (1, PACKED):
        events = [_request(b"".join(lines[first : first + size])) for first in range(0, len(lines), size)]

        def call(events: Sequence[str] = events) -> None:
            with redirect_stdout(io.StringIO()):
                for event in events:
                    request = collector.to_request(json.loads(event))
                    json.dumps(collector.to_gateway(doors.answer(request)))

        yield f"collector, µs of CPU an event, {size} in a request", _cpu_s(call) / ROWS * 1e6


def _request(body: bytes) -> str:
    headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}
    context = {"http": {"method": "POST"}, "stage": "$default"}
    packed = base64.b64encode(gzip.compress(body, 5)).decode()
    return json.dumps(
        {"rawPath": "/v1/events", "requestContext": context, "headers": headers, "body": packed}
        | {"isBase64Encoded": True}
    )


def _cpu_s(call: Callable[[], None]) -> float:
    took = []
    for _ in range(RUNS):
        started = time.process_time()
        call()
        took.append(time.process_time() - started)
    return median(took)


@dataclass(frozen=True)
class _Took:
    cpu_s: float
    busy_share: float
    """Of all cores."""


def _build(root: Path) -> Iterator[tuple[str, float]]:
    """What a build takes to begin with, and for a million new events, known ids and rows of a day again."""
    _fill(root, 1_000, 0)
    _run_build(root)
    before = _files(root)
    small = _again(root, 0)
    yield "a build of a thousand events, s of CPU", small.cpu_s
    yield "objects that it writes", len(_files(root).keys() - before.keys()) / RUNS
    before = _files(root)
    _fill(root, BIG_DAY, 20)
    big = _run_build(root)
    for layer in ("silver", "gold"):
        written = [size for path, size in _files(root).items() if path not in before and path.parts[0] == layer]
        yield f"bytes of an event in {layer}", sum(written) / BIG_DAY
    lookback, day_again = _again(root, 23), _again(root, 20)
    again = (day_again.cpu_s - lookback.cpu_s) / BIG_DAY * 1e6
    yield "s of CPU for a million ids within seven days", (lookback.cpu_s - small.cpu_s) / BIG_DAY * 1e6
    yield "s of CPU for a million rows of a day, computed again", again
    yield "s of CPU for a million new events", (big.cpu_s - small.cpu_s) / BIG_DAY * 1e6 - again
    yield "share of all cores that a small build keeps busy", small.busy_share
    yield "share of all cores that a large one does", big.busy_share
    yield from _bronze_as_firehose_writes_it(root)


def _files(root: Path) -> dict[Path, int]:
    """What builds write, with sizes, by path below the lake."""
    layers = (path for layer in ("silver", "gold", "publish") for path in (root / layer).rglob("*"))
    return {path.relative_to(root): path.stat().st_size for path in layers if path.is_file()}


def _again(root: Path, day: int) -> _Took:
    """A thousand more events on a day."""
    took = []
    for _ in range(RUNS):
        _fill(root, 1_000, day)
        took.append(_run_build(root))
    return sorted(took, key=lambda one: one.cpu_s)[RUNS // 2]


def _run_build(root: Path) -> _Took:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([PROMPTLAKE, "build", "--quiet", "--lake", root], check=True, stdout=subprocess.DEVNULL)
    after, wall_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Took(cpu_s, cpu_s / wall_s / (os.cpu_count() or 1))


def _fill(root: Path, count: int, day: int) -> None:
    lake, dice = open_lake(root, create=True), random.Random()
    writer = lake.spool_writer()
    for first in range(0, count, 10_000):
        rows = []
        for number in range(first, min(count, first + 10_000)):
            row = orjson.loads(build._execution(number, count, dice))
            row["occurred_at_us"] = build._START_US // _DAY_US * _DAY_US + day * _DAY_US + number * (_DAY_US // count)
            rows.append(orjson.dumps(row))
        writer.append("native", Outcome({"prompt_execution": rows}, Counter(prompt_execution=len(rows))))
        if writer.bytes_written > 16 << 20:
            writer.roll()
    writer.roll()
    lake.drain()


def _bronze_as_firehose_writes_it(root: Path) -> Iterator[tuple[str, float]]:
    """Its converter can neither zstd nor our encodings; pyarrow's defaults stand in for it."""
    largest = sorted((root / "bronze").rglob("*.parquet"), key=lambda path: path.stat().st_size)[-5:]
    rows = pa.concat_tables([pq.ParquetFile(path).read() for path in largest])
    for compression in ("snappy", "gzip"):
        buffer = io.BytesIO()
        pq.write_table(rows, buffer, compression=compression, store_schema=False)
        yield f"bytes of an event in bronze, {compression}", buffer.tell() / len(rows)


if __name__ == "__main__":
    main()
