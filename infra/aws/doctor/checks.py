"""What can be wrong with a stage in its account. Each check says one sentence, which tells what to do, or nothing."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.names import BRONZE_TABLES, DATABASES, Names
from infra.aws.session import Clients
from ingest.contracts import layout
from ingest.contracts.derive import glue_columns, table_columns
from ingest.delivery.privacy.keys import Keyring, parse_keys
from serving.logic.models.table import ModelSettingsError, asked_of_bedrock
from sql.prices.resolve import without_region

CONCURRENCY_AT_LEAST = 100
"""Executions of functions at once: what a new account may have less of."""
BUILT_WITHIN = timedelta(hours=26)
"""A build a day is made whatever is new."""


@dataclass(frozen=True)
class Finding:
    """What one check has found."""

    check: str
    problem: str | None = None


Check = Callable[[Names, Clients], Iterator[str]]


def examine(names: Names, clients: Clients, checks: dict[str, Check]) -> list[Finding]:
    """Do some checks; what can't be asked is a problem as well."""
    found: list[Finding] = []
    client = cache(clients)
    for title, check in checks.items():
        try:
            problems = list(check(names, client))
        except (BotoCoreError, ClientError) as error:
            problems = [f"It can't be asked ({error}); see that your role may, and that the region is right."]
        found += [Finding(title, problem) for problem in problems] or [Finding(title)]
    return found


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
    told = client("bedrock").get_foundation_model_availability(modelId=without_region("aws", model))
    if told["regionAvailability"] != "AVAILABLE" and without_region("aws", model) == model:
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


def keys(names: Names, client: Clients) -> Iterator[str]:
    """Whether pseudonyms can be made."""
    ssm = client("ssm")
    try:
        text = ssm.get_parameter(Name=names.keys_parameter, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        yield f"There is no parameter {names.keys_parameter} with the pseudonyms' keys; `promptlake deploy` makes it."
        return
    try:
        Keyring(parse_keys(text))
    except ValueError as error:
        yield f"The parameter {names.keys_parameter} can't be used ({error}); put the version before it back."


def buckets(names: Names, client: Clients) -> Iterator[str]:
    for bucket in (names.lake, names.backups):
        if client("s3").get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
            yield f"The bucket {bucket} keeps no versions; switch versioning on again, or deploy."


def tables(names: Names, client: Clients) -> Iterator[str]:
    dynamodb = client("dynamodb")
    for table in (names.access, names.ledger, names.templates):
        status = dynamodb.describe_table(TableName=table)["Table"]["TableStatus"]
        if status != "ACTIVE":
            yield f"The table {table} is {status}."
        told = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        if told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] != "ENABLED":
            yield f"The table {table} has no point-in-time recovery; switch it on again, or deploy."


def streams(names: Names, client: Clients) -> Iterator[str]:
    for table in BRONZE_TABLES:
        stream = names.stream(table)
        described = client("firehose").describe_delivery_stream(DeliveryStreamName=stream)
        status = described["DeliveryStreamDescription"]["DeliveryStreamStatus"]
        if status != "ACTIVE":
            yield f"The stream {stream} is {status}; deploy again, and look at the stack's events if it stays so."


def columns(_: Names, client: Clients) -> Iterator[str]:
    """Whether Glue knows the columns that this version writes."""
    for table in BRONZE_TABLES:
        found = client("glue").get_table(DatabaseName=layout.BRONZE, Name=table)["Table"]["StorageDescriptor"][
            "Columns"
        ]
        there = {column["Name"]: column["Type"] for column in found}
        wanted = {column["Name"]: column["Type"] for column in glue_columns(table_columns(table))}
        if there != wanted:
            differing = sorted(set(there.items()) ^ set(wanted.items()))[0][0]
            yield f"Glue's bronze.{table} differs from the contract, in {differing}; deploy this version."


def alarms(names: Names, client: Clients) -> Iterator[str]:
    """Whether who is to be told has agreed to it."""
    listed = client("sns").list_subscriptions_by_topic(TopicArn=names.topic_arn)["Subscriptions"]
    waiting = [one["Endpoint"] for one in listed if one["SubscriptionArn"] == "PendingConfirmation"]
    if waiting:
        yield f"{', '.join(waiting)} has not confirmed to be told of alarms; open the mail from AWS and agree."


def mail(names: Names, client: Clients) -> Iterator[str]:
    if names.stage.sender and not client("sesv2").get_account()["ProductionAccessEnabled"]:
        yield (
            f"SES in {names.stage.region} is in its sandbox, and mails verified addresses only; ask for production "
            "access."
        )


def sender(names: Names, client: Clients) -> Iterator[str]:
    """Whether SES lets the stage send from its address or domain."""
    if names.stage.sender is None:
        return
    sesv2 = client("sesv2")
    try:
        identity = sesv2.get_email_identity(EmailIdentity=names.stage.sender)
    except sesv2.exceptions.NotFoundException:
        yield f"SES in {names.stage.region} does not know {names.stage.sender}; deploy again."
        return
    if not identity["VerifiedForSendingStatus"]:
        proof = "open the mail from AWS" if "@" in names.stage.sender else "write the records that its console shows"
        yield f"{names.stage.sender} is not verified in SES, so that nothing is mailed from it; {proof}."


def published(names: Names, client: Clients) -> Iterator[str]:
    s3 = client("s3")
    try:
        made_at = s3.head_object(Bucket=names.lake, Key=layout.POINTER)["LastModified"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        yield "Nothing has been published yet; send something, and wait for a build."
        return
    if datetime.now(UTC) - made_at > BUILT_WITHIN:
        yield (
            f"The last build ended at {made_at:%Y-%m-%d %H:%M} UTC; see the executions of {names.stage.named('build')}."
        )


BEFORE: dict[str, Check] = {
    "account": account,
    "one stage a region": other_stage,
    "Lambda's quota": concurrency,
    "Bedrock": bedrock,
    "models may be asked": model_access,
    "API Gateway's log": gateway_logs,
    "QuickSight": quicksight,
}
"""What must be so before anything is deployed."""

AFTER: dict[str, Check] = {
    **BEFORE,
    "pseudonyms' keys": keys,
    "buckets": buckets,
    "tables": tables,
    "streams": streams,
    "columns": columns,
    "alarms are heard": alarms,
    "mail": mail,
    "sender": sender,
    "publication": published,
}
"""What should be so once it is."""
