"""Models are asked: again where what went wrong may pass, and another where the first one fails."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
        told: list[str] = []

        def pass_on(text: str) -> None:
            told.append(text)
            if on_text is not None:
                on_text(text)

        attempts = billed = 0
        completion, target = Completion("", targets[0].model, "error", 0.0), targets[0]
        for number, target in enumerate(targets):
            is_last = number == len(targets) - 1
            until = begun + timeout_s * (1.0 if is_last else SHARE_OF_FIRST)
            for attempt in range(ATTEMPTS):
                one = CompletionRequest(
                    target.model,
                    request.prompt,
                    max(until - self.clock(), 0.001),
                    request.max_output_tokens,
                    request.temperature,
                )
                completion = target.provider.complete(one, pass_on if on_text else None)
                attempts += 1
                billed += completion.failure in MAY_BE_BILLED
                wait_s = _wait_s(completion, attempt)
                if told or completion.failure not in PASSING or attempt == ATTEMPTS - 1:
                    break
                if self.clock() + wait_s >= until:
                    break
                self.sleep(wait_s)
            if told or completion.failure is None or self.clock() >= begun + timeout_s:
                break
        return Asked(target, completion, attempts, billed, (self.clock() - begun) * 1_000)


def _wait_s(completion: Completion, attempt: int) -> float:
    backoff: float = WAIT_S * 2**attempt * (0.5 + random.random())  # noqa: S311 - to get out of step with others
    return max(backoff, completion.retry_after_s or 0.0)
