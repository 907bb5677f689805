"""One account for tests: S3 and Glue by moto, DynamoDB by Amazon's own engine."""

from collections.abc import Iterator

import pytest

from tests.infra.aws.lake.account import Account, account


@pytest.fixture(scope="session")
def services() -> Iterator[Account]:
    with account() as running:
        yield running


@pytest.fixture
def aws(services: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account, which boto3 and all that builds on it ask; with nothing in it."""
    services.empty()
    for name, value in services.environment.items():
        monkeypatch.setenv(name, value)
    return services
