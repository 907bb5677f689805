"""What several functions may do alike: use a table, read the keys, look at the lake."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.aws.names import ICEBERG, Names
from infra.aws.rooms.permissions import allow
from ingest.contracts import layout

TABLE_READS = ("GetItem", "BatchGetItem", "Query")
TABLE_WRITES = (*TABLE_READS, "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")
LEDGER_WRITES = ("UpdateItem",)
"""Counting at the doors, which needs no more."""

_OBJECTS = "The objects of a folder are named as they are written; which folders, stands here."
_VIEWS = "The jobs put the analysts' views there; which there are, the models and metrics say."
_ICEBERG = "The jobs make the Iceberg tables of these two databases; which there are, the models say."


def may_use(role: iam.Role, names: Names, table: str, operations: Sequence[str]) -> None:
    """Let a role use one table of DynamoDB."""
    allow(role, [f"dynamodb:{operation}" for operation in operations], [names.table_arn(table)])


def may_use_items(role: iam.Role, names: Names, table: str, operations: Sequence[str], prefix: str) -> None:
    """Let a role use the items of one table whose partition keys begin so, and no others."""
    begin = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{prefix}*"]}}
    # Of what names no key the condition would hold; these operations all name one.
    allow(role, [f"dynamodb:{operation}" for operation in operations], [names.table_arn(table)], conditions=begin)


def may_read_keys(role: iam.Role, names: Names) -> None:
    """Let a role read the keys that pseudonyms are made with."""
    allow(role, ["ssm:GetParameter"], [names.keys_arn])


def may_put(role: iam.Role, names: Names, tables: Sequence[str]) -> None:
    """Let a role put rows or events into the streams of some tables."""
    allow(role, ["firehose:PutRecord", "firehose:PutRecordBatch"], [names.stream_arn(table) for table in tables])


def may_list(role: iam.Role, names: Names) -> None:
    """Let a role see what is in the lake, and which files are missing rather than forbidden."""
    allow(role, ["s3:ListBucket", "s3:GetBucketLocation"], [names.bucket_arn(names.lake)])


def may_read_published(role: iam.Role, names: Names) -> None:
    """Let a role read what was published, and nothing else of the lake."""
    may_list(role, names)
    allow(role, ["s3:GetObject"], [names.lake_arn(layout.PUBLISH)], _OBJECTS)


def may_keep_lake(role: iam.Role, names: Names) -> None:
    """Let a role do all that the jobs do with the lake's files and tables."""
    may_list(role, names)
    allow(
        role,
        ["s3:GetBucketVersioning", "s3:GetLifecycleConfiguration"],
        [names.bucket_arn(names.lake)],
    )
    allow(
        role,
        ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        [names.bucket_arn(names.lake, "*")],
        _OBJECTS,
    )
    glue = ("GetDatabase", "CreateDatabase", "GetTable", "GetTables", "CreateTable", "UpdateTable")
    resources = [arn for database in ICEBERG for arn in names.glue_arns(database)]
    allow(role, [f"glue:{operation}" for operation in glue], list(dict.fromkeys(resources)), _ICEBERG)
    views = ("GetDatabase", "CreateDatabase", "GetTables", "CreateTable", "UpdateTable", "DeleteTable")
    allow(role, [f"glue:{operation}" for operation in views], names.glue_arns(layout.ANALYSIS), _VIEWS)
