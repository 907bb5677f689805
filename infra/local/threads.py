"""Threads that answer requests beside the event loop, so many and no more."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from infra.local.admission import Overloaded

_Answer = TypeVar("_Answer")


class Threads:
    """A pool for one kind of request, which keeps no other kind waiting.

    Args:
        name: of the kind, for who looks at threads.
        at_once: so many are answered at the same time.
        at_most: so many are answered or wait for their turn.
    """

    def __init__(self, name: str, at_once: int, at_most: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._name, self._at_most, self._busy = name, at_most, 0

    async def run(self, answer: Callable[..., _Answer], *given: object) -> _Answer:
        """Call from the event loop's thread; the variables of its context go along.

        Raises:
            Overloaded: too many wait already.
        """
        if self._busy >= self._at_most:
            raise Overloaded(f"{self._at_most} requests for {self._name} are being answered already")
        self._busy += 1
        try:
            context = copy_context()
            return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, answer, *given)
        finally:
            self._busy -= 1

    def stop(self) -> None:
        """Let those go on that have begun, and begin no other."""
        self._pool.shutdown(wait=False, cancel_futures=True)
