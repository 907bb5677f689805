"""One batch on its way through the step: consent, treatment, route."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.envelope import Event, person_fields
from ingest.contracts.instants import to_us
from ingest.contracts.validate import Refusal
from ingest.delivery.outcome import Outcome
from ingest.delivery.packing import ROW_MAX_BYTES
from ingest.delivery.privacy.decided import Decided, Named
from ingest.delivery.privacy.remains import Remains, consent_of, environment_of, ids_of, text_of
from ingest.delivery.privacy.treatment import Treatment
from ingest.delivery.quick import Quick, Read
from ingest.delivery.reader import Reader, decoded

PAYLOAD_MAX_CHARS = 65_536
"""Quarantine keeps this much of what was refused; nobody repairs more by hand."""

UNWRITABLE = "properties can't be written as JSON"
"""What such a refusal says. Its payload is in quarantine as far as it can be written, so it is not what was sent."""

PlaceOf = Callable[[int], str]


@dataclass
class Batch:
    """What it goes by, and what becomes of it."""

    reader: Reader
    received_at: datetime
    treatment: Callable[[str], Treatment]
    """The rules of an environment."""
    decided: Decided
    quick: Quick
    place_of: PlaceOf | None = None
    record: str | None = None
    """Names the record of a stream that the items came in, for whoever may hand it over again."""
    outcome: Outcome = field(default_factory=Outcome)

    def take(self, reads: Sequence[tuple[Any, Read | Event | Refusal]]) -> Outcome:
        """Route every item, read already."""
        self.decided.ask(self._named(item, read) for item, read in reads)
        received_us, outcome = to_us(self.received_at), self.outcome
        for index, (item, read) in enumerate(reads):
            if not isinstance(read, Read):
                self._route(index, item, read)
                continue
            agreed = self._agreed(read) if self.decided.is_any else None
            row = self.quick.row(read, received_us, self.reader.scope, agreed=agreed)
            if row is None:
                item = decoded(read)
                self._route(index, item, self.reader.validate(item))
            else:
                outcome.received[read.event_type] += 1
                outcome.rows.setdefault(read.event_type, []).append(row)
        return outcome

    def _agreed(self, read: Read) -> bool:
        """Whether an event that says nothing of consent may be stored with all that it holds."""
        named = self._named(None, read)
        purposes = self.decided.agreed(named, None, self.treatment(named[0]).privacy.consent)
        return purposes["analytics"] and purposes["content"]

    def _route(self, index: int, item: Any, read: Event | Refusal) -> None:
        self.outcome.received[read.event_type] += 1
        refusal = read if isinstance(read, Refusal) else self._store(read)
        if refusal is None:
            return
        if self.place_of is not None and refusal is not item:
            refusal = replace(refusal, message=f"{self.place_of(index)}: {refusal.message}")
        self._quarantine(index, item, refusal)

    def _store(self, event: Event) -> Refusal | None:
        """Store an event that its contract accepts; what can't be stored all the same is refused."""
        treatment = self.treatment(event.environment)
        default = treatment.privacy.consent
        if event.consent is None and not self.decided.is_any:
            analytics, content = default.analytics, default.content
        else:
            purposes = self.decided.agreed(self._named(None, event), event.consent, default)
            analytics, content = purposes["analytics"], purposes["content"]
        if not analytics:
            self.outcome.dropped[event.event_type] += 1
            return None
        try:
            row = treatment.row(event, with_content=content)
        except (TypeError, RecursionError):  # orjson's
            reason = f"{UNWRITABLE}: a number over 64 bits, half a character, or nested too deep"
            return _refuse(event, "invalid_value", reason)
        if len(row) > ROW_MAX_BYTES:
            reason = f"the event has {len(row):,} bytes, over the limit of {ROW_MAX_BYTES:,}; send less"
            return _refuse(event, "event_too_large", reason)
        self.outcome.rows.setdefault(event.event_type, []).append(row)
        return None

    def _quarantine(self, index: int, item: Any, refusal: Refusal) -> None:
        item = decoded(item)
        treatment = self.treatment(self._named(item, refusal)[0])
        remains = Remains(item, treatment)
        refusal = replace(
            refusal,
            message=remains.label(refusal.message),
            event_id=None if refusal.event_id is None else remains.identifier(refusal.event_id),
        )
        self.outcome.quarantined[refusal.event_type] += 1
        self.outcome.refusals.append((index, refusal))
        row = {
            "event_type": refusal.event_type,
            "event_id": refusal.event_id,
            **({} if self.record is None else {"refusal_key": f"{self.record}-{index}"}),
            "stage": "delivery",
            "code": refusal.code,
            "message": refusal.message,
            "payload": self._payload(item, refusal, remains, treatment)[:PAYLOAD_MAX_CHARS],
        }
        self.outcome.rows.setdefault(QUARANTINE_TABLE, []).append(orjson.dumps(row))

    def _payload(self, item: Any, refusal: Refusal, remains: Remains, treatment: Treatment) -> str:
        if refusal.payload is not None:
            return text_of(refusal.payload, treatment, is_selected=refusal.is_selected)
        purposes = self.decided.agreed(self._named(item, refusal), consent_of(item), treatment.privacy.consent)
        return remains.payload(with_content=purposes["content"]) if purposes["analytics"] else ""

    def _named(self, item: Any, read: Read | Event | Refusal) -> Named:
        """The environment of an item, and the persons that it names there."""
        if isinstance(read, Read):
            return self.quick.named(read, self.reader.scope)
        if isinstance(read, Event):
            fields: dict[str, Any] = read.__dict__
            return read.environment, tuple(v for n in person_fields(type(read)) if (v := fields[n]) is not None)
        return environment_of(item, self.reader.default_environment), ids_of(item)


def _refuse(event: Event, code: str, reason: str) -> Refusal:
    return Refusal(code, f"{event.event_type}: {reason}.", event.event_type, event.event_id)
