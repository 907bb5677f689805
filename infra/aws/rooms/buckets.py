"""How buckets are kept: encrypted, closed to the public, asked by TLS only, and for how long what is in them."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ingest.contracts import layout

NONCURRENT_DAYS = 7
"""What was replaced or removed is gone after so long: erasures tell it in their receipts."""
FAILED_DAYS = 14
"""What Firehose could not deliver is put back by a sweep within the hour; longer is for who has to look at it."""
BACKUP_DAYS = 35


def kept_bucket(
    scope: Construct,
    name: str,
    called: str,
    rules: Sequence[s3.LifecycleRule],
    *,
    versioned: bool = True,
    log: s3.Bucket | None = None,
) -> s3.Bucket:
    """A bucket that stays when its stack is destroyed.

    Args:
        scope: where it is made.
        name: within the scope.
        called: its name, of all buckets there are.
        rules: besides those that every bucket has.
        versioned: whether what is replaced or removed can be had back for some days.
        log: the bucket in which it is written who has asked for what.
    """
    return s3.Bucket(
        scope,
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
        server_access_logs_bucket=log,
        server_access_logs_prefix=f"{name.lower()}/" if log else None,
    )


def gone_after(days: int, folder: str | None = None) -> s3.LifecycleRule:
    """That all of a bucket, or of a folder, is gone after so long."""
    prefix = f"{folder}/" if folder else None
    return s3.LifecycleRule(id=f"{folder or 'all'}-{days}-days", prefix=prefix, expiration=Duration.days(days))


def lake_rules() -> list[s3.LifecycleRule]:
    """Of the lake's bucket: what is read seldom costs less by itself."""
    tiering = s3.Transition(storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(0))
    return [
        gone_after(FAILED_DAYS, layout.FAILED),
        *(
            s3.LifecycleRule(id=f"{layer}-tiers", prefix=f"{layer}/", transitions=[tiering])
            for layer in (layout.SILVER, layout.GOLD)
        ),
    ]


def backup_rules() -> list[s3.LifecycleRule]:
    """Of the backups' bucket."""
    return [gone_after(BACKUP_DAYS)]


def _tidy() -> s3.LifecycleRule:
    """Of every bucket: what nobody sees any more is gone soon."""
    return s3.LifecycleRule(
        id="old-versions",
        noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )
