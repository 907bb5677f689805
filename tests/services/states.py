"""Step Functions: moto's interpreter of Amazon States Language, with Python functions in the place of Lambda's."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_glue
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition

REGION, ACCOUNT = "eu-central-1", "123456789012"
_ENDS_WITHIN_S = 60
_PATTERNS = {ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}

Function = Callable[[dict[str, Any]], Any]
Meanwhile = Callable[[list[str]], None]


class Throttled(Exception):
    """Lambda turns the call away."""


@dataclass
class Run:
    """What became of one execution."""

    status: str
    error: str | None
    passed: list[str]
    """States in the order in which they were entered."""
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Functions that were called, with what."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """Messages that reached the topic's subscriber."""
    kept: list[dict[str, Any]] = field(default_factory=list)
    """Messages in the queue of dead letters."""


class _Lambda:
    """The part of boto3's client that the interpreter calls."""

    def __init__(self, functions: Mapping[str, Function], called: list[tuple[str, dict[str, Any]]]) -> None:
        self._functions, self._called = functions, called

    def invoke(self, **asked: Any) -> dict[str, Any]:
        name = asked["FunctionName"].rpartition(":")[2]
        payload = json.loads(asked["Payload"])
        self._called.append((name, payload))
        told: dict[str, Any] = {"StatusCode": 200, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "1"}}
        try:
            answer = self._functions[name](payload)
        except Throttled as error:
            response = {
                "Error": {"Code": "TooManyRequestsException", "Message": str(error)},
                "ResponseMetadata": {"HTTPStatusCode": 429, "RequestId": "1"},
            }
            raise ClientError(response, "Invoke") from error  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - whatever a function raises, Lambda tells so
            answer = {"errorMessage": str(error), "errorType": type(error).__name__}
            told["FunctionError"] = "Unhandled"
        return told | {"Payload": io.BytesIO(json.dumps(answer).encode())}


def hurried(flow: Mapping[str, Any]) -> dict[str, Any]:
    """The same states, which wait for a moment where they would wait for minutes."""
    states = json.loads(json.dumps(flow["States"]))
    for state in states.values():
        if state["Type"] == "Wait":
            state["Seconds"] = 0
        for retry in state.get("Retry", ()):
            retry |= {"IntervalSeconds": 1, "BackoffRate": 1.0}
    return {**flow, "States": states}


@contextmanager
def interpreter() -> Iterator[None]:
    """For as long as state machines are executed."""
    config: Any = {"stepfunctions": {"execute_state_machine": True}}
    with mock_aws(config=config), pytest.MonkeyPatch.context() as patch:
        # moto trips at the end of a run of Glue that it waits for, unless Glue could be waited for by token as well.
        patch.setattr(state_task_service_glue, "_SUPPORTED_INTEGRATION_PATTERNS", _PATTERNS)
        yield


def execute(
    flow: Mapping[str, Any],
    functions: Mapping[str, Function],
    topic: str,
    queue: str,
    *,
    has_topic: bool = True,
    meanwhile: Meanwhile = lambda _: None,
    asked: Mapping[str, Any] | None = None,
) -> Run:
    """Run a state machine to its end. ``topic`` and ``queue`` are the names it knows them by; ``meanwhile`` is told
    again and again which states were entered; ``asked`` is what the schedule asks.
    """
    sqs, sns = (boto3.client(service, region_name=REGION) for service in ("sqs", "sns"))
    letters = sqs.create_queue(QueueName=queue)["QueueUrl"]
    heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
    if has_topic:
        arn = sns.create_topic(Name=topic)["TopicArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:heard")
    called: list[tuple[str, dict[str, Any]]] = []
    states = boto3.client("stepfunctions", region_name=REGION)
    with pytest.MonkeyPatch.context() as patch:
        place = "moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils.boto_client_for"
        patch.setattr(place, lambda **_: _Lambda(functions, called))
        machine = states.create_state_machine(
            name=f"m{uuid4().hex}", definition=json.dumps(flow), roleArn=f"arn:aws:iam::{ACCOUNT}:role/r"
        )["stateMachineArn"]
        started = states.start_execution(stateMachineArn=machine, name=uuid4().hex, input=json.dumps(asked or {}))
        execution = started["executionArn"]
        told = _ended(states, execution, meanwhile)
    return Run(
        told["status"],
        told.get("error"),
        _entered(states, execution),
        called,
        [json.loads(one) for one in _received(sqs, heard)],
        [json.loads(one) for one in _received(sqs, letters)],
    )


def _entered(states: Any, execution: str) -> list[str]:
    history = states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return [one["stateEnteredEventDetails"]["name"] for one in history if "stateEnteredEventDetails" in one]


def _ended(states: Any, execution: str, meanwhile: Meanwhile) -> dict[str, Any]:
    until_s = time.monotonic() + _ENDS_WITHIN_S
    while True:
        told: dict[str, Any] = states.describe_execution(executionArn=execution)
        if told["status"] != "RUNNING":
            return told
        meanwhile(_entered(states, execution))
        assert time.monotonic() < until_s, "the execution does not end"
        time.sleep(0.05)


def _received(sqs: Any, queue: str) -> list[str]:
    return [one["Body"] for one in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ())]
