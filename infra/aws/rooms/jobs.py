"""The jobs: the function in a container, or Glue's Spark job where the lake has outgrown it."""

from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.aws.lake.lake import LAKE_VARIABLE
from infra.aws.names import Names
from infra.aws.packages.installed import pinned
from infra.aws.packed import SETTINGS
from infra.aws.rooms.functions import JOBS, Functions, Packages
from infra.aws.rooms.permissions import accept, allow
from infra.aws.rooms.reaching import TABLE_WRITES, may_keep_lake, may_read_keys, may_use
from ingest.doors.lambdas.variables import KEYS_VARIABLE, LEDGER_VARIABLE, SETTINGS_VARIABLE, TABLE_VARIABLE

MEMORY_MB = 3538
"""Two vCPUs, as the cost model takes for given."""
DISK_MB = 10_240


class Jobs(Construct):
    """Build, backfill, maintain, erase."""

    def __init__(self, scope: Construct, names: Names, functions: Functions) -> None:
        super().__init__(scope, "Jobs")
        has_settings = {SETTINGS_VARIABLE: SETTINGS} if names.stage.settings else {}
        made = functions.contained(
            JOBS,
            {
                LAKE_VARIABLE: f"s3://{names.lake}",
                LEDGER_VARIABLE: names.ledger,
                TABLE_VARIABLE: names.access,
                KEYS_VARIABLE: names.keys_parameter,
                **has_settings,
            },
            memory_mb=MEMORY_MB,
            disk_mb=DISK_MB,
        )
        may_do_jobs(made.role, names)
        may_read_keys(made.role, names)


class SparkJobs(Construct):
    """The same jobs in Glue; it costs nothing at rest, and each run a minute at least."""

    def __init__(self, scope: Construct, names: Names, packages: Packages) -> None:
        super().__init__(scope, "SparkJobs")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        may_do_jobs(role, names)
        log = names.arn("logs", "log-group:/aws-glue/jobs/*")
        writes = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        allow(role, writes, [log], "Glue names the logs of its runs itself.")
        rooms = assets.Asset(self, "Rooms", path=str(packages.glue / "rooms.zip"))
        script = assets.Asset(self, "Script", path=str(packages.glue / "job.py"))
        settings = packages.glue / SETTINGS
        extra = assets.Asset(self, "Settings", path=str(settings)) if names.stage.settings else None
        for asset in (rooms, script, *([extra] if extra else [])):
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=["s3:GetObject"], resources=[f"{asset.bucket.bucket_arn}/{asset.s3_object_key}"]
                )
            )
        safe = glue.CfnSecurityConfiguration(
            self,
            "Security",
            name=names.stage.named("jobs"),
            encryption_configuration=glue.CfnSecurityConfiguration.EncryptionConfigurationProperty(
                s3_encryptions=[glue.CfnSecurityConfiguration.S3EncryptionProperty(s3_encryption_mode="SSE-S3")]
            ),
        )
        job = glue.CfnJob(
            self,
            "Job",
            name=names.stage.named("jobs"),
            role=role.role_arn,
            glue_version="5.0",
            worker_type="G.1X",
            number_of_workers=2,
            timeout=360,
            max_retries=0,
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            security_configuration=safe.ref,
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=script.s3_object_url
            ),
            default_arguments={
                "--lake": f"s3://{names.lake}",
                "--ledger": names.ledger,
                "--consents": names.access,
                "--extra-py-files": rooms.s3_object_url,
                "--additional-python-modules": ",".join(pinned(_MODULES)),
                "--datalake-formats": "iceberg",
                "--enable-auto-scaling": "true",
                "--enable-metrics": "true",
                "--enable-continuous-cloudwatch-log": "true",
                **({"--extra-files": extra.s3_object_url, "--settings": SETTINGS} if extra else {}),
            },
        )
        for rule, why in _UNENCRYPTED.items():
            accept(job, rule, why)


_MODULES = (
    *("aws-lambda-powertools", "duckdb", "google-re2", "great-expectations", "msgspec", "orjson", "phonenumberslite"),
    *("pyahocorasick", "pydantic", "pyiceberg", "python-stdnum", "pyyaml", "rapidfuzz", "sqlglot"),
)
"""What the rooms import that Glue does not have."""

_UNENCRYPTED = {
    "AwsSolutions-GL1": "Logs are encrypted by CloudWatch itself; a key of one's own is billed by the month.",
    "AwsSolutions-GL3": "There are no bookmarks: the ledger says what was done.",
}


def may_do_jobs(role: iam.Role, names: Names) -> None:
    """Let a role do whatever the jobs do, with either engine."""
    may_keep_lake(role, names)
    may_use(role, names, names.ledger, TABLE_WRITES)
    may_use(role, names, names.access, (*TABLE_WRITES, "Scan"))
