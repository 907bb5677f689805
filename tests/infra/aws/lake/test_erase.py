"""What is AWS's own of erasing: cut off between any two requests, and what the receipt says of S3's old versions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.aws.lake import jobs
from infra.aws.lake.ledger import DynamoLedger
from infra.aws.lake.receipts import write_receipt
from infra.local.keyring import open_keys
from tests.infra.aws.lake.account import BUCKET, PREFIX, Account
from tests.keeping.wirings import Function
from tests.lakes import event
from transforms.engines.bucket import Bucket
from transforms.engines.iceberg import Tables
from transforms.engines.mirror import Mirror
from transforms.jobs.erase import Erasure
from transforms.jobs.retention import Retention

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Killed(BaseException):
    """The function's end, and that of its disk."""


CUTS = [
    (Mirror, "store", "after"),  # what is left of an object waits, and nobody knows
    (Bucket, "move", "before"),  # it is known to wait
    (DynamoLedger, "landed", "before"),  # it has its place
    (Mirror, "store", "before"),
    (Tables, "swap", "before"),
    (Tables, "swap", "after"),
    (DynamoLedger, "commit_silver", "after"),
    (jobs, "build", "after"),
    (jobs, "write_receipt", "after"),
]


def cut_off(original: Callable[..., Any], when: str) -> Callable[..., Any]:
    def dies(*args: Any, **kwargs: Any) -> None:
        if when == "after":
            original(*args, **kwargs)
        raise Killed

    return dies


def test_an_erasure_cut_off_again_and_again_is_finished_by_the_same_request(
    aws: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Function(aws, tmp_path)
    calls = [event(event_id=f"{who}{n}", user_id=who, output_tokens=1) for who in ("ann", "bob") for n in range(2)]
    lake.send([*calls, event("behavior", event_id="b", user_id="ann"), event(user_id="ann", latency_ms="slow")])
    lake.build()
    lake.send([event(event_id="new", user_id="ann"), event(event_id="new-bob", user_id="bob")])
    (ann,) = open_keys(lake.source).keyring.pseudonyms("ann")
    for owner, name, when in CUTS:
        with monkeypatch.context() as broken:
            broken.setattr(owner, name, cut_off(getattr(owner, name), when))
            with pytest.raises(Killed):
                lake.erase("ann")
        if (name, when) == ("move", "before"):
            lake.build()  # whatever comes first puts it in its place
    receipt = lake.erase("ann")
    assert receipt["rows"] == {
        "bronze.behavior": 1,
        "bronze.prompt_execution": 3,
        "bronze.quarantine": 1,
        "gold.cost_user_daily": 1,
        "gold.person_daily": 1,
        "gold.sessions": 1,
        "silver.behavior": 1,
        "silver.prompt_execution": 3,
    }
    lake.say("[retention]\nsnapshots_hours = 0\n")
    lake.maintain(NOW)
    assert lake.traces([ann]) == set()
    assert [row["event_id"] for row in lake.rows("silver.prompt_execution")] == ["bob0", "bob1", "new-bob"]
    assert [row for row in lake.counts() if not row.is_whole or row.waiting] == []


def told(aws: Account, retention: Retention) -> dict[str, Any]:
    bucket = Bucket(aws.s3(), BUCKET, f"{PREFIX}/")
    receipt = write_receipt(bucket, Erasure(["p1-ann"], [], "2026-03-01T00:00:00Z"), retention, NOW)
    return receipt | {"gone": {name: at and datetime.fromisoformat(at) - NOW for name, at in receipt["gone"].items()}}


def expires(prefix: str, days: int, **more: Any) -> dict[str, Any]:
    ends = {"NoncurrentVersionExpiration": {"NoncurrentDays": days}}
    return {"ID": prefix or "all", "Filter": {"Prefix": prefix}, "Status": "Enabled", **ends, **more}


def test_the_receipt_says_when_old_versions_are_gone(aws: Account) -> None:
    day, s3 = timedelta(days=1), aws.s3()
    gone = told(aws, Retention())["gone"]
    hour = timedelta(hours=1)
    assert gone == {
        "snapshots_after": day + hour,
        "versions_after": day + hour,
        "tables_after": 35 * day,
        "backups_after": None,
    }
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    assert told(aws, Retention())["gone"]["versions_after"] is None
    for rules, versions in (
        ([expires(f"{PREFIX}/bronze/", 7)], None),  # silver's are kept for ever
        ([expires("", 30), expires(f"{PREFIX}/bronze/", 7)], 30 + 1),
        ([expires("", 30), expires("", 9, ID="off", Status="Disabled")], 30 + 1),
        ([expires(f"{PREFIX}/{folder}/", 7) for folder in ("bronze", "silver", "gold", "publish", "staging")], 7 + 1),
    ):
        s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
        gone = told(aws, Retention(backups_days=60))["gone"]
        assert gone["versions_after"] == (versions and (1 + versions) * day + hour)
        assert gone["backups_after"] == 60 * day


def test_the_receipt_names_what_no_job_knows(aws: Account) -> None:
    for path in ("failed/2026/03/one", "bronze/behavior/x.parquet", "settings.toml"):
        aws.s3().put_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}", Body=b"")
    assert told(aws, Retention())["not_searched"] == ["failed/"]
