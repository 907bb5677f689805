"""Lets requests through to where their key may go, and no faster than it may."""

import math
import time
from collections.abc import Callable, Iterable

from ingest.contracts.roles import EXECUTOR, WRITERS, Role, includes
from ingest.doors.access.credentials import presented
from ingest.doors.access.grants import Grant, Grants, digest_of, id_of
from ingest.doors.exchange import Request
from ingest.doors.request_refused import NotLetIn

BURST_S = 10.0
"""So many seconds' worth of events may come at once, from whoever was quiet for as long."""

_MAY: dict[Role, str] = {
    "emitter": "send",
    "executor": "run prompts and send",
    "viewer": "read",
    **dict.fromkeys(WRITERS, "work on templates, run prompts and read"),
}
LOCAL = "local"
"""Who acts without a key, where none is needed."""


class Gate:
    """One for a process: how fast each key was used is counted here.

    Args:
        grants: the keys.
        clock: seconds that never run backwards.
        is_closed: nobody may do anything without a key, whether or not one was made.
    """

    def __init__(self, grants: Grants, clock: Callable[[], float] = time.monotonic, *, is_closed: bool = False) -> None:
        self._grants, self._clock, self._is_closed = grants, clock, is_closed
        self._buckets: dict[str, _Bucket] = {}

    def sender(self, request: Request, in_body: Iterable[str] = ()) -> Grant | None:
        """Who sends; None where anybody may.

        Args:
            request: its headers and query are looked at.
            in_body: what may be a key there, for clients that have no other place for one.

        Raises:
            NotLetIn: 401 without a key where one is needed, 403 with one that may not send, 429 too fast.
        """
        grant = self._let("emitter", [*presented(request), *in_body])
        if grant is not None:
            self._hold_back(grant)
        return grant

    def reader(self, request: Request) -> Grant | None:
        """Who reads; None where anybody may.

        Raises:
            NotLetIn: 401 without a key where one is needed, 403 with one that may not read everything.
        """
        grant = self._let("viewer", list(presented(request)))
        if grant is not None and grant.environments:
            listed = ", ".join(grant.environments)
            raise NotLetIn(403, "wrong_key", f"This key is for {listed} only, and this reads all environments.")
        return grant

    def actor(self, request: Request) -> Grant:
        """Who works on templates and runs prompts: the holder of a key, or whoever is on this machine where none is
        needed. What each may do, its role says.

        Raises:
            NotLetIn: 401 without a key where one is needed, 403 with one that may neither.
        """
        grant = self._let("viewer", list(presented(request)), EXECUTOR)
        if grant is not None:
            return grant
        is_open = not any(self._demands(role) for role in WRITERS)
        return Grant("", "admin" if is_open else "viewer", holder=LOCAL)

    def charge(self, grant: Grant, events: int) -> None:
        """Count what came with a key. What is in one request is taken whole; the next one waits the longer."""
        if grant.events_per_s is not None:
            self._bucket(grant, grant.events_per_s).take(events, self._clock())

    def _let(self, role: Role, candidates: Iterable[str], *others: Role) -> Grant | None:
        """The grant of who acts in a role or one of the others; None where nobody needs one for the first."""
        keys = [(key_id, text) for text in candidates if (key_id := id_of(text))]
        found = [grant for key_id, text in keys if (grant := self._grants.find(key_id, digest_of(text)))]
        for grant in found:
            if any(includes(grant.role, one) for one in (role, *others)):
                return grant
        if found:
            message = f"This key may {_MAY[found[0].role]}, not {_MAY[role]}; use one that was made for it."
            raise NotLetIn(403, "wrong_key", message)
        if not self._demands(role):
            return None
        reason = "The key is unknown or was revoked" if keys else f"Nobody may {_MAY[role]} here without a key"
        message = f"{reason}; the lake's owner makes one with `promptlake access add --role {role}`."
        raise NotLetIn(401, "no_key", message, {"www-authenticate": 'Basic realm="promptlake", charset="UTF-8"'})

    def _demands(self, role: Role) -> bool:
        return self._is_closed or self._grants.are_demanded(role)

    def _hold_back(self, grant: Grant) -> None:
        if grant.events_per_s is None:
            return
        wait_s = self._bucket(grant, grant.events_per_s).wait_s(self._clock())
        if wait_s > 0:
            message = f"This key may send {grant.events_per_s:g} events a second; wait {wait_s:.1f} s."
            raise NotLetIn(429, "too_fast", message, {"retry-after": str(math.ceil(wait_s))})

    def _bucket(self, grant: Grant, per_s: float) -> "_Bucket":
        return self._buckets.setdefault(grant.id, _Bucket(per_s, self._clock()))


class _Bucket:
    """Fills at a rate, up to ``BURST_S`` of it; may be overdrawn, and is then waited for."""

    def __init__(self, per_s: float, now_s: float) -> None:
        self._per_s, self._at_s = per_s, now_s
        self._events = per_s * BURST_S

    def take(self, events: int, now_s: float) -> None:
        self._fill(now_s)
        self._events -= events

    def wait_s(self, now_s: float) -> float:
        self._fill(now_s)
        return max(0.0, -self._events / self._per_s)

    def _fill(self, now_s: float) -> None:
        self._events = min(self._per_s * BURST_S, self._events + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
