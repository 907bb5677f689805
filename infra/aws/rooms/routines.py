"""The small functions: is anything new, what do the figures say, what lies aside, is all as it was."""

from constructs import Construct

from infra.aws.doctor.function import NOT_TOLD, STAGE_VARIABLE
from infra.aws.names import BRONZE_TABLES, DATABASES, Names
from infra.aws.packages.build import Package
from infra.aws.packed import MODELS
from infra.aws.rooms.functions import Functions
from infra.aws.rooms.permissions import allow
from infra.aws.rooms.reaching import (
    LEDGER_WRITES,
    TABLE_READS,
    may_list,
    may_put,
    may_read_keys,
    may_read_published,
    may_use,
)
from ingest.contracts import layout
from ingest.doors.lambdas import variables as of_doors
from serving.lambdas import variables

_SET_ASIDE = "Firehose names the objects that it sets aside."
_BEDROCK = ("bedrock:ListFoundationModels", "bedrock:GetFoundationModelAvailability")
_NO_ARN = "These tell of the account or the region, and have no resource that a policy could name."


class Routines(Construct):
    """Each may do no more than it needs."""

    def __init__(self, scope: Construct, names: Names, functions: Functions, environment: dict[str, str]) -> None:
        super().__init__(scope, "Routines")
        self._names, self._functions = names, functions
        lake = {variables.BUCKET_VARIABLE: names.lake}
        news = functions.zipped(
            "news", "infra.aws.watch.news.handler", {**lake, of_doors.LEDGER_VARIABLE: names.ledger},
            memory_mb=512, timeout_s=60,
        )  # fmt: skip
        may_list(news.role, names)
        allow(news.role, ["s3:GetObject"], [names.bucket_arn(names.lake, layout.POINTER)])
        may_use(news.role, names, names.ledger, TABLE_READS)

        measure = functions.zipped("measure", "infra.aws.watch.measure.handler", lake, memory_mb=1024, timeout_s=120)
        may_read_published(measure.role, names)

        backup = functions.zipped(
            "backup",
            "serving.lambdas.backup.handler",
            {variables.TABLE_VARIABLE: names.templates, variables.BACKUP_BUCKET_VARIABLE: names.backups},
            memory_mb=1024,
            timeout_s=900,
        )
        may_use(backup.role, names, names.templates, TABLE_READS)
        backups = names.bucket_arn(names.backups, "templates/*")
        allow(backup.role, ["s3:PutObject", "s3:AbortMultipartUpload"], [backups], "A backup is named by its time.")

        sweep = functions.zipped(
            "sweep",
            "infra.aws.watch.sweep.handler",
            {**environment, **lake},
            memory_mb=512,
            timeout_s=300,
            package=Package.DOORS,
        )
        may_list(sweep.role, names)
        allow(sweep.role, ["s3:GetObject", "s3:DeleteObject"], [names.lake_arn(layout.FAILED)], _SET_ASIDE)
        may_put(sweep.role, names, BRONZE_TABLES)
        may_use(sweep.role, names, names.ledger, LEDGER_WRITES)
        self._doctor(environment)

    def _doctor(self, environment: dict[str, str]) -> None:
        names = self._names
        doctor = self._functions.zipped(
            "doctor",
            "infra.aws.doctor.function.handler",
            {**environment, STAGE_VARIABLE: _told(names)},
            memory_mb=512,
            timeout_s=120,
            package=Package.DOORS,
        )
        role = doctor.role
        may_read_keys(role, names)
        may_list(role, names)
        buckets = [names.bucket_arn(bucket) for bucket in (names.lake, names.backups)]
        allow(role, ["s3:GetBucketVersioning", "s3:ListBucket"], buckets)
        allow(role, ["s3:GetObject"], [names.bucket_arn(names.lake, layout.POINTER)])
        for table in (names.access, names.ledger, names.templates):
            may_use(role, names, table, ("DescribeTable", "DescribeContinuousBackups"))
        streams = [names.stream_arn(table) for table in BRONZE_TABLES]
        allow(role, ["firehose:DescribeDeliveryStream"], streams)
        tables = [names.arn("glue", f"table/{layout.BRONZE}/{table}") for table in BRONZE_TABLES]
        catalog = [names.arn("glue", one) for one in ("catalog", *(f"database/{name}" for name in DATABASES))]
        allow(role, ["glue:GetTable", "glue:GetDatabase"], [*catalog, *tables])
        allow(role, ["sns:ListSubscriptionsByTopic"], [names.topic_arn])
        if names.stage.sender:
            allow(role, ["ses:GetEmailIdentity"], [names.sender_arn])
        allow(role, ["apigateway:GET"], [names.arn("apigateway", "/account", account="")])
        allow(
            role,
            ["ses:GetAccount", *_BEDROCK, "lambda:GetAccountSettings", "sts:GetCallerIdentity"],
            ["*"],
            _NO_ARN,
        )


def _told(names: Names) -> str:
    """The stage as the function knows it, in whose package the owner's files have names of ours."""
    packed = {"models": MODELS} if names.stage.models else {}
    return names.stage.model_copy(update=packed).model_dump_json(exclude=NOT_TOLD)
