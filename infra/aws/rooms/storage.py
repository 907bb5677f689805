"""The buckets: the lake, its backups, what passes, the pages, and the log of who has asked for what."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.buckets import backup_rules, gone_after, kept_bucket, lake_rules
from infra.aws.rooms.copies import keep_copy
from infra.aws.rooms.permissions import accept

RESULTS_DAYS = 7
ACCESS_LOG_DAYS = 90
RESULTS, CALLS = "results", "calls"
"""Folders of what passes: answers of Athena; what Bedrock writes that has no room in a log record, for one day. No
versions are kept of them, or prompts would lie there for a week after they had gone."""


class Storage(Construct):
    """All of them, see :func:`infra.aws.rooms.buckets.kept_bucket`."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Storage")
        self._names = names
        log = kept_bucket(self, "AccessLog", names.access_logs, [gone_after(ACCESS_LOG_DAYS)])
        accept(log, "AwsSolutions-S1", "It takes the access logs of the others; its own would log the logging.")
        self.lake = kept_bucket(self, "Lake", names.lake, lake_rules(), log=log)
        self.backups = kept_bucket(self, "Backups", names.backups, backup_rules(), log=log)
        passes = [gone_after(RESULTS_DAYS, RESULTS), gone_after(1, CALLS)]
        passing = kept_bucket(self, "Passing", names.passing, passes, versioned=False, log=log)
        if names.stage.sources.bedrock:
            self._let(passing, "bedrock", "s3:PutObject", f"{CALLS}/AWSLogs/*")
        # Whichever distribution of the account it is: that one is of the stack that may be destroyed.
        self._let(kept_bucket(self, "Pages", names.pages, [], log=log), "cloudfront", "s3:GetObject", "*")
        if names.stage.extras.copies_in:
            keep_copy(self.lake, names, names.lake)
            keep_copy(self.backups, names, names.backups)

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
