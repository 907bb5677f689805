"""A lake in each of its wirings, as the jobs that keep it see it."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import boto3
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infra.aws.lake.function import jobs_of
from infra.aws.lake.glue import main
from infra.aws.lake.jobs import Jobs
from infra.aws.lake.lake import LAKE_VARIABLE, AwsLake
from infra.aws.lake.limits import Limits
from infra.local.delivering import consents_of
from infra.local.erasing import erase_from_lake
from infra.local.lake import Lake
from infra.local.maintaining import maintain_lake
from infra.local.query import open_session
from infra.local.reconcile import Counts, counts
from ingest.contracts import layout
from ingest.delivery.privacy.consent import Decision, Person
from ingest.doors.lambdas.variables import LEDGER_VARIABLE, SETTINGS_VARIABLE, TABLE_VARIABLE
from tests.infra.aws.lake.account import BUCKET, PREFIX, Account, count_at_the_doors, in_order, table
from tests.lakes import build_lake, make_lake, send
from transforms.jobs.backfill import BackfillRequest, backfill
from transforms.jobs.glue import spark_engine
from transforms.jobs.maintain import Maintained

Row = dict[str, Any]


class Kept(Protocol):
    """What the cases ask of a wiring."""

    source: Lake
    """Where events are sent to, under whose keys persons are."""

    def send(self, events: Iterable[Row]) -> None: ...
    def decide(self, pseudonym: str, purpose: Any, granted: bool) -> None: ...
    def say(self, settings: str) -> None:
        """Have the owner's settings say so."""

    def build(self) -> None: ...
    def build_again(self, first: date, last: date) -> None:
        """Read silver of some days from bronze once more."""

    def erase(self, *ids: str) -> Row:
        """Returns the receipt."""

    def maintain(self, now: datetime) -> Maintained: ...
    def receipts(self) -> list[Row]: ...
    def rows(self, name: str) -> list[Row]:
        """Of a table of silver or gold, as any reader has it."""

    def traces(self, names: Collection[str]) -> set[str]:
        """Where one of some names is stored, by whatever is compressed in it, too."""

    def counts(self) -> list[Counts]: ...


class Folder:
    """The embedded lake."""

    def __init__(self, root: Path) -> None:
        self.source = make_lake(root / "lake")

    def send(self, events: Iterable[Row]) -> None:
        send(self.source, events)

    def decide(self, pseudonym: str, purpose: Any, granted: bool) -> None:
        with closing(consents_of(self.source)) as consents:
            consents.record([_decision(pseudonym, purpose, granted)])

    def say(self, settings: str) -> None:
        (self.source.root / layout.SETTINGS_FILE).write_text(settings)

    def build(self) -> None:
        build_lake(self.source)

    def build_again(self, first: date, last: date) -> None:
        build_lake(self.source, again=(first, last))

    def erase(self, *ids: str) -> Row:
        return erase_from_lake(self.source, ids)[0]

    def maintain(self, now: datetime) -> Maintained:
        return maintain_lake(self.source, now=now)

    def receipts(self) -> list[Row]:
        return [json.loads(path.read_bytes()) for path in (self.source.root / layout.RECEIPTS).iterdir()]

    def rows(self, name: str) -> list[Row]:
        db = open_session(self.source, reads={name})
        try:
            return in_order(db.sql(f"SELECT * FROM {name}").to_arrow_table().to_pylist())
        finally:
            db.close()

    def traces(self, names: Collection[str]) -> set[str]:
        files = {p.relative_to(self.source.root).as_posix(): p.read_bytes() for p in _files(self.source.root)}
        # The ledger keeps withdrawals, and what SQLite has not written over yet.
        return {path for path, content in files.items() if _says(path, content, names) and "state.db" not in path}

    def counts(self) -> list[Counts]:
        with closing(self.source.ledger()) as ledger:
            return counts(ledger)


class Function:
    """A lake in an account, of which a function takes care with DuckDB."""

    def __init__(self, account: Account, root: Path) -> None:
        self.source, self._account, self._root = make_lake(root / "source"), account, root
        self._numbers = count()
        self._delivered: set[Path] = set()
        self._counted: Counter[tuple[str, ...]] = Counter()

    def lake(self) -> AwsLake:
        """The lake as a function that has just started sees it."""
        return self._account.lake(self._root / f"disk-{next(self._numbers)}")

    def send(self, events: Iterable[Row]) -> None:
        """As Firehose delivers: rows of all doors in one object of a table."""
        send(self.source, events)
        self.source.drain()
        bronze = self.source.root / layout.BRONZE
        for folder in bronze.iterdir():
            fresh = sorted(set(folder.rglob("*.parquet")) - self._delivered)
            self._delivered |= set(fresh)
            if fresh:
                rows = pa.concat_tables([pq.read_table(path, partitioning=None) for path in fresh])
                hour = fresh[0].parent.name.partition("=")[2]
                self._upload(layout.bronze_object(folder.name, hour, uuid4().hex), rows)
        self._count()

    def _upload(self, path: str, rows: pa.Table) -> None:
        content = pa.BufferOutputStream()
        pq.write_table(rows, content)
        self._account.s3().put_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}", Body=content.getvalue().to_pybytes())

    def _count(self) -> None:
        with closing(self.source.ledger()) as ledger:
            booked, _ = ledger.bookings_and_waiting()
        total = Counter({tuple(key): events for *key, events in booked})
        count_at_the_doors(self.lake(), [(*key, events) for key, events in (total - self._counted).items()])
        self._counted = total

    def decide(self, pseudonym: str, purpose: Any, granted: bool) -> None:
        self.lake().consents.record([_decision(pseudonym, purpose, granted)])

    def say(self, settings: str) -> None:
        path = self._root / layout.SETTINGS_FILE
        path.write_text(settings)
        self._account.environment[SETTINGS_VARIABLE] = str(path)

    def build(self) -> None:
        with self._jobs() as jobs:
            jobs.build()

    def build_again(self, first: date, last: date) -> None:
        with self._jobs() as jobs:
            done, _ = jobs.backfill(first, last)
        assert not done.left

    def erase(self, *ids: str) -> Row:
        self._account.take_keys(self.source)
        with self._jobs() as jobs:
            return jobs.erase(self._pseudonyms(ids))

    def _pseudonyms(self, ids: Iterable[str]) -> list[str]:
        keyring = self.lake().keys()
        return [name for identity in ids for name in keyring.pseudonyms(identity)]

    def maintain(self, now: datetime) -> Maintained:
        with self._jobs() as jobs:
            return jobs.maintain(now)

    def _jobs(self) -> AbstractContextManager[Jobs]:
        return jobs_of(self.lake(), Limits(400, lambda: 900.0))

    def receipts(self) -> list[Row]:
        return [json.loads(self._read(key)) for key in self._account.keys(layout.RECEIPTS)]

    def rows(self, name: str) -> list[Row]:
        return table(self.lake(), name)

    def traces(self, names: Collection[str]) -> set[str]:
        dynamodb = boto3.client("dynamodb")
        found = {key for key in self._account.keys("") if _says(key, self._read(key), names)}
        for variable in (TABLE_VARIABLE, LEDGER_VARIABLE):
            for page in dynamodb.get_paginator("scan").paginate(TableName=self._account.environment[variable]):
                items = (item for item in page["Items"] if item["sk"] != {"S": "state"} and "granted" not in item)
                found |= {str(item) for item in items if _says("", repr(item).encode(), names)}
        return found

    def _read(self, key: str) -> bytes:
        return bytes(self._account.s3().get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def counts(self) -> list[Counts]:
        return counts(self.lake().ledger)


class Glue(Function):
    """The same lake, which Spark keeps; the builds are those of a function, for these are quicker."""

    def erase(self, *ids: str) -> Row:
        self._account.take_keys(self.source)
        given = {"--lake": LAKE_VARIABLE, "--ledger": LEDGER_VARIABLE, "--consents": TABLE_VARIABLE}
        own = [text for name, variable in given.items() for text in (name, self._account.environment[variable])]
        before = self.receipts()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tempfile.tempdir", str(self._root))
            assert main(["--job", "erase", *own, "--pseudonyms", ",".join(self._pseudonyms(ids))]) == 0
        (receipt,) = (receipt for receipt in self.receipts() if receipt not in before)
        return receipt

    def build_again(self, first: date, last: date) -> None:
        lake = self.lake()
        with lake.alone(900), spark_engine(lake.mirror.bucket) as engine:
            request = BackfillRequest(first, last, lambda: nullcontext(engine), lake.bronze, lake.ledger)
            assert not backfill(request).left
        self.build()

    def maintain(self, now: datetime) -> Maintained:
        lake = self.lake()
        with lake.alone(900):
            return Jobs(lake, partial(spark_engine, lake.mirror.bucket)).maintain(now)


def _decision(pseudonym: str, purpose: Any, granted: bool) -> Decision:
    return Decision(Person("production", pseudonym), purpose, granted, 1)


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())


def _says(path: str, content: bytes, names: Collection[str]) -> bool:
    if path.endswith(".parquet"):
        content += orjson.dumps(pq.read_table(pa.BufferReader(content)).to_pylist(), default=str)
    return any(name.encode() in content for name in names)
