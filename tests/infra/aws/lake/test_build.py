"""The job over S3, Glue's catalog and DynamoDB: the same rows as embedded, whatever dies or runs beside it."""

import errno
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.aws.lake import discovery
from infra.aws.lake.function import jobs_of
from infra.aws.lake.lake import AwsLake
from infra.aws.lake.ledger import DynamoLedger
from infra.aws.lake.limits import Limits, TooLarge
from infra.aws.lake.lock import Busy
from infra.aws.lake.views import Changed, put_views
from infra.local.delivering import open_transform
from infra.local.lake import Lake
from infra.local.query import open_session
from ingest.contracts import layout
from ingest.delivery.privacy.consent import Choice
from sql.catalog import models
from sql.checks import Check
from sql.publication import read_publication
from tests.infra.aws.lake.account import BUCKET, PREFIX, Account, copy_withdrawals, count_at_the_doors, in_order, table
from tests.lakes import build_lake as build_embedded
from tests.lakes import event, make_lake, send
from transforms.engines.duck_engine import DuckEngine
from transforms.engines.iceberg import Tables
from transforms.engines.mirror import Mirror
from transforms.jobs import build as build_job
from transforms.jobs.build import GateFailed
from transforms.jobs.build_result import BuildResult
from transforms.jobs.pending import PENDING


@pytest.fixture
def embedded(tmp_path: Path) -> Lake:
    """Where events are sent to; its bronze is brought to the account."""
    return make_lake(tmp_path / "embedded")


def build(lake: AwsLake) -> BuildResult:
    return build_within(lake, Limits(400, lambda: 900.0))


def build_within(lake: AwsLake, limits: Limits) -> BuildResult:
    with jobs_of(lake, limits) as jobs:
        return jobs.build()


def embedded_tables(lake: Lake, *names: str) -> dict[str, list[dict[str, Any]]]:
    db = open_session(lake)
    try:
        return {name: in_order(db.sql(f"SELECT * FROM {name}").to_arrow_table().to_pylist()) for name in names}
    finally:
        db.close()


def send_some_of_everything(lake: Lake) -> None:
    day = "2026-03-0{}T{:02d}:00:00Z"
    for number in range(4):
        send(
            lake,
            [
                event(kind, user_id=f"u{n % 3}", occurred_at=day.format(1 + n % 3, n))
                for kind in ("prompt_execution", "feedback", "behavior", "web_vital", "evaluation", "email_event")
                for n in range(number, number + 5)
            ],
            door=("native", "otlp")[number % 2],
        )
    send(lake, [event(event_id="twice", output_tokens=5), event(event_id="twice", output_tokens=5)])
    send(lake, [event(event_id="twice", occurred_at=day.format(2, 3)), event(model="nobody-knows", output_tokens=3)])
    send(lake, [event(latency_ms="slow"), event(consent={"analytics": False})])


def deliver(aws: Account, embedded: Lake, lake: AwsLake) -> None:
    aws.deliver(embedded)
    ledger = embedded.ledger()
    try:
        booked, _ = ledger.bookings_and_waiting()
    finally:
        ledger.close()
    count_at_the_doors(lake, booked)


def test_a_lake_in_aws_holds_what_an_embedded_one_does(aws: Account, embedded: Lake, tmp_path: Path) -> None:
    send_some_of_everything(embedded)
    own_price = (
        b"provider,model,valid_from,input_usd_per_mtok,output_usd_per_mtok,source\n"
        b"openai,nobody-knows,2026-01-01T00:00:00Z,1,2,our contract\n"
    )
    (embedded.root / layout.PRICES_FILE).write_bytes(own_price)
    aws.s3().put_object(Bucket=BUCKET, Key=f"{PREFIX}/{layout.PRICES_FILE}", Body=own_price)
    choice = Choice(None, ("u1",), {"analytics": False}, datetime.now(UTC))
    open_transform(embedded).decide([choice])
    lake = aws.lake(tmp_path / "disk")
    copy_withdrawals(embedded, lake.consents)
    deliver(aws, embedded, lake)
    result, expected = build(lake), build_embedded(embedded)
    assert (result.new_rows, result.duplicates, result.conflicts) == (
        expected.new_rows,
        expected.duplicates,
        expected.conflicts,
    )
    assert (result.duplicates, result.conflicts) == (1, 1)
    for name, found in embedded_tables(embedded, *models()).items():
        assert table(lake, name) == found, name
    assert put_views(lake.glue) == Changed(), "the build has put the analysts' views there"
    assert "our contract" in {row["source"] for row in table(lake, "gold.price_daily")}
    published = read_publication(aws.pointer())
    assert {name: extract.rows for name, extract in published.tables.items()} == {
        name: extract.rows for name, extract in expected.publication.tables.items()
    }
    assert {f"{PREFIX}/{path}" for path in published.paths} <= set(aws.keys(layout.PUBLISH))
    refused = [key for key in aws.keys(layout.bronze_table("quarantine")) if result.publication.publication in key]
    assert len(refused) == 1


def test_builds_of_functions_that_share_no_disk_go_on_from_each_other(
    aws: Account, embedded: Lake, tmp_path: Path
) -> None:
    for number in range(2):
        send(embedded, [event(event_id=f"e{n}", user_id="u") for n in range(number, number + 3)])
        result = deliver_and_build(aws, embedded, tmp_path / f"disk-{number}")
        assert (result.new_rows, result.duplicates) == (
            {"prompt_execution": 1 if number else 3},
            2 if number else 0,
        )
    build_embedded(embedded)
    names = ("silver.prompt_execution", "gold.cost_daily", "gold.quality_daily")
    for name, found in embedded_tables(embedded, *names).items():
        assert table(aws.lake(tmp_path / "another"), name) == found, name


def test_nothing_new_commits_nothing(aws: Account, embedded: Lake, tmp_path: Path) -> None:
    send(embedded, [event(), event("feedback")])
    aws.deliver(embedded)
    first = build(aws.lake(tmp_path / "one"))
    before = aws.keys("")
    again = build(aws.lake(tmp_path / "two"))
    assert (again.gold, again.new_rows) == ((), {})
    assert again.publication.publication == first.publication.publication
    assert again.publication.as_of > first.publication.as_of
    assert aws.keys("") == before


CUTS = [
    (Mirror, "store", "after"),
    (DynamoLedger, "set_fact", "before"),
    (DynamoLedger, "set_fact", "after"),
    (Tables, "add_files", "after"),
    (DynamoLedger, "commit_silver", "after"),
    (Tables, "exchange", "after"),
    (build_job, "publish", "before"),
]


@pytest.mark.parametrize(("owner", "cut", "when"), CUTS, ids=[f"{when} {cut}" for _, cut, when in CUTS])
def test_a_build_cut_off_anywhere_is_finished_by_the_next(
    aws: Account, embedded: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, cut: str, when: str
) -> None:
    send(embedded, [event(event_id="a", user_id="a"), event("feedback", user_id="b")])
    send(embedded, [event(event_id="a", occurred_at="2026-03-03T10:00:00Z"), event(event_id="c", output_tokens=1)])
    aws.deliver(embedded)
    original, seen = getattr(owner, cut), list[object]()

    class Killed(BaseException):
        pass

    def cut_off(*args: Any, **kwargs: Any) -> Any:
        if cut == "set_fact" and args[1] != PENDING:
            return original(*args, **kwargs)
        seen.append(cut)
        if when == "after":
            original(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(owner, cut, cut_off)
        with pytest.raises(Killed):
            build(aws.lake(tmp_path / "killed"))
    assert seen
    assert aws.keys(layout.POINTER) == []
    # The folder of the function that died is gone with it.
    lake = aws.lake(tmp_path / "next")
    build(lake)
    assert sorted(row["event_id"] for row in table(lake, "silver.prompt_execution")) == ["a", "c"]
    assert sum(row["executions"] for row in table(lake, "gold.cost_daily")) == 2
    assert sum(row["thumbs_up"] for row in table(lake, "gold.quality_daily")) == 1
    assert _reconciled(lake) == (0, 4, 3, 1)
    assert len([key for key in aws.keys(layout.bronze_table("quarantine")) if "prompt_execution" in key]) == 1


def _reconciled(lake: AwsLake) -> tuple[int, int, int, int]:
    """Events in a gap between bronze and silver, in bronze, in silver, and in conflict."""
    found = table(lake, "gold.reconciliation")
    bronze, silver, conflicts = (sum(row[name] for row in found) for name in ("bronze", "silver", "conflicts"))
    return sum(abs(row["silver_gap"]) for row in found), bronze, silver, conflicts


def deliver_and_build(aws: Account, embedded: Lake, disk: Path) -> BuildResult:
    aws.deliver(embedded)
    return build(aws.lake(disk))


def test_two_builds_at_once_do_the_work_once(
    aws: Account, embedded: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(embedded, [event(event_id=f"e{n}") for n in range(20)])
    aws.deliver(embedded)
    first_is_at_work, second_has_ended = threading.Event(), threading.Event()
    real = discovery.discover

    def discover(*args: Any) -> int:
        first_is_at_work.set()
        assert second_has_ended.wait(60)
        return real(*args)

    monkeypatch.setattr(discovery, "discover", discover)
    first = threading.Thread(target=lambda: build(aws.lake(tmp_path / "one")))
    first.start()
    assert first_is_at_work.wait(60)
    with pytest.raises(Busy):
        build(aws.lake(tmp_path / "two"))
    second_has_ended.set()
    first.join()
    lake = aws.lake(tmp_path / "three")
    assert len(table(lake, "silver.prompt_execution")) == 20
    assert build(lake).new_rows == {}


def test_a_failed_gate_leaves_the_last_good_state_to_every_reader(
    aws: Account, embedded: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(embedded, [event(output_tokens=1)])
    deliver_and_build(aws, embedded, tmp_path / "one")
    lake = aws.lake(tmp_path / "two")
    before, pointer, keys = table(lake, "gold.cost_daily"), aws.pointer(), set(aws.keys(layout.SILVER))
    send(embedded, [event(event_id="bad", output_tokens=11)])
    name = "silver.prompt_execution"
    check = Check(column="output_tokens", rule="between", max=10, severity="fail")
    with monkeypatch.context() as strict:
        strict.setitem(models(), name, models()[name].model_copy(update={"checks": (check,)}))
        with pytest.raises(GateFailed, match="event_id bad"):
            deliver_and_build(aws, embedded, tmp_path / "two")
    assert (table(lake, "gold.cost_daily"), aws.pointer()) == (before, pointer)
    assert set(aws.keys(layout.SILVER)) == keys
    assert build(lake).new_rows == {"prompt_execution": 1}


def test_an_object_delivered_late_into_an_hour_that_has_passed_is_found(
    aws: Account, embedded: Lake, tmp_path: Path
) -> None:
    send(embedded, [event(event_id="a")])
    deliver_and_build(aws, embedded, tmp_path / "disk")
    send(embedded, [event(event_id="b")])
    embedded.drain()
    bronze = sorted((embedded.root / layout.bronze_table("prompt_execution")).rglob("*.parquet"))
    known = {key.rpartition("/")[2] for key in aws.keys(layout.BRONZE)}
    (late,) = [path for path in bronze if path.name not in known]
    aws.s3().upload_file(
        str(late), BUCKET, f"{PREFIX}/{layout.bronze_object('prompt_execution', '2020-01-01-00', 'late')}"
    )
    lake = aws.lake(tmp_path / "disk")
    assert build(lake).new_rows == {}  # it is older than what is listed every time
    yesterday = discovery.to_us(datetime.now(UTC) - discovery.WHOLE_EVERY - timedelta(seconds=1))
    lake.ledger.set_fact(discovery.LISTED_WHOLE, str(yesterday))
    assert build(lake).new_rows == {"prompt_execution": 1}


@pytest.mark.parametrize(
    "full",
    [
        None,
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        duckdb.IOException(f"IO Error: Could not write file: {os.strerror(errno.ENOSPC)}"),
        duckdb.OutOfMemoryException("Out of Memory Error"),
    ],
    ids=["time", "disk", "disk in DuckDB", "memory"],
)
def test_a_lake_that_outgrew_its_function_says_which_setting_to_change(
    aws: Account, embedded: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: Exception | None
) -> None:
    send(embedded, [event()])
    aws.deliver(embedded)
    lake = aws.lake(tmp_path / "disk")

    def stage(*_: Any) -> None:
        raise full or AssertionError("There was no time for it.")

    monkeypatch.setattr(DuckEngine, "stage", stage)
    with pytest.raises(TooLarge, match=r'set `engine = "spark"` under `\[build\]` in settings.toml'):
        build_within(lake, Limits(400, lambda: 900.0 if full else 5.0))
    assert aws.keys(layout.SILVER) == aws.keys(layout.PUBLISH) == []
    with lake.lease.held(1):
        """The lock is free again."""
