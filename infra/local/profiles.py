"""Asks Bedrock which model is behind an application inference profile, and keeps the answers in the lake's folder."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from infra.local.lake import Lake, LakeError
from ingest.contracts import layout
from sql.prices.profiles import model_behind, rendered

IS_PROFILE = ":application-inference-profile/"
"""What tells these ARNs from others."""


class Bedrock(Protocol):
    """The part of boto3's client that we call."""

    def get_inference_profile(self, *, inferenceProfileIdentifier: str) -> dict[str, Any]: ...  # noqa: N803


def look_up(arns: Iterable[str], client: Callable[[str], Bedrock]) -> tuple[dict[str, str], dict[str, str]]:
    """The model behind each profile, and a sentence for each that could not be told.

    Args:
        client: makes Bedrock's client of a region.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    models: dict[str, str] = {}
    failed: dict[str, str] = {}
    for arn in arns:
        try:
            answer = client(_region(arn)).get_inference_profile(inferenceProfileIdentifier=arn)
        except (BotoCoreError, ClientError) as error:
            failed[arn] = f"Bedrock gave no answer ({error})"
            continue
        model = model_behind(answer)
        if model is None:
            failed[arn] = "Bedrock's answer names no model that is certain"
        else:
            models[arn] = model
    return models, failed


def bedrock(region: str) -> Bedrock:
    """boto3's client, with the credentials that it finds by itself.

    Raises:
        LakeError: boto3 is not installed.
    """
    try:
        import boto3
    except ModuleNotFoundError as error:
        raise LakeError("Asking Bedrock needs boto3; install it with `pip install boto3`.") from error
    client: Bedrock = boto3.client("bedrock", region_name=region)
    return client


def keep(lake: Lake, profiles: dict[str, str]) -> None:
    """Write the lake's mapping; a reader sees the old one or the new one."""
    path = lake.root / layout.PROFILES_FILE
    fresh = path.with_suffix(".tmp")
    fresh.write_text(rendered(profiles), encoding="utf-8")
    fresh.replace(path)


def _region(arn: str) -> str:
    return arn.split(":")[3]
