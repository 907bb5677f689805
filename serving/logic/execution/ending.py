"""How executions that are kept end, and what is told of them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from serving.execution_schemas import Waiting
from serving.logic.execution.events import interrupted_event
from serving.logic.execution.kept import Kept, KeptExecutions, Refusal
from serving.logic.execution.recording import Recorder
from serving.logic.refused import RequestRefused
from serving.logic.templates.desk import Answer
from serving.paths import EXECUTIONS
from serving.stores.table import Lost, Unreachable

RETRY_AFTER_S = 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Endings:
    """Ends executions.

    Args:
        kept: remembers them.
        record: records the event of one that was lost.
        clock: tells the time.
    """

    kept: KeptExecutions
    record: Recorder
    clock: Callable[[], datetime]

    def tell(self, kept: Kept) -> Answer:
        """What an execution is answered with by now. Raises ``RequestRefused`` where it has failed."""
        if kept.state != "done":
            kept = self.end_if_lost(kept) or kept
        if kept.refusal is not None:
            why = kept.refusal
            raise RequestRefused(HTTPStatus(why.status), why.code, why.message, why.retry_after_s, extra=why.extra)
        return waiting(kept) if kept.answer is None else told(kept.answer)

    def end_if_lost(self, kept: Kept) -> Kept | None:
        """End an execution whose process will not come back, with its event; None while it may."""
        if self.clock() <= kept.lease_until:
            return None
        # The event first: told twice it is one, for it has the same id and time.
        self.record(interrupted_event(kept.about))
        message = "The execution was interrupted, and nobody knows what the model would have answered; send it again."
        extra = {"execution_id": kept.execution_id}
        return self.fail(kept, RequestRefused(HTTPStatus.GATEWAY_TIMEOUT, "interrupted", message, extra=extra))

    def fail(self, kept: Kept, refusal: RequestRefused) -> Kept:
        """Remember why an execution has failed; its key is free again."""
        why = Refusal(
            status=refusal.status,
            code=refusal.code,
            message=str(refusal),
            retry_after_s=refusal.retry_after_s,
            extra=dict(refusal.extra),
        )
        try:
            return self.kept.save(kept, {"state": "done", "refusal": why}, forget_key=True)
        except Lost:
            return self.kept.find(kept.environment, kept.execution_id) or kept

    def forget(self, kept: Kept) -> None:
        """Free the key of an execution that is not to be answered for, if that can be done now."""
        try:
            self.kept.forget(kept)
        except (Unreachable, Lost) as error:
            _log.warning("A key could not be freed; it is free once its execution would have ended: %s", error)


def told(body: str) -> Answer:
    """The answer of an execution that has come back."""
    return Answer(HTTPStatus.OK.value, {}, body)


def waiting(kept: Kept) -> Answer:
    """The place of the answer of one that has not."""
    place = f"{EXECUTIONS}/{kept.execution_id}?environment={kept.environment}"
    body = Waiting(execution_id=kept.execution_id, started_at=kept.started_at).model_dump_json()
    return Answer(HTTPStatus.ACCEPTED.value, {"Location": place, "Retry-After": str(RETRY_AFTER_S)}, body)
