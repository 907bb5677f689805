"""boto3's clients in a stage's region."""

from typing import Any, Protocol

from infra.aws.stage import Stage, StageError


class Clients(Protocol):
    """Gives boto3's client of a service, in the stage's region unless another is named."""

    def __call__(self, service: str, region: str | None = None, /) -> Any: ...


def clients_of(stage: Stage) -> Clients:
    """Gives clients with the credentials that are at hand.

    Raises:
        StageError: boto3 is not installed.
    """
    try:
        import boto3
    except ImportError as error:
        raise StageError(
            "What speaks with AWS is not installed; `pip install --require-hashes -r requirements/deploy.txt`."
        ) from error

    def client(service: str, region: str | None = None, /) -> Any:
        return boto3.client(service, region_name=region or stage.region)

    return client
