"""Sinks in memory that do what a test asks of them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from promptlake_emitter import Answer, Limits, Parcel

SMALL = Limits(record_bytes=600, request_records=3, request_bytes=1_500, event_max_bytes=600)
"""So small that a few events make several records and requests."""

ROOMY = Limits(record_bytes=1 << 20, request_records=500, request_bytes=4 << 20, event_max_bytes=1 << 20)


def take_all(parcels: Sequence[Parcel]) -> Answer:
    return Answer(taken=sum(len(parcel.rows) for parcel in parcels))


def be_down(parcels: Sequence[Parcel]) -> Answer:
    return Answer(again=parcels, reason="nobody is there")


@dataclass
class MemorySink:
    """Answers as ``behave`` says, and keeps what it answered to have taken."""

    behave: Callable[[Sequence[Parcel]], Answer] = take_all
    limits: Limits = ROOMY
    stored: list[dict[str, Any]] = field(default_factory=list)
    puts: list[Sequence[Parcel]] = field(default_factory=list)
    is_closed: bool = False

    def group(self, event_type: object) -> str | None:
        return event_type if isinstance(event_type, str) else None

    def put(self, parcels: Sequence[Parcel]) -> Answer:
        self.puts.append(parcels)
        answer = self.behave(parcels)
        if answer.taken and not answer.refused:
            failed = {id(parcel) for parcel in answer.again}
            taken = [parcel for parcel in parcels if id(parcel) not in failed]
            self.stored += [orjson.loads(line) for parcel in taken for line in parcel.data.splitlines()]
        return answer

    def close(self) -> None:
        self.is_closed = True


class Gate:
    """A sink's behaviour that hangs until it is opened, as a server does that takes a connection and says nothing."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, parcels: Sequence[Parcel]) -> Answer:
        self.reached.set()
        assert self.open.wait(60)
        return take_all(parcels)
