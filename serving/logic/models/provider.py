"""What a model is asked, and what it answers. That it does not answer is an answer, too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from sql.prices.book import PriceBook

FinishReason = Literal["stop", "length", "refused", "timeout", "error"]
"""``refused`` is the provider's content filter; ``timeout`` and ``error`` come without a text."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One prompt for one model."""

    model: str
    prompt: str
    timeout_s: float
    max_output_tokens: int = 1_024
    temperature: float = 0.0


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back. Token counts are None where the provider does not tell them."""

    text: str
    model: str
    finish_reason: FinishReason
    latency_ms: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None


class Provider(Protocol):
    """Where models are asked. It is called by several threads at once."""

    @property
    def name(self) -> str:
        """As the price table calls it."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask a model. Whatever goes wrong is in the completion; nothing is raised."""


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
