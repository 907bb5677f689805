"""What a model is asked, and what it answers. That it does not answer is an answer, too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

from serving.logic.models.usage import Usage

if TYPE_CHECKING:
    from sql.prices.book import PriceBook

FinishReason = Literal["stop", "length", "refused", "timeout", "error"]
"""``refused`` is the provider's content filter; ``timeout`` and ``error`` come without a text."""

Failure = Literal["timeout", "throttled", "unavailable", "unreachable", "rejected", "bad_answer", "incomplete"]
"""Why there is no answer: it took too long; the provider has too much to do (429) or is broken (5xx); nobody is there;
the request is not for it (other 4xx); what came is no completion; or it broke off.
"""

PASSING: frozenset[Failure] = frozenset({"throttled", "unavailable", "unreachable"})
"""What may be gone when the model is asked again. Nothing was made then, and so nothing is billed."""

MAY_BE_BILLED: frozenset[Failure] = frozenset({"timeout", "bad_answer", "incomplete"})


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One prompt for one model."""

    model: str
    prompt: str
    timeout_s: float
    max_output_tokens: int = 1_024
    temperature: float | None = 0.0
    """None leaves it to the provider."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back."""

    text: str
    model: str
    finish_reason: FinishReason
    latency_ms: float
    usage: Usage | None = None
    """None where the provider does not tell it, or tells nonsense."""
    error: str | None = None
    failure: Failure | None = None
    retry_after_s: float | None = None
    """After which the provider wants to be asked again, where it says so."""
    first_text_ms: float | None = None
    """Until the first part of the text came, where it came in parts."""


OnText = Callable[[str], None]
"""Is given each part of an answer as it comes."""


class Provider(Protocol):
    """Where models are asked. It is called by several threads at once."""

    @property
    def name(self) -> str:
        """As the price table calls it."""

    def complete(self, request: CompletionRequest, on_text: OnText | None = None) -> Completion:
        """Ask a model once. Whatever goes wrong is in the completion; nothing is raised but what ``on_text`` raises.

        ``on_text`` asks for the answer in parts; who can't give parts does not call it.
        """


@cache
def listed_prices() -> "PriceBook":
    """The project's own price table."""
    from sql.prices.book import PriceBook  # and with it YAML, which only who asks for a cost needs
    from sql.prices.table import load_prices

    return PriceBook(load_prices())


@dataclass(frozen=True, slots=True)
class Models:
    """The providers that are set up, by name, and what they charge. The first is asked where a request names none."""

    providers: Mapping[str, Provider]
    default_model: str
    prices: "Callable[[], PriceBook]" = listed_prices
    """Opens the price table once it is needed."""

    @property
    def default_provider(self) -> str:
        return next(iter(self.providers))
