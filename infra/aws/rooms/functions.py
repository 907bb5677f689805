"""The Lambda functions. Each has a role of its own, a log of its own that ends, structured lines in it, and a trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_ecr_assets import Platform
from constructs import Construct

from infra.aws.names import Names
from infra.aws.packages.build import Package
from infra.aws.packages.installed import PYTHON
from infra.aws.rooms.permissions import allow
from ingest.doors.lambdas.variables import NAMESPACE_VARIABLE

_RUNTIMES = {
    "3.12": lambda_.Runtime.PYTHON_3_12,
    "3.13": lambda_.Runtime.PYTHON_3_13,
    "3.14": lambda_.Runtime.PYTHON_3_14,
}
_TRACES = "X-Ray has no resources that a policy could name."
_LOG_STREAMS = "Lambda names the streams of its log itself; the log is this function's own."


JOBS, REPORTS = "jobs", "reports"
"""The functions in containers."""


@dataclass(frozen=True)
class Packages:
    """Where the code lies, ready to be sent: see :mod:`infra.aws.packages.build`."""

    functions: Mapping[Package, Path]
    """The folders of the zip functions, by kind."""
    images: Mapping[str, Path]
    """The folders of the containers' images, by what their function is called."""
    glue: Path
    """The folder of what the Spark job imports."""


@dataclass(frozen=True)
class Made:
    """A function, and the role that it acts in."""

    function: lambda_.Function
    role: iam.Role


class Functions(Construct):
    """Makes functions. Who makes one says what it may do."""

    def __init__(self, scope: Construct, names: Names, packages: Packages) -> None:
        super().__init__(scope, "Functions")
        self._names, self._packages = names, packages
        self.made: dict[str, Made] = {}

    def zipped(
        self,
        what: str,
        handler: str,
        environment: Mapping[str, str],
        *,
        memory_mb: int,
        timeout_s: int,
        package: Package = Package.API,
        snap_start: bool = False,
    ) -> Made:
        """A function in a zip package."""
        role, log = self._role(what), self._log(what)
        code = lambda_.Code.from_asset(str(self._packages.functions[package]))
        function = lambda_.Function(
            self,
            _title(what),
            function_name=self._names.function(what),
            runtime=_RUNTIMES[PYTHON],
            handler=handler,
            code=code,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_s),
            role=role,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            environment=self._environment(environment),
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
        )
        return self._keep(what, Made(function, role))

    def contained(self, what: str, environment: Mapping[str, str], *, memory_mb: int, disk_mb: int) -> Made:
        """A function in a container, as long as Lambda lets one run."""
        role, log = self._role(what), self._log(what)
        image = str(self._packages.images[what])
        function = lambda_.DockerImageFunction(
            self,
            _title(what),
            function_name=self._names.function(what),
            code=lambda_.DockerImageCode.from_image_asset(image, platform=Platform.LINUX_ARM64),
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_mb,
            ephemeral_storage_size=Size.mebibytes(disk_mb),
            timeout=Duration.minutes(15),
            role=role,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            environment=self._environment(environment),
        )
        return self._keep(what, Made(function, role))

    def _keep(self, what: str, made: Made) -> Made:
        self.made[what] = made
        return made

    def _environment(self, own: Mapping[str, str]) -> dict[str, str]:
        return {NAMESPACE_VARIABLE: self._names.metrics, **own}

    def _log(self, what: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            f"{_title(what)}Log",
            log_group_name=self.log_name(what),
            retention=retention(self._names.stage.logs_days),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def log_name(self, what: str) -> str:
        return f"/aws/lambda/{self._names.function(what)}"

    def _role(self, what: str) -> iam.Role:
        role = iam.Role(self, f"{_title(what)}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log = self._names.arn("logs", f"log-group:{self.log_name(what)}:*")
        allow(role, ["logs:CreateLogStream", "logs:PutLogEvents"], [log], _LOG_STREAMS)
        allow(role, ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"], _TRACES)
        return role


_RETENTION = {
    1: "ONE_DAY",
    3: "THREE_DAYS",
    5: "FIVE_DAYS",
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    60: "TWO_MONTHS",
    90: "THREE_MONTHS",
    120: "FOUR_MONTHS",
    150: "FIVE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
    400: "THIRTEEN_MONTHS",
    545: "EIGHTEEN_MONTHS",
    731: "TWO_YEARS",
}


def retention(days: int) -> logs.RetentionDays:
    """How long a log is kept, in CDK's words."""
    return logs.RetentionDays[_RETENTION[days]]


def _title(what: str) -> str:
    return "".join(word.capitalize() for word in what.split("-"))
