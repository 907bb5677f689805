"""Events get to where they are kept. What can't get there now waits in the table, and goes later."""

import logging
from http import HTTPStatus
from threading import Lock
from typing import Any

import orjson

from serving.logic.events import RecordEvent
from serving.logic.refused import RequestRefused
from serving.stores.table import Delete, Key, Lost, Put, Table, Unreachable

_WAITING = "outbox"
AT_ONCE = 20
RETRY_AFTER_S = 5
_log = logging.getLogger(__name__)


class Recorder:
    """Records events for executions.

    Args:
        record: takes one event.
        table: keeps events that it can't take now.
    """

    def __init__(self, record: RecordEvent, table: Table) -> None:
        self._record, self._table = record, table
        self._lock = Lock()
        self._may_wait = True  # an earlier process may have left some

    def __call__(self, event: dict[str, Any]) -> None:
        """Return once an event is safe.

        Raises:
            RequestRefused: 503, it can be kept nowhere.
        """
        try:
            self._take(event)
        except OSError as error:
            self._put_off(event, error)
        else:
            self._catch_up()

    def _take(self, event: dict[str, Any]) -> None:
        refusal = self._record(event)
        if refusal is not None:
            raise AssertionError(f"an event of ours does not follow its contract: {refusal.message}")

    def _put_off(self, event: dict[str, Any], error: OSError) -> None:
        try:
            self._keep(event)
        except Unreachable as worse:
            message = (
                f"It can't be recorded now ({error}; {worse}), so there is no answer; send the request again later."
            )
            is_execution = event["event_type"] == "prompt_execution"
            extra = {"execution_id": str(event["event_id"])} if is_execution else {}
            raise RequestRefused(
                HTTPStatus.SERVICE_UNAVAILABLE, "not_recorded", message, RETRY_AFTER_S, extra=extra
            ) from worse
        self._may_wait = True

    def _keep(self, event: dict[str, Any]) -> None:
        # Without what was said: no privacy setting has been applied to it yet.
        told = {name: value for name, value in event.items() if name not in ("prompt", "answer")}
        self._table.write([Put(Key(_WAITING, event["event_id"]), orjson.dumps(told).decode())])

    def _catch_up(self) -> None:
        """Record what waits. An event that is recorded twice, because this ended in between, is told as a duplicate."""
        if not self._may_wait or not self._lock.acquire(blocking=False):
            return
        try:
            self._may_wait = False
            for sort, document in self._table.query(_WAITING, limit=AT_ONCE):
                self._may_wait = True
                if (refusal := self._record(orjson.loads(document))) is not None:
                    _log.error("An event that waited is refused by its contract: %s", refusal.message)
                self._table.write([Delete(Key(_WAITING, sort))])
        except (OSError, Unreachable, Lost):
            self._may_wait = True  # the next execution tries again; this one's own event is safe
        finally:
            self._lock.release()
