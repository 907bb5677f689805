"""The state machines, and the schedules that start them."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as states
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.flows import BUILD, REPORTED, REPORTS, ROUTINES, build_flow, reports_flow, routine_flow
from infra.aws.rooms.functions import retention
from infra.aws.rooms.permissions import allow

_NOTHING: Mapping[str, str] = {}
_SERVICE_LOGS = "Step Functions delivers logs by calls that have no resource."


class Machines(Construct):
    """One for the build, for each routine, and for the reports: an execution is the record of a run."""

    def __init__(self, scope: Construct, names: Names, *, is_spark: bool) -> None:
        super().__init__(scope, "Machines")
        self._names, self._is_spark = names, is_spark
        self._starts = iam.Role(self, "Starts", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        reports = names.stage.reports
        every = [BUILD, *ROUTINES, *([REPORTS] if reports else [])]
        allow(self._starts, ["states:StartExecution"], [names.flow_arn(what) for what in every])
        allow(self._starts, ["sqs:SendMessage"], [names.arn("sqs", names.dead_letters)])
        calls = ("jobs", "news", "measure") if not is_spark else ("news", "measure")
        when = f"rate({names.stage.build_every_minutes} minutes)"
        self._schedule(BUILD, when, self._machine(BUILD, build_flow(names, is_spark=is_spark), calls))
        for what, when in ROUTINES.items():
            called = ("jobs",) if what == "maintain" and not is_spark else (what,)
            flow = routine_flow(names, what, is_spark=is_spark)
            made = self._machine(what, flow, () if what == "maintain" and is_spark else called)
            self._schedule(what, when, made)
        if reports:
            made = self._machine(REPORTS, reports_flow(names), (REPORTS,))
        for one in reports:
            asked = {"audience": one.audience, "period": one.period}
            self._schedule(REPORTS, REPORTED[one.period], made, asked)

    def _machine(self, what: str, flow: dict[str, Any], calls: tuple[str, ...]) -> states.CfnStateMachine:
        names = self._names
        log = logs.LogGroup(
            self,
            f"{what.capitalize()}Log",
            log_group_name=f"/aws/vendedlogs/states/{names.stage.named(what)}",
            retention=retention(names.stage.logs_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = self._role(what, calls)
        machine = states.CfnStateMachine(
            self,
            what.capitalize(),
            state_machine_name=names.stage.named(what),
            role_arn=role.role_arn,
            definition_string=json.dumps(flow),
            logging_configuration=states.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=False,
                destinations=[
                    states.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=states.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=log.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=states.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        machine.node.add_dependency(role)
        return machine

    def _role(self, what: str, calls: tuple[str, ...]) -> iam.Role:
        names = self._names
        role = iam.Role(self, f"{what.capitalize()}Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        if calls:
            allow(role, ["lambda:InvokeFunction"], [names.function_arn(name) for name in calls])
        allow(role, ["sns:Publish"], [names.topic_arn])
        allow(role, ["sqs:SendMessage"], [names.arn("sqs", names.dead_letters)])
        log = ("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries",
               "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")  # fmt: skip
        traces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        allow(role, [f"logs:{one}" for one in log] + traces, ["*"], _SERVICE_LOGS)
        if self._is_spark and what in (BUILD, "maintain"):
            runs = ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"]
            allow(role, runs, [names.arn("glue", f"job/{names.stage.named('jobs')}")])
        return role

    def _schedule(
        self, what: str, when: str, machine: states.CfnStateMachine, asked: Mapping[str, str] = _NOTHING
    ) -> None:
        """Start a machine, with what it is asked."""
        cfn, names = scheduler.CfnSchedule, self._names
        called = "-".join([what, *asked.values()])
        schedule = cfn(
            self,
            f"{''.join(word.capitalize() for word in called.split('-'))}Schedule",
            name=names.stage.named(called),
            schedule_expression=when,
            flexible_time_window=cfn.FlexibleTimeWindowProperty(mode="OFF"),
            target=cfn.TargetProperty(
                arn=names.flow_arn(what),
                role_arn=self._starts.role_arn,
                input=json.dumps(asked),
                dead_letter_config=cfn.DeadLetterConfigProperty(arn=names.arn("sqs", names.dead_letters)),
                retry_policy=cfn.RetryPolicyProperty(maximum_retry_attempts=3, maximum_event_age_in_seconds=3600),
            ),
        )
        schedule.node.add_dependency(machine)
