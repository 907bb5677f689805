"""What should be so once a stage is deployed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from infra.aws.doctor.before import BEFORE
from infra.aws.doctor.examining import Check
from infra.aws.names import BRONZE_TABLES, Names
from infra.aws.session import Clients
from ingest.contracts import layout
from ingest.contracts.derive import glue_columns, table_columns
from ingest.delivery.privacy.keys import Keyring, parse_keys

BUILT_WITHIN = timedelta(hours=26)
"""A build a day is made whatever is new."""


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
