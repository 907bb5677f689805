"""What a stage's parts are called. The names are fixed, so that the stack that is kept and the one that may be
destroyed need nothing of each other, and so that a policy can be read.
"""

from dataclasses import dataclass

from infra.aws.stage import Stage
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS

BRONZE_TABLES = (*EVENTS, QUARANTINE_TABLE)
"""Tables that Firehose writes."""
DATABASES = (layout.BRONZE, layout.SILVER, layout.GOLD, layout.OPERATIONS, layout.ANALYSIS)
"""Glue's, under the names that analysts write. They are an account's in a region, so there can be one stage there."""
ICEBERG = (layout.SILVER, layout.GOLD)


@dataclass(frozen=True)
class Names:
    """The names of one stage, and the ARNs that follow from them."""

    stage: Stage

    @property
    def partition(self) -> str:
        starts = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for start, name in starts.items() if self.stage.region.startswith(start)), "aws")

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        where = self.stage.region if region is None else region
        whose = self.stage.account if account is None else account
        return f"arn:{self.partition}:{service}:{where}:{whose}:{resource}"

    # Buckets

    def bucket(self, what: str, region: str | None = None) -> str:
        return f"{self.stage.named(what)}-{self.stage.account}-{region or self.stage.region}"

    @property
    def lake(self) -> str:
        """The bucket whose root is the lake's."""
        return self.bucket("lake")

    @property
    def backups(self) -> str:
        return self.bucket("backups")

    def copy_of(self, bucket: str) -> str:
        """The bucket in another region that has what one of these has. No letter longer: S3 takes 63."""
        stage = self.stage
        return f"{bucket.removesuffix(f'-{stage.account}-{stage.region}')}-far-{stage.account}-{stage.extras.copies_in}"

    @property
    def passing(self) -> str:
        """What lives for days only: results of queries."""
        return self.bucket("passing")

    @property
    def pages(self) -> str:
        return self.bucket("pages")

    @property
    def access_logs(self) -> str:
        return self.bucket("access")

    def bucket_arn(self, bucket: str, path: str = "") -> str:
        return self.arn("s3", bucket + (f"/{path}" if path else ""), region="", account="")

    def lake_arn(self, folder: str) -> str:
        """All objects below one folder of the lake."""
        return self.bucket_arn(self.lake, f"{folder}/*")

    # Tables of DynamoDB

    @property
    def access(self) -> str:
        """Consents and access keys."""
        return self.stage.named("access")

    @property
    def ledger(self) -> str:
        return self.stage.named("ledger")

    @property
    def templates(self) -> str:
        return self.stage.named("templates")

    def table_arn(self, table: str) -> str:
        return self.arn("dynamodb", f"table/{table}")

    # The rest

    @property
    def stream_prefix(self) -> str:
        return self.stage.named("")

    def stream(self, table: str) -> str:
        """The Firehose stream of a bronze table."""
        return self.stream_prefix + table

    def stream_arn(self, table: str) -> str:
        return self.arn("firehose", f"deliverystream/{self.stream(table)}")

    def function(self, what: str) -> str:
        return self.stage.named(what)

    def function_arn(self, what: str) -> str:
        return self.arn("lambda", f"function:{self.function(what)}")

    @property
    def keys_parameter(self) -> str:
        """The pseudonyms' keys, a SecureString, which CloudFormation can't make: `promptlake deploy` does."""
        return f"/promptlake/{self.stage.name}/keys"

    @property
    def keys_arn(self) -> str:
        return self.arn("ssm", f"parameter{self.keys_parameter}")

    @property
    def metrics(self) -> str:
        """Namespace of the stage's own metrics."""
        return f"promptlake/{self.stage.name}"

    @property
    def mail(self) -> str:
        """SES's configuration set."""
        return self.stage.named("mail")

    @property
    def mail_arn(self) -> str:
        return self.arn("ses", f"configuration-set/{self.mail}")

    @property
    def sender_arn(self) -> str:
        """SES's identity, of the stages that have one."""
        return self.arn("ses", f"identity/{self.stage.sender}")

    @property
    def topic(self) -> str:
        return self.stage.named("alarms")

    @property
    def topic_arn(self) -> str:
        return self.arn("sns", self.topic)

    @property
    def dead_letters(self) -> str:
        """The queue of what failed and nobody has looked at."""
        return self.stage.named("dead-letters")

    @property
    def dead_letters_url(self) -> str:
        domain = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return f"https://sqs.{self.stage.region}.{domain}/{self.stage.account}/{self.dead_letters}"

    def flow_arn(self, what: str) -> str:
        """A state machine."""
        return self.arn("states", f"stateMachine:{self.stage.named(what)}")

    def plan_key(self, plan: str) -> str:
        """What API Gateway knows the callers of a usage plan by. It lets nobody in: the authorizer gives it."""
        return self.stage.named(f"plan-of-{plan}")

    @property
    def workgroup(self) -> str:
        return self.stage.named("analysts")

    def glue_arns(self, database: str) -> tuple[str, ...]:
        """A database and all that is in it."""
        resources = ("catalog", f"database/{database}", f"table/{database}/*")
        return tuple(self.arn("glue", resource) for resource in resources)

    def stack(self, part: str) -> str:
        return self.stage.named(part)
