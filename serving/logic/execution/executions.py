"""Where requests to execute a prompt are dealt with: at once, later, or not again."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from ingest.contracts.roles import includes
from serving.access import Principal
from serving.execution_schemas import IN_PLACE_S, ExecuteRequest
from serving.logic.execution.ending import RETRY_AFTER_S, Endings, told, waiting
from serving.logic.execution.events import about
from serving.logic.execution.kept import KEPT_FOR, LEASE, Kept, KeptExecutions
from serving.logic.execution.plan import Plan, plan
from serving.logic.execution.running import Runner
from serving.logic.experiments.assigning import Assigning
from serving.logic.models.provider import OnText
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import key_used, not_found
from serving.logic.templates.desk import Answer, Asking, Desk
from serving.stores.table import Full, Lost, Unreachable

POLL_S = 0.25
WAITED_S = 20.0
"""So long the answer of a deferred execution is waited for, before its place is told."""

Defer = Callable[[str, str], None]
"""Has an execution of an environment worked on by somebody else, who calls :meth:`Executions.work`. Raises ``OSError``
where nobody can be told.
"""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Executions:
    """All that the routes need.

    Args:
        desk: keeps the templates.
        runner: runs one execution.
        kept: remembers those that may be asked for again.
        assigning: tells the variant of an experiment.
        defer: for what takes longer than may be waited for; None where anything may be.
    """

    desk: Desk
    runner: Runner
    kept: KeptExecutions
    assigning: Assigning
    defer: Defer | None = None
    sleep: Callable[[float], None] = field(default=time.sleep)

    @property
    def endings(self) -> Endings:
        return Endings(self.kept, self.runner.record, self.desk.clock)

    def execute(
        self, asking: Asking, wanted: ExecuteRequest, on_text: OnText | None = None, *, is_patient: bool = True
    ) -> Answer:
        """Execute a prompt, or tell where its answer will be.

        Args:
            asking: who, where, and under which key.
            wanted: which prompt and model.
            on_text: is given the parts of the answer as they come.
            is_patient: whether the answer is waited for at all, where it may come later.

        Raises:
            RequestRefused: as :func:`serving.logic.execution.plan.plan` and
                :meth:`serving.logic.execution.running.Runner.run`; 409 while the same request is being executed; 422
                for a key of another request.
        """
        if (answered := self._again(asking)) is not None:
            return answered
        planned = self._planned(asking.who, asking.environment, wanted)
        is_deferred = self.defer is not None and (wanted.timeout_s > IN_PLACE_S or not is_patient)
        if asking.key is None and not is_deferred:
            return told(self.runner.run(planned, on_text).model_dump_json())
        kept = _kept(asking, planned, is_deferred=is_deferred)
        try:
            self.kept.begin(kept, asking.request)
        except Lost:
            answered = self._again(asking)
            if answered is None:
                raise _in_progress() from None
            return answered
        except Full as error:
            message = f"{error}; make it smaller."
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message) from error
        if not is_deferred:
            try:
                return self._run(kept, planned, on_text)
            except (RequestRefused, Unreachable):
                self.endings.forget(kept)  # who sends it again wants it tried again
                raise
        self._hand_over(kept)
        return self._wait_for(kept, WAITED_S if is_patient else 0.0)

    def look(self, who: Principal, environment: str, execution_id: str) -> Answer:
        """The answer of an execution that is kept, or that it has not come back yet.

        Raises:
            RequestRefused: 404; or why it has failed.
        """
        kept = self.kept.find(environment, execution_id)
        if kept is None or (kept.who != who.name and not includes(who.role, "viewer")):
            message = (
                f"There is no execution {execution_id[:60]} in {environment}, or nobody has to remember it any more."
            )
            raise not_found("no_such_execution", message)
        return self.endings.tell(kept)

    def work(self, environment: str, execution_id: str) -> None:
        """Run what was deferred. Called again, it does nothing, or ends what was interrupted."""
        kept = self.kept.find(environment, execution_id)
        if kept is None or kept.state == "done":
            return
        if kept.state == "running":
            self.endings.end_if_lost(kept)
            return
        try:
            wanted = ExecuteRequest.model_validate_json(kept.wanted or "")
            kept = self.kept.save(kept, {"state": "running", "lease_until": _lease(self.desk.clock(), wanted)})
        except Lost:
            return  # somebody else has taken it
        try:
            planned = self._planned(kept.principal, environment, wanted, execution_id)
            self._run(kept, replace(planned, started_at=kept.started_at))
        except RequestRefused as refusal:
            self.endings.fail(kept, refusal)

    def _planned(
        self, who: Principal, environment: str, wanted: ExecuteRequest, execution_id: str | None = None
    ) -> Plan:
        assigned = None
        if wanted.experiment is not None and wanted.user_id is not None:
            assigned = self.assigning.assign(environment, wanted.experiment, wanted.user_id)
        planned = plan(self.desk, who, environment, wanted, assigned, execution_id)
        if assigned is not None and wanted.user_id is not None:
            self.assigning.expose(assigned, wanted.user_id)
        return planned

    def _run(self, kept: Kept, planned: Plan, on_text: OnText | None = None) -> Answer:
        body = self.runner.run(planned, on_text).model_dump_json()
        try:
            self.kept.save(kept, {"state": "done", "answer": body})
        except Full:
            if kept.is_deferred:
                message = "The answer is too large to be kept until it is asked for; ask for a shorter one."
                raise RequestRefused(HTTPStatus.BAD_GATEWAY, "answer_too_large", message) from None
            self.endings.forget(kept)
        except (Unreachable, Lost) as error:
            _log.warning("The answer of an execution could not be kept for who asks again: %s", error)
        return told(body)

    def _hand_over(self, kept: Kept) -> None:
        assert self.defer is not None  # noqa: S101 - who calls has looked
        try:
            self.defer(kept.environment, kept.execution_id)
        except OSError as error:
            self.kept.forget(kept)
            message = f"Nobody can be told to execute it now ({error}); send the request again later."
            raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, "not_deferred", message, RETRY_AFTER_S) from error

    def _wait_for(self, kept: Kept, seconds: float) -> Answer:
        waited_s = 0.0
        while waited_s < seconds:
            self.sleep(POLL_S)
            waited_s += POLL_S
            found = self.kept.find(kept.environment, kept.execution_id)
            if found is not None and found.state == "done":
                return self.endings.tell(found)
        return waiting(kept)

    def _again(self, asking: Asking) -> Answer | None:
        """The answer to a request that was sent before; None where it was not, or has come to nothing."""
        if asking.key is None:
            return None
        pointer = self.kept.named(asking.environment, asking.who.name, asking.key)
        if pointer is None:
            return None
        kept = self.kept.find(asking.environment, pointer.execution_id)
        if kept is None or kept.started_at + KEPT_FOR <= self.desk.clock():
            self.kept.free(asking.environment, asking.who.name, asking.key)  # a table may take its time to forget
            return None
        if pointer.request != asking.request:
            raise key_used()
        if kept.refusal is not None:
            return None
        if kept.state != "done" and self.endings.end_if_lost(kept):
            return None
        if kept.state != "done" and not kept.is_deferred:
            raise _in_progress()
        answer = self.endings.tell(kept)
        return answer._replace(headers={**answer.headers, "Idempotent-Replayed": "true"})


def _kept(asking: Asking, planned: Plan, *, is_deferred: bool) -> Kept:
    return Kept(
        execution_id=planned.execution_id,
        environment=asking.environment,
        state="queued" if is_deferred else "running",
        is_deferred=is_deferred,
        who=asking.who.name,
        role=asking.who.role,
        key=asking.key,
        wanted=planned.wanted.model_dump_json() if is_deferred else None,
        about=about(planned),
        started_at=planned.started_at,
        lease_until=_lease(planned.started_at, planned.wanted),
    )


def _lease(begun: datetime, wanted: ExecuteRequest) -> datetime:
    return begun + timedelta(seconds=wanted.timeout_s) + LEASE


def _in_progress() -> RequestRefused:
    message = "The same request is being executed right now; send it again in a moment for its answer."
    return RequestRefused(HTTPStatus.CONFLICT, "in_progress", message, RETRY_AFTER_S)
