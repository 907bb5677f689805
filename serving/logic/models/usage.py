"""How many tokens a call took, in buckets of which none is part of another, from what providers say of it."""

from dataclasses import dataclass
from typing import Any, Literal

from ingest.contracts.types import TOKENS_MAX

Convention = Literal["input_includes_cached", "input_excludes_cached"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. ``reasoning`` is part of ``output``; None is not told."""

    uncached_input: int
    output: int
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    reasoning: int | None = None
    convention: Convention | None = None

    @property
    def input(self) -> int:
        """All that was read, from a cache or not."""
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h


def of_chat_completions(said: Any) -> Usage | None:
    """From OpenAI's ``usage``, whose input includes what was cached; None where it is missing or makes no sense."""
    if not isinstance(said, dict):
        return None
    whole, output = _count(said.get("prompt_tokens")), _count(said.get("completion_tokens"))
    cached = _detail(said, "prompt_tokens_details", "cached_tokens")
    reasoning = _detail(said, "completion_tokens_details", "reasoning_tokens")
    if whole is None or output is None or cached is None or reasoning is None:
        return None
    if cached > whole or reasoning > output:
        return None
    told = None if said.get("completion_tokens_details") is None else reasoning
    return Usage(whole - cached, output, cache_read=cached, reasoning=told, convention="input_includes_cached")


def of_converse(said: Any) -> Usage | None:
    """From Bedrock Converse's ``usage``, whose input excludes what was cached; None likewise."""
    if not isinstance(said, dict):
        return None
    counts = [_count(said.get(name, 0)) for name in ("cacheReadInputTokens", "cacheWriteInputTokens")]
    uncached, output = _count(said.get("inputTokens")), _count(said.get("outputTokens"))
    read, written = counts
    long = _written_for_an_hour(said)
    if uncached is None or output is None or read is None or written is None or long is None or long > written:
        return None
    return Usage(uncached, output, read, written - long, long, convention="input_excludes_cached")


def _written_for_an_hour(said: dict[str, Any]) -> int | None:
    """Of what was written to the cache, as much as is said to be kept for an hour."""
    details = said.get("cacheDetails", [])
    if not isinstance(details, list):
        return None
    counts = [_count(one.get("inputTokens")) for one in details if isinstance(one, dict) and one.get("ttl") == "1h"]
    return None if None in counts else sum(count for count in counts if count is not None)


def _detail(said: dict[str, Any], group: str, name: str) -> int | None:
    details = said.get(group)
    if details is None:
        return 0
    found = details.get(name) if isinstance(details, dict) else -1
    return 0 if found is None else _count(found)


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOKENS_MAX
    return value if is_count else None
