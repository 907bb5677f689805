"""Prompts are executed, and executions that took longer are looked at."""

from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path
from pydantic import SkipValidation

from ingest.contracts.roles import EXECUTOR
from serving.execution_schemas import Executed, ExecuteRequest
from serving.logic.execution.executions import Executions
from serving.paths import EVENT_STREAM, EXECUTE, EXECUTIONS
from serving.routes.templates.registering import EnvironmentQuery, IdempotencyKey, Routes, send

parts_to: ContextVar[Callable[[str], None] | None] = ContextVar("parts_to", default=None)
"""Is given the parts of the answer to the request at hand, where who serves can send them one by one."""

_Execute = Annotated[ExecuteRequest, SkipValidation, Body(description="What to execute")]
_Prefer = Annotated[
    str | None, Header(alias="Prefer", description="`respond-async`: do not wait for the answer, where that can be")
]
_ExecutionIdPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the execution")]
_ASYNC = "respond-async"
_FAILING = (
    HTTPStatus.GONE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
)


def add_executing(routes: Routes, executions: Executions) -> None:
    """Let the resolver execute prompts."""

    @routes.add("POST", EXECUTE, "Execute a prompt", Executed, also=_FAILING)
    def execute_prompt(
        body: _Execute,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        idempotency_key: IdempotencyKey = None,
        prefer: _Prefer = None,
    ) -> Response[Any]:
        """Render a template, let a model answer, and tell it as one event, which is safe before you have the answer.
        The role executor, or editor, is needed. In AWS, what may take over 25 seconds is answered with 202 and the
        place of the answer; embedded, `Accept: text/event-stream` gets it in parts.
        """
        asking = routes.asking(environment, key=idempotency_key, role=EXECUTOR)
        wanted = routes.body(ExecuteRequest)
        is_streamed = EVENT_STREAM in routes.app.current_event.headers.get("accept", "")
        is_patient = _ASYNC not in (prefer or "")
        on_text = parts_to.get() if is_streamed else None
        return send(executions.execute(asking, wanted, on_text, is_patient=is_patient))

    @routes.add("GET", f"{EXECUTIONS}/<execution_id>", "Look at an execution", Executed, also=_FAILING)
    def get_execution(execution_id: _ExecutionIdPath, environment: EnvironmentQuery = None) -> Response[Any]:
        """The answer of an execution that was answered with 202, or that had an `Idempotency-Key`: for a day. 202 until
        it has come back.
        """
        where = routes.reader(environment, EXECUTOR if routes.who().role == EXECUTOR else "viewer")
        return send(executions.look(routes.who(), where, execution_id))
