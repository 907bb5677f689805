"""Reports by mail: what makes and sends them, where people unsubscribe, and what hears that mail did not arrive."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.aws.names import Names
from infra.aws.packed import REPORTS as FILE
from infra.aws.reports import variables
from infra.aws.reports.mailing import PREFIX
from infra.aws.reports.post import REPORT_TAG
from infra.aws.rooms.api import Api
from infra.aws.rooms.api_document import UNSUBSCRIBE
from infra.aws.rooms.functions import REPORTS, Functions
from infra.aws.rooms.permissions import allow
from infra.aws.rooms.reaching import may_read_published, may_use_items
from infra.aws.rooms.telling import Mail, Telling
from ingest.contracts import layout
from serving.lambdas.variables import BUCKET_VARIABLE, SMALLEST_GROUP_VARIABLE

MEMORY_MB, DISK_MB = 1769, 2048
"""One vCPU; what is published has room on the disk."""
_FOLDER = "Reports and what the gate has found are named by their days."
_HEARD = {"BOUNCE": "Email Bounced", "COMPLAINT": "Email Complaint Received"}
"""What SES tells of, and what EventBridge calls it."""


class Reports(Construct):
    """Three functions. None of them can reach a key or a consent in the table that they share with these."""

    def __init__(
        self, scope: Construct, names: Names, functions: Functions, api: Api, mail: Mail, telling: Telling
    ) -> None:
        super().__init__(scope, "Reports")
        self._names, self._functions = names, functions
        self._remembering = {variables.MAILING_VARIABLE: names.access}
        self._sending(api)
        self._unsubscribing(api)
        self._hearing(mail.configuration, telling)

    def _sending(self, api: Api) -> None:
        names, stage = self._names, self._names.stage
        sender = _sender(stage.sender or "")
        made = self._functions.contained(
            REPORTS,
            {
                **self._remembering,
                BUCKET_VARIABLE: names.lake,
                SMALLEST_GROUP_VARIABLE: str(stage.lake.smallest_group),
                variables.REPORTS_VARIABLE: FILE,
                variables.SENDER_VARIABLE: sender,
                variables.CONFIGURATION_VARIABLE: names.mail,
                variables.UNSUBSCRIBE_VARIABLE: api.api.url_for_path(UNSUBSCRIBE.partition("{")[0]),
            },
            memory_mb=MEMORY_MB,
            disk_mb=DISK_MB,
        )
        may_read_published(made.role, names)
        allow(made.role, ["s3:GetObject"], [names.lake_arn(layout.GATE_RESULTS)], _FOLDER)
        allow(made.role, ["s3:PutObject"], [names.lake_arn(layout.REPORTS)], _FOLDER)
        items = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
        may_use_items(made.role, names, names.access, items, PREFIX)
        allow(
            made.role,
            ["ses:SendEmail", "ses:SendRawEmail"],
            [names.sender_arn, names.mail_arn],
            conditions={"StringEquals": {"ses:FromAddress": sender}},
        )

    def _unsubscribing(self, api: Api) -> None:
        names = self._names
        made = self._functions.zipped(
            "unsubscribe", "infra.aws.reports.unsubscribe.handler", self._remembering, memory_mb=512, timeout_s=10
        )
        may_use_items(made.role, names, names.access, ("GetItem", "UpdateItem"), PREFIX)
        permission = lambda_.CfnPermission(
            self,
            "UnsubscribeIsCalled",
            action="lambda:InvokeFunction",
            function_name=names.function_arn("unsubscribe"),
            principal="apigateway.amazonaws.com",
            source_arn=names.arn("execute-api", f"{api.api.rest_api_id}/*"),
        )
        permission.node.add_dependency(made.function)

    def _hearing(self, configuration: ses.CfnConfigurationSet, telling: Telling) -> None:
        names = self._names
        told = {variables.STAGE_VARIABLE: names.stage.name, variables.TOPIC_VARIABLE: names.topic_arn}
        made = self._functions.zipped(
            "bounces", "infra.aws.reports.bounces.handler", {**self._remembering, **told}, memory_mb=512, timeout_s=30
        )
        may_use_items(made.role, names, names.access, ("PutItem",), PREFIX)
        allow(made.role, ["sns:Publish"], [names.topic_arn])
        made.function.configure_async_invoke(
            on_failure=destinations.SqsDestination(telling.letters), retry_attempts=2, max_event_age=Duration.hours(6)
        )
        cfn = ses.CfnConfigurationSetEventDestination
        destination = cfn(
            self,
            "Heard",
            configuration_set_name=configuration.ref,
            event_destination=cfn.EventDestinationProperty(
                name=names.stage.named("bounces"),
                enabled=True,
                matching_event_types=list(_HEARD),
                # SES speaks to the account's default bus only.
                event_bridge_destination=cfn.EventBridgeDestinationProperty(
                    event_bus_arn=names.arn("events", "event-bus/default")
                ),
            ),
        )
        destination.node.add_dependency(configuration)
        rule = events.Rule(
            self, "Rule", rule_name=names.stage.named("bounces"), event_pattern=events.EventPattern(**heard(names))
        )
        rule.add_target(targets.LambdaFunction(made.function, dead_letter_queue=telling.letters))


def heard(names: Names) -> dict[str, object]:
    """The events of reports, and not of other mail that is sent with the stage's configuration set."""
    tags = {"ses:configuration-set": [names.mail], REPORT_TAG: [{"exists": True}]}
    return {"source": ["aws.ses"], "detail_type": list(_HEARD.values()), "detail": {"mail": {"tags": tags}}}


def _sender(sender: str) -> str:
    """The address that mail is from, also where a whole domain may send."""
    return sender if "@" in sender else f"promptlake@{sender}"
