"""One execution from end to end: counted before and after, told as one event, whatever becomes of it."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus

from serving.execution_schemas import Executed, Tokens
from serving.logic.budgets.counting import Counting, Reservation
from serving.logic.budgets.model import Budget, to_pico
from serving.logic.execution.asking import Asked, Asking
from serving.logic.execution.cache import ResponseCache
from serving.logic.execution.events import execution_event
from serving.logic.execution.plan import Plan
from serving.logic.execution.recording import Recorder
from serving.logic.models.pricing import cost_usd
from serving.logic.models.provider import Completion, CompletionRequest, Failure, Models, OnText
from serving.logic.models.stand_in import STAND_IN
from serving.logic.models.usage import Usage
from serving.logic.refused import RequestRefused
from serving.stores.table import Lost, Unreachable

CHARS_PER_TOKEN = 3
"""Of a prompt that is estimated; most texts have more, so that the estimate is rather too high."""

FAILED: dict[Failure, tuple[HTTPStatus, str]] = {
    "timeout": (HTTPStatus.GATEWAY_TIMEOUT, "model_timed_out"),
    "throttled": (HTTPStatus.SERVICE_UNAVAILABLE, "model_throttled"),
    "unavailable": (HTTPStatus.BAD_GATEWAY, "model_unavailable"),
    "unreachable": (HTTPStatus.BAD_GATEWAY, "model_unreachable"),
    "rejected": (HTTPStatus.BAD_GATEWAY, "model_rejected"),
    "bad_answer": (HTTPStatus.BAD_GATEWAY, "model_bad_answer"),
    "incomplete": (HTTPStatus.BAD_GATEWAY, "model_incomplete"),
}
"""What is answered where a model has failed."""

_RETRY_AFTER_S = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Runner:
    """Runs what was planned."""

    models: Models
    record: Recorder
    counting: Counting
    cache: ResponseCache
    asking: Asking = field(default_factory=Asking)

    def run(self, plan: Plan, on_text: OnText | None = None) -> Executed:
        """Run one execution. Its event is safe when this returns, and when it raises because the model has failed.

        Args:
            plan: what to do.
            on_text: is given the parts of the answer as they come, where the provider gives parts.

        Raises:
            RequestRefused: 429, a budget is spent, and the model was not asked; 502, 503 and 504, the model has not
                answered; 503, the event can't be stored.
        """
        kept = self.cache.find(plan)
        if kept is not None:
            return self._from_cache(plan, kept)
        wanted = plan.wanted
        reservation = self.counting.reserve(
            plan.environment, lambda budget: _holds(budget, plan), lambda: self._estimate(plan), plan.started_at
        )
        request = CompletionRequest(
            plan.targets[0].model, plan.prompt, wanted.timeout_s, wanted.max_output_tokens, wanted.temperature
        )
        asked = self.asking.ask(plan.targets, request, wanted.timeout_s, on_text)
        cost = self._cost(asked, asked.completion.usage, plan.started_at)
        warnings = self._settle(reservation, asked, cost)
        self.record(execution_event(plan, asked, cost))
        if asked.completion.failure is not None:
            raise _failed(plan, asked, asked.completion.failure)
        if asked.target is plan.targets[0]:
            self._keep(plan, asked.completion)
        return _executed(plan, asked, cost, warnings)

    def _from_cache(self, plan: Plan, kept: Completion) -> Executed:
        asked = Asked(plan.targets[0], kept, 0, 0, 0.0)
        self.record(execution_event(plan, asked, Decimal(), is_cache_hit=True))
        return _executed(plan, asked, Decimal(), [], is_cache_hit=True)

    def _estimate(self, plan: Plan) -> int:
        """What the dearest of the models may take for the prompt and the longest answer, in pico-dollars."""
        usage = Usage(-(-len(plan.prompt.encode()) // CHARS_PER_TOKEN), plan.wanted.max_output_tokens)
        costs = [
            cost_usd(self.models.prices(), target.provider.name, target.model, usage, plan.started_at)
            for target in plan.targets
        ]
        return max((to_pico(cost) for cost in costs if cost is not None), default=0)

    def _cost(self, asked: Asked, usage: Usage | None, at: datetime) -> Decimal | None:
        return cost_usd(self.models.prices(), asked.target.provider.name, asked.completion.model, usage, at)

    def _settle(self, reservation: Reservation, asked: Asked, cost: Decimal | None) -> list[str]:
        # What may be billed and does not say how much counts as much as it might have cost.
        is_unknown = asked.completion.failure is None and asked.completion.usage is None
        unknown = asked.may_be_billed + is_unknown
        spent = (to_pico(cost) if cost is not None else 0) + reservation.pico * unknown
        try:
            return self.counting.settle(reservation, spent)
        except (Unreachable, Lost) as error:
            # It goes on holding what it had reserved: rather too much is counted than too little.
            _log.warning("An execution could not be settled with its budgets: %s", error)
            return []

    def _keep(self, plan: Plan, completion: Completion) -> None:
        try:
            self.cache.keep(plan, completion)
        except (Unreachable, Lost) as error:
            _log.warning("An answer could not be kept for the next one who asks: %s", error)


def _holds(budget: Budget, plan: Plan) -> bool:
    return budget.scope.holds(plan.wanted.team, plan.wanted.feature, plan.template_id)


def _failed(plan: Plan, asked: Asked, failure: Failure) -> RequestRefused:
    status, code = FAILED[failure]
    times = "once" if asked.attempts == 1 else f"{asked.attempts} times"
    message = f"The model was asked {times} and has not answered: {asked.completion.error}."
    wait_s = (
        round(asked.completion.retry_after_s or _RETRY_AFTER_S) if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    )
    return RequestRefused(status, code, message, wait_s, extra={"execution_id": plan.execution_id})


def _executed(
    plan: Plan, asked: Asked, cost: Decimal | None, warnings: list[str], *, is_cache_hit: bool = False
) -> Executed:
    completion, assigned = asked.completion, plan.assigned
    return Executed.model_validate(
        {
            "execution_id": plan.execution_id,
            "template_id": plan.template_id,
            "version": plan.version,
            "parts": plan.parts,
            "experiment": plan.wanted.experiment,
            "variant": assigned.variant.name if assigned else None,
            "provider": asked.target.provider.name,
            "model": completion.model,
            "requested_model": plan.targets[0].model,
            "is_stand_in": asked.target.provider.name == STAND_IN,
            "text": completion.text,
            "finish_reason": completion.finish_reason,
            "tokens": completion.usage and Tokens.model_validate(completion.usage, from_attributes=True),
            "cost_usd": None if cost is None else f"{cost.normalize():f}",
            "latency_ms": round(asked.latency_ms),
            "is_local_cache_hit": is_cache_hit,
            "attempts": asked.attempts,
            "warnings": warnings,
        }
    )
