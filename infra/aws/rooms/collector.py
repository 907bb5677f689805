"""The collector: every HTTP door, on an HTTP API, and the consumer of the owner's Kinesis stream where there is one."""

import json

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.aws.names import BRONZE_TABLES, Names
from infra.aws.packages.build import Package
from infra.aws.rooms.functions import Functions, Made, retention
from infra.aws.rooms.permissions import accept, allow
from infra.aws.rooms.reaching import LEDGER_WRITES, may_put, may_read_keys, may_use
from ingest.doors.lambdas import variables

BURST, RATE_PER_S = 2_000, 1_000
"""Requests; a packed one carries hundreds of events."""
_ACCESS = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "httpMethod": "$context.httpMethod",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "apiId": "$context.apiId",
    "stage": "$context.stage",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
}
"""As the door of access logs reads them (docs/connect.md): no address and no path, in which a key may stand."""


class Collector(Construct):
    """Takes events over HTTP. Nobody sends without a key, which the function itself looks at."""

    def __init__(self, scope: Construct, names: Names, functions: Functions, environment: dict[str, str]) -> None:
        super().__init__(scope, "Collector")
        closed = {**environment, variables.CLOSED_VARIABLE: "1"}
        origins = names.stage.allowed_origins
        self.made = functions.zipped(
            "collector",
            "ingest.doors.lambdas.collector.handler",
            {**closed, **({variables.ORIGINS_VARIABLE: ",".join(origins)} if origins else {})},
            memory_mb=512,
            timeout_s=29,
            package=Package.DOORS,
        )
        _may_deliver(self.made, names)
        may_use(self.made.role, names, names.access, ("PutItem", "UpdateItem"))  # whoever says what they consent to
        self.api = gateway.HttpApi(self, "Api", api_name=names.stage.named("collector"), create_default_stage=False)
        integration = integrations.HttpLambdaIntegration("Doors", self.made.function)
        (route, *_) = self.api.add_routes(path="/{proxy+}", methods=[gateway.HttpMethod.ANY], integration=integration)
        (root, *_) = self.api.add_routes(path="/", methods=[gateway.HttpMethod.POST], integration=integration)
        why = "A key may stand wherever a client's own library puts it, so the doors look for it themselves."
        for one in (route, root):
            accept(one, "AwsSolutions-APIG4", why)
        self._stage(names)
        CfnOutput(self, "Url", value=self.api.api_endpoint, key="CollectorUrl")

    def _stage(self, names: Names) -> None:
        log = logs.LogGroup(
            self,
            "Access",
            log_group_name=f"/aws/apigateway/{names.stage.named('collector')}",
            retention=retention(names.stage.logs_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        gateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_burst_limit=BURST, throttling_rate_limit=RATE_PER_S, detailed_metrics_enabled=False
            ),
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=json.dumps(_ACCESS)
            ),
        )


class Consumer(Construct):
    """What applications emit with ``PutRecords``; opt-in, for a stream costs something at rest."""

    def __init__(self, scope: Construct, names: Names, functions: Functions, environment: dict[str, str]) -> None:
        super().__init__(scope, "Consumer")
        stream = kinesis.Stream(
            self,
            "Stream",
            stream_name=names.stage.named("events"),
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=Duration.hours(24),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.made = functions.zipped(
            "consumer",
            "ingest.doors.lambdas.kinesis.handler",
            environment,
            memory_mb=512,
            timeout_s=60,
            package=Package.DOORS,
        )
        _may_deliver(self.made, names)
        arn = names.arn("kinesis", f"stream/{names.stage.named('events')}")
        reads = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
        allow(self.made.role, [f"kinesis:{operation}" for operation in reads], [arn])
        source = lambda_.CfnEventSourceMapping(
            self,
            "Source",
            event_source_arn=stream.stream_arn,
            function_name=names.function("consumer"),
            starting_position="TRIM_HORIZON",
            batch_size=100,
            maximum_batching_window_in_seconds=5,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
        )
        source.node.add_dependency(self.made.function, self.made.role)


def _may_deliver(made: Made, names: Names) -> None:
    may_read_keys(made.role, names)
    may_use(made.role, names, names.access, ("GetItem", "BatchGetItem", "Query", "Scan"))
    may_use(made.role, names, names.ledger, LEDGER_WRITES)
    may_put(made.role, names, BRONZE_TABLES)
