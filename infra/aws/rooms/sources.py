"""What AWS already writes about the owner's applications, each wired to the stream whose transform reads it.

Nothing in an application has to change. Prompts and answers are not stored: invocation logs pass through a log that
lives for a day, and the door does not read them.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ses as ses
from aws_cdk import custom_resources as custom
from constructs import Construct, IConstruct

from infra.aws.names import Names
from infra.aws.rooms.functions import retention
from infra.aws.rooms.permissions import allow
from infra.aws.rooms.reaching import may_put
from infra.aws.rooms.storage import CALLS

SES_EVENTS = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "OPEN", "CLICK", "DELIVERY_DELAY")
CALLS_DAYS = 1
"""What Bedrock writes of each call holds prompts and answers, and so is kept no longer than it must."""
_REPORTS = '"REPORT RequestId"'
_EVERYTHING = ""
_LOGGING = "PutModelInvocationLoggingConfiguration"


class Sources(Construct):
    """Which of them are on, the stage's settings say."""

    def __init__(
        self, scope: Construct, names: Names, streams: list[IConstruct], mail: ses.CfnConfigurationSet | None
    ) -> None:
        super().__init__(scope, "Sources")
        self._names, self._streams = names, streams
        sources = names.stage.sources
        self._ours = {"StringEquals": {"aws:SourceAccount": names.stage.account}}
        of_logs = {"StringLike": {"aws:SourceArn": names.arn("logs", "*")}}
        both = ("prompt_execution", "service_metric")
        self._logs_role = self._sending("logs.amazonaws.com", "Logs", both, of_logs)
        if sources.bedrock:
            self._bedrock()
        for number, group in enumerate(sources.access_logs):
            self._subscribe(f"Access{number}", group, "service_metric", _EVERYTHING)
        for number, group in enumerate(sources.functions):
            self._subscribe(f"Reports{number}", group, "service_metric", _REPORTS)
        if sources.metric_namespaces:
            self._metrics(sources.metric_namespaces)
        if sources.emails and mail is not None:
            self._emails(mail)

    def _sending(self, service: str, name: str, tables: tuple[str, ...], condition: Mapping[str, Any]) -> iam.Role:
        role = iam.Role(self, f"{name}Role", assumed_by=iam.ServicePrincipal(service, conditions=condition))
        may_put(role, self._names, tables)
        return role

    def _subscribe(self, name: str, group: str, table: str, pattern: str) -> None:
        subscription = logs.CfnSubscriptionFilter(
            self,
            name,
            log_group_name=group,
            filter_name=self._names.stage.named(table),
            filter_pattern=pattern,
            destination_arn=self._names.stream_arn(table),
            role_arn=self._logs_role.role_arn,
        )
        subscription.node.add_dependency(self._logs_role, *self._streams)

    def _bedrock(self) -> None:
        """Every call of the account and region, into a log that a subscription reads. What is longer than a log takes
        goes to a bucket, and is gone in a day as well.
        """
        names = self._names
        group = logs.LogGroup(
            self,
            "Calls",
            log_group_name=f"/aws/bedrock/{names.stage.named('calls')}",
            retention=retention(CALLS_DAYS),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._subscribe("CallsToStream", f"/aws/bedrock/{names.stage.named('calls')}", "prompt_execution", _EVERYTHING)
        self.node.find_child("CallsToStream").node.add_dependency(group)
        role = iam.Role(
            self,
            "BedrockRole",
            assumed_by=iam.ServicePrincipal(
                "bedrock.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": names.stage.account}},
            ),
        )
        stream = names.arn("logs", f"log-group:/aws/bedrock/{names.stage.named('calls')}:log-stream:aws/bedrock/*")
        allow(
            role,
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [stream],
            "Bedrock names the streams of its log itself.",
        )
        self._log_calls(role, group)

    def _log_calls(self, role: iam.Role, group: logs.LogGroup) -> None:
        """CloudFormation has no resource for it: a call switches it on, and another one off."""
        names = self._names
        on = custom.AwsSdkCall(
            service="bedrock",
            action="putModelInvocationLoggingConfiguration",
            parameters={
                "loggingConfig": {
                    "cloudWatchConfig": {
                        "logGroupName": f"/aws/bedrock/{names.stage.named('calls')}",
                        "roleArn": role.role_arn,
                        "largeDataDeliveryS3Config": {"bucketName": names.passing, "keyPrefix": CALLS},
                    },
                    "textDataDeliveryEnabled": True,
                    "imageDataDeliveryEnabled": False,
                    "embeddingDataDeliveryEnabled": False,
                }
            },
            physical_resource_id=custom.PhysicalResourceId.of("bedrock-logging"),
        )
        off = custom.AwsSdkCall(service="bedrock", action="deleteModelInvocationLoggingConfiguration")
        acts = iam.Role(self, "LoggingRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        why = "Logging of calls is a setting of the account and region; it has no ARN."
        allow(acts, [f"bedrock:{_LOGGING}", "bedrock:DeleteModelInvocationLoggingConfiguration"], ["*"], why)
        allow(acts, ["iam:PassRole"], [role.role_arn])
        log = names.arn("logs", f"log-group:/aws/lambda/{names.stage.named('bedrock-logging')}:*")
        allow(acts, ["logs:CreateLogStream", "logs:PutLogEvents"], [log], "Lambda names the streams of its log itself.")
        switched = custom.AwsCustomResource(
            self,
            "Logging",
            on_create=on,
            on_update=on,
            on_delete=off,
            role=acts,
            install_latest_aws_sdk=False,
            function_name=names.stage.named("bedrock-logging"),
            log_group=logs.LogGroup(
                self,
                "LoggingLog",
                log_group_name=f"/aws/lambda/{names.stage.named('bedrock-logging')}",
                retention=retention(names.stage.logs_days),
                removal_policy=RemovalPolicy.DESTROY,
            ),
        )
        switched.node.add_dependency(role, group, acts)

    def _metrics(self, namespaces: tuple[str, ...]) -> None:
        role = self._sending("streams.metrics.cloudwatch.amazonaws.com", "Metrics", ("service_metric",), self._ours)
        stream = cloudwatch.CfnMetricStream(
            self,
            "Metrics",
            name=self._names.stage.named("metrics"),
            firehose_arn=self._names.stream_arn("service_metric"),
            role_arn=role.role_arn,
            output_format="json",
            include_filters=[
                cloudwatch.CfnMetricStream.MetricStreamFilterProperty(namespace=namespace) for namespace in namespaces
            ],
        )
        stream.node.add_dependency(role, *self._streams)

    def _emails(self, mail: ses.CfnConfigurationSet) -> None:
        role = self._sending("ses.amazonaws.com", "Emails", ("email_event",), self._ours)
        cfn = ses.CfnConfigurationSetEventDestination
        destination = cfn(
            self,
            "Emails",
            configuration_set_name=mail.ref,
            event_destination=cfn.EventDestinationProperty(
                name=self._names.stage.named("events"),
                enabled=True,
                matching_event_types=list(SES_EVENTS),
                kinesis_firehose_destination=cfn.KinesisFirehoseDestinationProperty(
                    delivery_stream_arn=self._names.stream_arn("email_event"), iam_role_arn=role.role_arn
                ),
            ),
        )
        destination.node.add_dependency(role, *self._streams)
