"""The Glue job's own part; what the job then does, `tests/engines` runs on Spark."""

from pathlib import Path

import pytest

from infra.aws.lake.glue import main
from infra.aws.lake.lake import LAKE_VARIABLE
from infra.aws.lake.lock import Busy
from ingest.doors.lambdas.variables import LEDGER_VARIABLE, TABLE_VARIABLE
from tests.infra.aws.lake.account import Account


def test_the_job_waits_for_no_other_build_of_its_lake(aws: Account, tmp_path: Path) -> None:
    given = {"--lake": LAKE_VARIABLE, "--ledger": LEDGER_VARIABLE, "--consents": TABLE_VARIABLE}
    own = [text for name, variable in given.items() for text in (name, aws.environment[variable])]
    with aws.lake(tmp_path / "function").lease.held(60), pytest.raises(Busy, match="Another job of this lake"):
        main(["--JOB_NAME", "promptlake", *own, "--TempDir", "s3://elsewhere/tmp"])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["--job", "backfill"], "--job backfill needs --from and --to"),
        (["--job", "build", "--from", "2026-03-01", "--to", "2026-03-02"], "no other job has any"),
        (["--job", "backfill", "--from", "2026-03-02", "--to", "2026-03-01"], "swap them"),
        (["--job", "erase"], "--job erase needs --pseudonyms"),
    ],
)
def test_arguments_that_do_not_belong_together_are_refused(
    said: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*said, "--lake", "s3://owner/lake", "--ledger", "ledger", "--consents", "consents"])
    assert told in capsys.readouterr().err


def test_an_argument_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--lake", "s3://owner/lake"])
    assert "--ledger" in capsys.readouterr().err
