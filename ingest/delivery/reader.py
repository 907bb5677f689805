"""The first part of the step: what was sent becomes an event of a contract, or a refusal."""

from datetime import datetime
from typing import Any

import orjson

from ingest.contracts.envelope import DEFAULT_ENVIRONMENT, ENVIRONMENT, Event
from ingest.contracts.parse import parse
from ingest.contracts.validate import Refusal, hold_against_clock, validate
from ingest.delivery import quick
from ingest.delivery.quick import Read, read_object
from ingest.delivery.scope import Scope

_FREE_FORM = b'"properties"'


def read_line(line: bytes) -> Read | None:
    """The event that a line of JSON is, read by a struct or else by pydantic; None where it has to be decoded first."""
    if _FREE_FORM in line:
        return None
    read = quick.read_line(line)
    if read is None and (event := parse(line)) is not None:
        return Read(event.event_type, event, line)
    return read


class Reader:
    """Reads a batch.

    Args:
        received_at: arrival time, aware.
        scope: for which environments the sender may send; None is all.
    """

    def __init__(self, received_at: datetime, scope: Scope | None) -> None:
        self._received_at, self.scope = received_at, scope

    @property
    def default_environment(self) -> str:
        """Where an event belongs that names no environment."""
        return DEFAULT_ENVIRONMENT if self.scope is None else self.scope.default

    def read(self, item: Any) -> Read | Event | Refusal:
        """What an item is; a ``Read`` of a struct stays one."""
        if isinstance(item, Read):
            return self._checked(item.event) if isinstance(item.event, Event) else item
        if isinstance(item, Refusal):
            return item
        return (read_object(item) if isinstance(item, dict) else None) or self.validate(item)

    def validate(self, item: Any) -> Event | Refusal:
        """What pydantic makes of a decoded item."""
        if self.scope is None or not isinstance(item, dict):
            return validate(item, self._received_at)
        event = validate(item if ENVIRONMENT in item else {**item, ENVIRONMENT: self.scope.default}, self._received_at)
        return event if isinstance(event, Refusal) else self._in_scope(event, self.scope)

    def _checked(self, event: Event) -> Event | Refusal:
        if self.scope is not None and ENVIRONMENT not in event.model_fields_set:
            event.environment = self.scope.default
        checked = hold_against_clock(event, self._received_at)
        if self.scope is None or isinstance(checked, Refusal):
            return checked
        return self._in_scope(checked, self.scope)

    def _in_scope(self, event: Event, scope: Scope) -> Event | Refusal:
        if event.environment in scope.environments:
            return event
        return Refusal("wrong_environment", f"{event.event_type}: {scope.sentence}.", event.event_type, event.event_id)


def decoded(item: Any) -> Any:
    """An item as it was sent, decoded if it can be."""
    if not isinstance(item, Read) or not isinstance(item.source, bytes):
        return item.source if isinstance(item, Read) else item
    try:
        return orjson.loads(item.source)
    except orjson.JSONDecodeError:
        return item.source.decode(errors="replace")
