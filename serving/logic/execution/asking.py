"""Models are asked: again where what went wrong may pass, and another where the first one fails."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from serving.logic.models.provider import MAY_BE_BILLED, PASSING, Completion, CompletionRequest, OnText, Provider

ATTEMPTS = 3
"""So often one model is asked at most."""
WAIT_S = 0.2
"""Before the second attempt, about; before the third it is twice as long."""
SHARE_OF_FIRST = 0.6
"""Of the time, where there is a second model that would need the rest."""


@dataclass(frozen=True, slots=True)
class Target:
    """A model, and where it is asked."""

    provider: Provider
    model: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it."""

    target: Target
    """Who was asked last."""
    completion: Completion
    attempts: int
    may_be_billed: int
    """How many of the attempts brought no answer, and may be billed for all that."""
    latency_ms: float


@dataclass(frozen=True)
class Asking:
    """How models are asked."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    """Seconds that never run backwards."""

    def ask(
        self, targets: Sequence[Target], request: CompletionRequest, timeout_s: float, on_text: OnText | None = None
    ) -> Asked:
        """Ask one model after the other until one answers, each a few times where it may help, within ``timeout_s``.

        Once a part of an answer has been passed on, nothing is asked again: it would be answered twice.
        """
        begun = self.clock()
        so_far = _SoFar(on_text)
        for number, target in enumerate(targets, 1):
            share = 1.0 if number == len(targets) else SHARE_OF_FIRST
            completion = self._ask_one(target, request, begun + timeout_s * share, so_far)
            if so_far.is_told or completion.failure is None or self.clock() >= begun + timeout_s:
                break
        return Asked(target, completion, so_far.attempts, so_far.may_be_billed, (self.clock() - begun) * 1_000)

    def _ask_one(self, target: Target, request: CompletionRequest, until: float, so_far: "_SoFar") -> Completion:
        """Ask one model, again where it may help and there is time until then."""
        on_text = None if so_far.on_text is None else so_far.pass_on
        for attempt in range(ATTEMPTS):
            left_s = max(until - self.clock(), 0.001)
            completion = target.provider.complete(replace(request, model=target.model, timeout_s=left_s), on_text)
            so_far.attempts += 1
            so_far.may_be_billed += completion.failure in MAY_BE_BILLED
            wait_s = _wait_s(completion, attempt)
            is_final = so_far.is_told or completion.failure not in PASSING or self.clock() + wait_s >= until
            if is_final or attempt == ATTEMPTS - 1:
                break
            self.sleep(wait_s)
        return completion


@dataclass(slots=True)
class _SoFar:
    """What has been done for one prompt."""

    on_text: OnText | None
    attempts: int = 0
    may_be_billed: int = 0
    is_told: bool = False
    """Whether a part of an answer has been passed on."""

    def pass_on(self, text: str) -> None:
        self.is_told = True
        if self.on_text is not None:
            self.on_text(text)


def _wait_s(completion: Completion, attempt: int) -> float:
    backoff: float = WAIT_S * 2**attempt * (0.5 + random.random())  # noqa: S311 - to get out of step with others
    return max(backoff, completion.retry_after_s or 0.0)
