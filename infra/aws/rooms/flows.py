"""The state machines, in Amazon States Language. Nothing here needs CDK, so that tests run them as they stand.

A build is one function, for the gate has to judge what nobody sees yet, under one lease (docs/adr/0016). What the
machine adds is what a function can't do about itself: look first, ask again, tell somebody, and keep what failed.
"""

from collections.abc import Mapping
from typing import Any

from infra.aws.names import Names
from infra.aws.watch.measure import FIGURES

State = dict[str, Any]

BUILD = "build"
ROUTINES = {
    "maintain": "cron(20 3 * * ? *)",
    "doctor": "cron(40 5 * * ? *)",
    "backup": "cron(10 2 * * ? *)",
    "measure": "cron(50 0 * * ? *)",
    "sweep": "rate(1 hour)",
}
"""What is done, and when, in UTC. `measure` tells the figures of the business of the days before."""

REPORTS = "reports"
REPORTED = {"week": "cron(0 6 ? * MON *)", "month": "cron(0 6 1 * ? *)"}
"""When a report of the last week or month is sent, in UTC, as the lake's days are: some hours after its end, so that
builds have taken in what came late.
"""

_LAMBDA = "arn:{partition}:states:::lambda:invoke"
_PASSING = ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException"]  # fmt: skip
"""What is over when it is asked again."""
_ONE_AT_A_TIME = "Glue.ConcurrentRunsExceededException"
BUSY_WAIT_S = 120
"""Another job has the lock: most end within this."""


def build_flow(names: Names, *, is_spark: bool) -> State:
    """Look, build, measure, tell."""
    after_build = {"Next": "WasItBuilt"} if not is_spark else {"Next": "Measure"}
    states: dict[str, State] = {
        "LookForNews": _invoke(names, "news", {}, "$.news", Next="IsAnythingNew"),
        "IsAnythingNew": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.news.is.is_new", "BooleanEquals": True, "Next": "Build"}],
            "Default": "MeasureNothingNew",
        },
        "MeasureNothingNew": _invoke(names, "measure", {"is_new": False}, "$.measured", Next="NothingNew"),
        "NothingNew": {"Type": "Succeed"},
        "Build": _job(names, "build", "$.built", is_spark=is_spark, busy="AnotherIsRunning", **after_build),
        "AnotherIsRunning": {
            "Type": "Succeed",
            "Comment": "Another job has the lock; the next schedule finds what is left.",
        },
        "Measure": _invoke(names, "measure", {"is_new": True}, "$.measured", Next="IsSomethingToTell"),
        "IsSomethingToTell": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.built.is.warnings[0]", "IsPresent": True, "Next": "TellWarnings"},
            ],
            "Default": "Built",
        },
        "TellWarnings": _tell(
            names,
            f"promptlake {names.stage.name}: built, with warnings",
            "States.Format('The gate warns of {}', States.JsonToString($.built.is.warnings))",
            Next="Built",
        ),
        "Built": {"Type": "Succeed"},
        **_failing(names, "build"),
    }
    if not is_spark:
        states |= {
            "WasItBuilt": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.built.is.built", "BooleanEquals": True, "Next": "Measure"}],
                "Default": "AnotherIsRunning",
            },
        }
    return _flow("Builds the tables where something is new", "LookForNews", states)


def routine_flow(names: Names, job: str, *, is_spark: bool = False) -> State:
    """One job that a schedule asks for: do it, ask again, or tell that it failed."""
    if job == "maintain":
        do = _job(names, "maintain", "$.done", is_spark=is_spark, busy="WaitForTheLock", Next="WasItDone")
    else:
        do = _invoke(names, job, {"job": FIGURES if job == "measure" else job}, "$.done", Next="Done")
    states: dict[str, State] = {"Do": do, "Done": {"Type": "Succeed"}, **_failing(names, job)}
    if job == "maintain":
        states["WasItDone"] = {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.done.is.maintained", "IsPresent": True},
                        {"Variable": "$.done.is.maintained", "BooleanEquals": False},
                    ],
                    "Next": "WaitForTheLock",
                }
            ],
            "Default": "Done",
        }
        states["WaitForTheLock"] = {"Type": "Wait", "Seconds": BUSY_WAIT_S, "Next": "Do"}
    return _flow(f"Does the routine {job}", "Do", states)


def reports_flow(names: Names) -> State:
    """One report, which the execution's input names: make and send it, or tell that it was not sent. It is of the
    period that was over when the execution began, however late it is tried again.
    """
    asked = {"audience.$": "$.audience", "period.$": "$.period", "on.$": "$$.Execution.StartTime"}
    states: dict[str, State] = {
        "Send": _invoke(names, REPORTS, asked, "$.done", Next="Sent"),
        "Sent": {"Type": "Succeed"},
        **_failing(names, REPORTS),
    }
    return _flow("Makes and sends one report", "Send", states)


def _flow(comment: str, start: str, states: Mapping[str, State]) -> State:
    return {"Comment": comment, "StartAt": start, "TimeoutSeconds": 6 * 3600, "States": dict(states)}


def _job(names: Names, job: str, result: str, *, is_spark: bool, busy: str, **then: str) -> State:
    """One of the jobs that have the lock. A function answers that it is busy; of Glue's job there is one run at a time,
    and who asks for a second one goes to the state ``busy``.
    """
    if not is_spark:
        return _invoke(names, "jobs", {"job": job}, result, **then)
    return {
        "Type": "Task",
        "Resource": f"arn:{names.partition}:states:::glue:startJobRun.sync",
        "Parameters": {"JobName": names.stage.named("jobs"), "Arguments": {"--job": job}},
        "ResultSelector": {"run.$": "$.Id"},
        "ResultPath": result,
        "Catch": [{"ErrorEquals": [_ONE_AT_A_TIME], "ResultPath": "$.busy", "Next": busy}, *_caught()],
        **then,
    }


def _invoke(names: Names, what: str, payload: Mapping[str, Any], result: str, **then: str) -> State:
    return {
        "Type": "Task",
        "Resource": _LAMBDA.format(partition=names.partition),
        "Parameters": {"FunctionName": names.function_arn(what), "Payload": dict(payload)},
        "ResultSelector": {"is.$": "$.Payload"},
        "ResultPath": result,
        "Retry": [
            {
                "ErrorEquals": _PASSING,
                "IntervalSeconds": 5,
                "MaxAttempts": 3,
                "BackoffRate": 3,
                "JitterStrategy": "FULL",
            },
        ],
        "Catch": _caught(),
        **then,
    }


def _caught() -> list[State]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}]


def _failing(names: Names, job: str) -> dict[str, State]:
    """Tell somebody, keep what failed, and have failed."""
    tell = _tell(
        names,
        f"promptlake {names.stage.name}: {job} failed",
        f"States.Format('{job} failed with {{}}: {{}}', $.error.Error, $.error.Cause)",
        Next="Keep",
    )
    return {
        "Tell": tell | {"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.untold", "Next": "Keep"}]},
        "Keep": {
            "Type": "Task",
            "Resource": f"arn:{names.partition}:states:::sqs:sendMessage",
            "Parameters": {
                "QueueUrl": names.dead_letters_url,
                "MessageBody": {"job": job, "error.$": "$.error", "execution.$": "$$.Execution.Id"},
            },
            "ResultPath": None,
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    }


def _tell(names: Names, subject: str, message: str, **then: str) -> State:
    return {
        "Type": "Task",
        "Resource": f"arn:{names.partition}:states:::sns:publish",
        "Parameters": {"TopicArn": names.topic_arn, "Subject": subject, "Message.$": message},
        "ResultPath": None,
        **then,
    }
