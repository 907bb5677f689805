"""Copies in another region of what can't be made again, for who loses the first one. Opt-in: it is kept twice then."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.buckets import backup_rules, kept_bucket, lake_rules
from infra.aws.rooms.permissions import accept, allow

_NO_LOG = "Nobody reads a copy but who restores from it; the bucket that it is of has a log."
_EVERY = "A bucket is copied whole."


def keep_copy(bucket: s3.Bucket, names: Names, called: str) -> None:
    """Have S3 copy what is put into a bucket, and remove from the copy what is removed from the bucket.

    Args:
        bucket: keeps versions, and so must the copy.
        names: those of the stage.
        called: the bucket's name, without a token.
    """
    copy = names.copy_of(called)
    role = iam.Role(bucket, "CopyRole", assumed_by=iam.ServicePrincipal("s3.amazonaws.com"))
    allow(role, ["s3:GetReplicationConfiguration", "s3:ListBucket"], [names.bucket_arn(called)])
    reads = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    allow(role, reads, [names.bucket_arn(called, "*")], _EVERY)
    writes = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    allow(role, writes, [names.bucket_arn(copy, "*")], _EVERY)
    cfn = bucket.node.default_child
    assert isinstance(cfn, s3.CfnBucket)  # noqa: S101 - that is what a bucket is made of
    rule = s3.CfnBucket.ReplicationRuleProperty
    cfn.replication_configuration = s3.CfnBucket.ReplicationConfigurationProperty(
        role=role.role_arn,
        rules=[
            rule(
                id="all",
                priority=1,
                status="Enabled",
                filter=s3.CfnBucket.ReplicationRuleFilterProperty(prefix=""),
                # What an erasure has replaced or removed is an old version in the copy as well, and gone as soon.
                delete_marker_replication=s3.CfnBucket.DeleteMarkerReplicationProperty(status="Enabled"),
                destination=s3.CfnBucket.ReplicationDestinationProperty(bucket=names.bucket_arn(copy)),
            )
        ],
    )


class Copies(Construct):
    """The buckets in the other region, whose objects go when those that they are copies of do."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Copies")
        for name, called, rules in (("Lake", names.lake, lake_rules()), ("Backups", names.backups, backup_rules())):
            accept(kept_bucket(self, name, names.copy_of(called), rules), "AwsSolutions-S1", _NO_LOG)
