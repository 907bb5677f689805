"""The first part of the step: what was sent becomes an event of a contract, or a refusal."""

from datetime import datetime
from typing import Any

import orjson

from ingest.contracts.envelope import DEFAULT_ENVIRONMENT, ENVIRONMENT, Event
from ingest.contracts.validate import Refusal, validate
from ingest.delivery.quick import Read, read_object
from ingest.delivery.scope import Scope


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
        """The fast way where it can be gone, and pydantic's where not."""
        if isinstance(item, Read | Refusal):
            return item
        return (read_object(item) if isinstance(item, dict) else None) or self.validate(item)

    def read_again(self, read: Read) -> tuple[Any, Event | Refusal]:
        """What was read the fast way, by pydantic's: the decoded item, and what it makes of it."""
        if not isinstance(read.source, bytes):
            return read.source, self.validate(read.source)
        try:
            item = orjson.loads(read.source)
        except orjson.JSONDecodeError as error:
            text = read.source.decode(errors="replace")
            return text, Refusal("invalid_json", f"The event is not JSON: {error.msg}.", payload=text)
        return item, self.validate(item)

    def validate(self, item: Any) -> Event | Refusal:
        """Pydantic's way."""
        if self.scope is None or not isinstance(item, dict):
            return validate(item, self._received_at)
        event = validate(item if ENVIRONMENT in item else {**item, ENVIRONMENT: self.scope.default}, self._received_at)
        if isinstance(event, Event) and event.environment not in self.scope.environments:
            return _out_of_scope(event, self.scope)
        return event


def _out_of_scope(event: Event, scope: Scope) -> Refusal:
    return Refusal("wrong_environment", f"{event.event_type}: {scope.sentence}.", event.event_type, event.event_id)
