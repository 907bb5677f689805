"""Puts parcels until each is taken, refused or given up."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

from .exchange import Answer, Sink
from .packing import Parcel, Row, pack

RETRY_AFTER_MAX_S = 120.0
"""A sink that asks for more is asked again after this."""

_spread = Random()  # noqa: S311 - spreads the clients of a sink that comes back; nothing to guess

Pause = Callable[[float, bool], bool]
"""Waits for some seconds; less where someone is in a hurry, unless it is the sink that asks for them (the flag). False
where there is to be no further attempt.
"""


@dataclass(frozen=True)
class Patience:
    """How long and how often one batch is tried."""

    give_up_after_s: float
    first_wait_s: float = 0.2
    longest_wait_s: float = 30.0

    def wait_s(self, attempt: int) -> float:
        """Doubles from attempt to attempt; half of it is chance, so that many clients don't come at once."""
        longest_s = min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(attempt, 30))
        return longest_s * _spread.uniform(0.5, 1.0)


def deliver(rows: Iterable[Row], sink: Sink, patience: Patience, pause: Pause) -> Answer:
    """Put all rows, and those that failed again, in rounds, so that one stream that is down holds up no other.

    Returns:
        ``again`` holds what was given up, and ``retry_after_s`` is how long the sink is to be left alone.
    """
    whole = Answer()
    pending: Sequence[Sequence[Parcel]] = list(pack(rows, sink.limits))
    until = time.monotonic() + patience.give_up_after_s
    for attempt in count():
        pending, asked_s = _round(pending, sink, whole)
        if not pending:
            return whole
        wait_s = max(patience.wait_s(attempt), asked_s)
        if time.monotonic() + wait_s > until or not pause(wait_s, asked_s > 0):
            whole.again = [parcel for request in pending for parcel in request]
            whole.retry_after_s = asked_s
            return whole
    raise AssertionError("count() has no end")


def _round(pending: Sequence[Sequence[Parcel]], sink: Sink, whole: Answer) -> tuple[list[Sequence[Parcel]], float]:
    """Put each request once; returns what failed, and how long the sink asks to be left alone."""
    failed: list[Sequence[Parcel]] = []
    asked_s = 0.0
    for request in pending:
        if asked_s:
            failed.append(request)
            continue
        answer = sink.put(request)
        whole.taken += answer.taken
        whole.refused += answer.refused
        whole.reason = whole.reason or answer.reason
        if answer.again:
            failed.append(answer.again)
            asked_s = min(answer.retry_after_s, RETRY_AFTER_MAX_S)
    return failed, asked_s
