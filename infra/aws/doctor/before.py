"""What must be so before a stage is deployed."""

import tomllib
from collections.abc import Iterator
from typing import Any

from infra.aws.doctor.examining import Check
from infra.aws.names import DATABASES, Names
from infra.aws.session import Clients
from serving.logic.models.table import ModelSettingsError, asked_of_bedrock
from sql.prices.resolve import without_region

CONCURRENCY_AT_LEAST = 100
"""Executions of functions at once: what a new account may have less of."""


def account(names: Names, client: Clients) -> Iterator[str]:
    """Whether these are the stage's own credentials."""
    here = client("sts").get_caller_identity()["Account"]
    if here != names.stage.account:
        yield f"The credentials are of account {here}, and stage {names.stage.name} is in {names.stage.account}."


def other_stage(names: Names, client: Clients) -> Iterator[str]:
    """Glue's databases have one name in an account's region, so there can be one stage."""
    glue = client("glue")
    mine = names.stage.name
    for database in DATABASES:
        try:
            description = glue.get_database(Name=database)["Database"].get("Description", "")
        except glue.exceptions.EntityNotFoundException:
            continue
        if not description.endswith(f"stage {mine}"):
            whose = description.rpartition("stage ")[2] if description.startswith("promptlake") else "somebody else's"
            yield (
                f"Account {names.stage.account} has a Glue database {database!r} in {names.stage.region}, which is "
                f"{whose}; give stage {mine} another region or account."
            )
            return


def concurrency(names: Names, client: Clients) -> Iterator[str]:
    limit = client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit < CONCURRENCY_AT_LEAST:
        yield (
            f"Lambda may run {limit} functions at once in {names.stage.region}, and {CONCURRENCY_AT_LEAST} are needed; "
            "ask for more in Service Quotas (L-B99A9384)."
        )


def bedrock(names: Names, client: Clients) -> Iterator[str]:
    """Whether models can be asked, where the stage does."""
    if not (names.stage.models or names.stage.sources.bedrock):
        return
    if not client("bedrock").list_foundation_models()["modelSummaries"]:
        yield (
            f"Bedrock has no models in {names.stage.region}; take another region, or leave models and sources.bedrock "
            "out."
        )


def model_access(names: Names, client: Clients) -> Iterator[str]:
    """Whether the account may ask the model that it asks by default, where that is one of Bedrock's."""
    path = names.stage.file(names.stage.models)
    if path is None:
        return
    try:
        asked = asked_of_bedrock(tomllib.loads(path.read_text()).get("models", {}))
    except (tomllib.TOMLDecodeError, ModelSettingsError) as error:
        yield f"{path} can't be used ({error}); write it as docs/execution.md shows."
        return
    if asked is None:
        return
    model, region = asked
    if region not in (None, names.stage.region):
        return  # nobody can be asked from here
    own_name = without_region("aws", model)
    told = client("bedrock").get_foundation_model_availability(modelId=own_name)
    if told["regionAvailability"] != "AVAILABLE" and own_name == model:
        yield f"Bedrock has no {model} in {names.stage.region}; name another in {path}, or a profile across regions."
    elif told["authorizationStatus"] != "AUTHORIZED" or told["agreementAvailability"]["status"] != "AVAILABLE":
        yield f"The account may not ask {model} yet; accept its provider's terms in Bedrock's console."


def gateway_logs(_: Names, client: Clients) -> Iterator[str]:
    """Whether API Gateway may write logs, which is a setting of the account and region."""
    if not client("apigateway").get_account().get("cloudwatchRoleArn"):
        yield (
            "API Gateway may write no logs in this account and region; make a role for it, and set it in its console "
            "under Settings, CloudWatch log role ARN."
        )


def quicksight(names: Names, client: Clients) -> Iterator[str]:
    """Whether the groups are there that boards are for."""
    boards = names.stage.quicksight
    if boards is None:
        return
    region = boards.identity_region or names.stage.region
    service = client("quicksight", region)
    try:
        edition = service.describe_account_settings(AwsAccountId=names.stage.account)["AccountSettings"]["Edition"]
    except service.exceptions.ResourceNotFoundException:
        yield f"Account {names.stage.account} has no QuickSight in {region}; subscribe, or leave [quicksight] out."
        return
    if not edition.startswith("ENTERPRISE"):
        yield "QuickSight has rules by row in its Enterprise edition only; take that, or leave [quicksight] out."
    missing = [group for group in boards.groups if not _is_group(service, names, boards.namespace, group)]
    if missing:
        yield (
            f"QuickSight has no group {', '.join(missing)} in {region}, namespace {boards.namespace}; make it there, "
            "or take it out of quicksight.groups."
        )


def _is_group(service: Any, names: Names, namespace: str, group: str) -> bool:
    try:
        service.describe_group(AwsAccountId=names.stage.account, Namespace=namespace, GroupName=group)
    except service.exceptions.ResourceNotFoundException:
        return False
    return True


BEFORE: dict[str, Check] = {
    "account": account,
    "one stage a region": other_stage,
    "Lambda's quota": concurrency,
    "Bedrock": bedrock,
    "models may be asked": model_access,
    "API Gateway's log": gateway_logs,
    "QuickSight": quicksight,
}
