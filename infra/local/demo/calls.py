"""One simulated call of a model, in numbers."""

from dataclasses import dataclass
from random import Random

from infra.local.demo.dice import span_id
from infra.local.demo.story import Prompt

_CACHE_HITS = 0.88
_ERRORS, _ERRORS_WHEN_BAD, _SLOWER_WHEN_BAD = 0.008, 0.27, 3.2
_ERROR_CLASSES = ("timeout", "overloaded", "rate_limited")
MS = 1000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Call:
    """What one call did; becomes one span. Times are microseconds since 1970."""

    prompt: Prompt
    span_id: int
    start_us: int
    end_us: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    first_token_s: float | None
    error_class: str | None


def simulate_call(prompt: Prompt, start_us: int, random: Random, *, is_bad: bool) -> Call:
    """Draw one call. Failed ones have read their input and written nothing."""
    size, speed = random.lognormvariate(0, 0.3), random.lognormvariate(0, 0.35)
    own_tokens = max(round((prompt.input_tokens - prompt.prefix_tokens) * size), 4)
    is_hit = random.random() < _CACHE_HITS
    writes = prompt.prefix_tokens if not is_hit and prompt.provider == "anthropic" else 0
    output = max(round(prompt.output_tokens * random.lognormvariate(0, 0.4)), 1) if prompt.output_tokens else 0
    failed = random.random() < (_ERRORS_WHEN_BAD if is_bad else _ERRORS)
    error_class = random.choices(_ERROR_CLASSES, (5, 3, 2))[0]
    latency_ms = prompt.latency_ms * speed * (_SLOWER_WHEN_BAD if is_bad else 1.0)
    streams = prompt.output_tokens > 50 and not failed
    return Call(
        prompt=prompt,
        span_id=span_id(random),
        start_us=start_us,
        end_us=start_us + round(latency_ms) * MS,
        input_tokens=own_tokens + prompt.prefix_tokens,
        cache_read_tokens=prompt.prefix_tokens if is_hit else 0,
        cache_write_tokens=writes,
        output_tokens=0 if failed else output,
        reasoning_tokens=0 if failed else round(output * prompt.reasoning),
        first_token_s=round(latency_ms * 0.22 / 1000, 3) if streams else None,
        error_class=error_class if failed else None,
    )
