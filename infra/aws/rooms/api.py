"""The API of prompts and analytics: a regional REST API before one function."""

import json
from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_apigateway as gateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.aws.names import Names
from infra.aws.packages.build import Package
from infra.aws.rooms.api_document import gateway_document
from infra.aws.rooms.functions import Functions, Made, retention
from infra.aws.rooms.permissions import accept, allow
from infra.aws.rooms.reaching import TABLE_WRITES, may_put, may_read_published, may_use
from ingest.doors.lambdas import authorizer
from ingest.doors.lambdas import variables as of_doors
from serving.lambdas import variables

STAGE = "v1"
BURST, RATE_PER_S = 200, 100
PLANS = {authorizer.APPLICATIONS: (150, 75), authorizer.PERSONS: (100, 50)}
"""Requests at once and a second, by whom the authorizer takes the caller for."""
_ACCESS = gateway.AccessLogFormat.custom(
    json.dumps(
        {
            "requestId": "$context.requestId",
            "requestTime": "$context.requestTime",
            "httpMethod": "$context.httpMethod",
            "routeKey": "$context.httpMethod $context.resourcePath",
            "status": "$context.status",
            "apiId": "$context.apiId",
            "stage": "$context.stage",
            "responseLength": "$context.responseLength",
            "responseLatency": "$context.responseLatency",
        }
    )
)
"""As the door of access logs reads them: the resource, and not the path, in which ids stand."""


class Api(Construct):
    """Who asks, a function of its own says; what they may, the API's."""

    def __init__(
        self,
        scope: Construct,
        names: Names,
        functions: Functions,
        openapi: dict[str, Any],
        people: tuple[str, str],
        files: dict[str, str],
    ) -> None:
        """``people`` are the ids of Cognito's pool and client; ``files`` the variables that name the owner's files."""
        super().__init__(scope, "Api")
        self._names, self._stage = names, names.stage
        self.function = self._answering(functions, files)
        self.authorizer = self._authorizing(functions, people)
        alias = self._alias()
        self.api = gateway.SpecRestApi(
            self,
            "Rest",
            rest_api_name=names.stage.named("api"),
            api_definition=gateway.ApiDefinition.from_inline(
                gateway_document(
                    openapi,
                    names.stage.named("api"),
                    self._uri("api", alias),
                    self._uri("authorizer", None),
                    self._uri("unsubscribe", None) if names.stage.reports else None,
                )
            ),
            endpoint_types=[gateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=self._options(),
        )
        for what, which in (("api", alias), ("authorizer", None)):
            self._may_be_called(what, which)
        self._plans()
        for part in (self.api, self.api.deployment_stage):
            accept(part, "AwsSolutions-APIG2", "The API checks each request against its own schemas, in its own words.")
            accept(part, "AwsSolutions-APIG3", "A firewall is billed whether it is used or not; the API is throttled.")
        CfnOutput(self, "Url", value=self.api.url, key="ApiUrl")

    def _answering(self, functions: Functions, files: dict[str, str]) -> Made:
        names = self._names
        made = functions.zipped(
            "api",
            "serving.lambdas.api.handler",
            {
                variables.TABLE_VARIABLE: names.templates,
                variables.BUCKET_VARIABLE: names.lake,
                variables.STREAMS_VARIABLE: names.stream_prefix,
                variables.SMALLEST_GROUP_VARIABLE: str(self._stage.lake.smallest_group),
                **files,
            },
            memory_mb=1769,
            timeout_s=29 if variables.MODELS_VARIABLE not in files else 300,
            snap_start=self._stage.extras.snap_start,
        )
        may_read_published(made.role, names)
        may_use(made.role, names, names.templates, (*TABLE_WRITES, "DescribeTable"))
        may_put(made.role, names, ("feedback", "prompt_execution"))
        allow(made.role, ["firehose:DescribeDeliveryStream"], [names.stream_arn("prompt_execution")])
        allow(made.role, ["lambda:InvokeFunction"], [names.function_arn("api")])  # it goes on with what takes long
        allow(made.role, ["events:PutEvents"], [names.arn("events", "event-bus/default")])
        if variables.MODELS_VARIABLE in files:
            models = [
                names.arn("bedrock", "foundation-model/*", region="*", account=""),
                names.arn("bedrock", "inference-profile/*"),
                names.arn("bedrock", "application-inference-profile/*"),
            ]
            why = (
                "Which models are asked, the owner's models.toml and each template say; profiles ask in other regions."
            )
            allow(made.role, ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], models, why)
        return made

    def _authorizing(self, functions: Functions, people: tuple[str, str]) -> Made:
        pool, client = people
        made = functions.zipped(
            "authorizer",
            "ingest.doors.lambdas.authorizer.handler",
            {
                of_doors.TABLE_VARIABLE: self._names.access,
                authorizer.POOL_VARIABLE: pool,
                authorizer.CLIENT_VARIABLE: client,
                authorizer.PLANS_VARIABLE: self._names.plan_key(""),
            },
            memory_mb=512,
            timeout_s=5,
            package=Package.DOORS,
        )
        may_use(made.role, self._names, self._names.access, ("GetItem",))
        return made

    def _alias(self) -> lambda_.Alias | None:
        """What is called where a snapshot starts, which only versions have."""
        if not self._stage.extras.snap_start:
            return None
        return lambda_.Alias(self, "Live", alias_name="live", version=self.function.function.current_version)

    def _uri(self, what: str, alias: lambda_.Alias | None) -> str:
        arn = self._names.function_arn(what) + (":live" if alias else "")
        return self._names.arn("apigateway", f"path/2015-03-31/functions/{arn}/invocations", account="lambda")

    def _may_be_called(self, what: str, alias: lambda_.Alias | None) -> None:
        permission = lambda_.CfnPermission(
            self,
            f"{what}-is-called",
            action="lambda:InvokeFunction",
            function_name=self._names.function_arn(what) + (":live" if alias else ""),
            principal="apigateway.amazonaws.com",
            source_arn=self._names.arn("execute-api", f"{self.api.rest_api_id}/*"),
        )
        permission.node.add_dependency(alias or (self.function if what == "api" else self.authorizer).function)

    def _options(self) -> gateway.StageOptions:
        log = logs.LogGroup(
            self,
            "Access",
            log_group_name=f"/aws/apigateway/{self._stage.named('api')}",
            retention=retention(self._stage.logs_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        return gateway.StageOptions(
            stage_name=STAGE,
            access_log_destination=gateway.LogGroupLogDestination(log),
            access_log_format=_ACCESS,
            logging_level=gateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,
            metrics_enabled=False,
            tracing_enabled=True,
            throttling_burst_limit=BURST,
            throttling_rate_limit=RATE_PER_S,
        )

    def _plans(self) -> None:
        """Applications may ask so much, and people so much, so that neither keeps the others waiting."""
        for plan, (burst, per_s) in PLANS.items():
            usage = self.api.add_usage_plan(
                plan.capitalize(),
                name=self._stage.named(plan),
                throttle=gateway.ThrottleSettings(burst_limit=burst, rate_limit=per_s),
                api_stages=[gateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)],
            )
            value = self._names.plan_key(plan)
            usage.add_api_key(gateway.ApiKey(self, f"{plan.capitalize()}Key", api_key_name=value, value=value))
