"""What every test may use: real input, and the rule that nothing is skipped where all is required.

`PROMPTLAKE_REAL_DATA` names a folder of logs that nobody here wrote. Without it the tests that need it are
skipped, unless `PROMPTLAKE_REQUIRE_ALL=1`: then a skipped test is a failed one, so that a machine that should
run all of them can't lose some quietly.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.infra.aws.lake.account import Account

hypothesis.settings.register_profile("promptlake", deadline=None)  # a slow machine is no bug
hypothesis.settings.load_profile("promptlake")

REAL_DATA = "PROMPTLAKE_REAL_DATA"
REQUIRE_ALL = "PROMPTLAKE_REQUIRE_ALL"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _skip_reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def _fail_instead_of_skip(report: Report) -> Report:
    expected_to_fail = hasattr(report, "wasxfail")
    if os.environ.get(REQUIRE_ALL) == "1" and report.outcome == "skipped" and not expected_to_fail:
        report.outcome = "failed"
        report.longrepr = f"{REQUIRE_ALL}=1, so this must not be skipped. {_skip_reason(report.longrepr)}"
    return report


def pytest_runtest_teardown() -> None:
    # `promptlake build` lives too short to collect garbage; tests that call it in their own process live on.
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _fail_instead_of_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _fail_instead_of_skip((yield))


@pytest.fixture(scope="session", autouse=True)
def _keys_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """Lakes of tests keep their keys where they are gone with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("user-data")))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real input; a test that uses it carries the marker `real_data` too."""
    named = os.environ.get(REAL_DATA)
    if not named:
        pytest.skip(f"{REAL_DATA} is not set: it names the folder with real logs that this test reads.")
    folder = Path(named).resolve()
    if not folder.is_dir():
        pytest.skip(f"{REAL_DATA} names {folder}, and there is no such folder.")
    return folder


@pytest.fixture(scope="session")
def services() -> Generator[Account, None, None]:
    """S3 and Glue by moto, DynamoDB by Amazon's own engine: one account for all tests of a lake in AWS."""
    from tests.infra.aws.lake.account import account  # which most tests have no use for

    with account() as running:
        yield running


@pytest.fixture
def aws(services: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account, which boto3 and all that builds on it ask; with nothing in it."""
    services.empty()
    for name, value in services.environment.items():
        monkeypatch.setenv(name, value)
    return services
