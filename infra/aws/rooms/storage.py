"""The buckets: the lake, its backups, what passes, the pages, and the log of who has asked for what."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.permissions import accept
from ingest.contracts import layout

NONCURRENT_DAYS = 7
"""What was replaced or removed is gone after so long: erasures tell it in their receipts."""
FAILED_DAYS = 14
"""What Firehose could not deliver is put back by a sweep within the hour; longer is for who has to look at it."""
REPORTS_DAYS = 760
"""A report can be laid beside the one of two years before."""
BACKUP_DAYS = 35
RESULTS_DAYS = 7
ACCESS_LOG_DAYS = 90
RESULTS, CALLS = "results", "calls"
"""Folders of what passes: answers of Athena; what Bedrock writes that has no room in a log record, for one day. No
versions are kept of them, or prompts would lie there for a week after they had gone."""


class Storage(Construct):
    """All of them encrypted, closed to the public, and asked by TLS only. They stay when the stack is destroyed."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Storage")
        self._names = names
        self._log: s3.Bucket | None = None
        self._log = self._bucket("AccessLog", names.access_logs, [_gone_after(ACCESS_LOG_DAYS)])
        self.lake = self._bucket("Lake", names.lake, _lake_rules())
        self.backups = self._bucket("Backups", names.backups, [_gone_after(BACKUP_DAYS)])
        passes = [_gone_after(RESULTS_DAYS, RESULTS), _gone_after(1, CALLS)]
        passing = self._bucket("Passing", names.passing, passes, versioned=False)
        if names.stage.sources.bedrock:
            self._let(passing, "bedrock", "s3:PutObject", f"{CALLS}/AWSLogs/*")
        # Whichever distribution of the account it is: that one is of the stack that may be destroyed.
        self._let(self._bucket("Pages", names.pages, []), "cloudfront", "s3:GetObject", "*")

    def _bucket(
        self, name: str, called: str, rules: Sequence[s3.LifecycleRule], *, versioned: bool = True
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            bucket_name=called,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=versioned,
            lifecycle_rules=[_tidy(), *rules],
            removal_policy=RemovalPolicy.RETAIN,
            server_access_logs_bucket=self._log,
            server_access_logs_prefix=f"{name.lower()}/" if self._log else None,
        )
        if self._log is None:
            accept(bucket, "AwsSolutions-S1", "It takes the access logs of the others; its own would log the logging.")
        return bucket

    def _let(self, bucket: s3.Bucket, service: str, action: str, path: str) -> None:
        """Let a service of AWS, on behalf of this account only, do one thing with some objects."""
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                actions=[action],
                resources=[bucket.arn_for_objects(path)],
                conditions={"StringEquals": {"AWS:SourceAccount": self._names.stage.account}},
            )
        )


def _tidy() -> s3.LifecycleRule:
    """Of every bucket: what nobody sees any more is gone soon."""
    return s3.LifecycleRule(
        id="old-versions",
        noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )


def _gone_after(days: int, folder: str | None = None) -> s3.LifecycleRule:
    prefix = f"{folder}/" if folder else None
    return s3.LifecycleRule(id=f"{folder or 'all'}-{days}-days", prefix=prefix, expiration=Duration.days(days))


def _lake_rules() -> list[s3.LifecycleRule]:
    tiering = s3.Transition(storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(0))
    return [
        _gone_after(FAILED_DAYS, layout.FAILED),
        _gone_after(REPORTS_DAYS, layout.REPORTS),
        *(
            s3.LifecycleRule(id=f"{layer}-tiers", prefix=f"{layer}/", transitions=[tiering])
            for layer in (layout.SILVER, layout.GOLD)
        ),
    ]
