"""Langfuse's ``usage_details`` become the contract's disjoint buckets.

By Langfuse's convention every key is a bucket of its own: ``input`` leaves out each ``input_…`` and what was cached,
``output`` leaves out ``output_reasoning…``, and ``total`` is their sum. There is no fixed list of keys, so they are
told apart by the words in them. Two things are not disjoint, and are made so:

- OpenAI's own form, which Langfuse's wrappers pass on: ``…_tokens_details`` are part of the count that they detail,
  unless they are more than it (xAI counts reasoning apart). So are the cached tokens of Gemini and DeepSeek part of
  the input.
- A client that passes a provider's inclusive counts on by mistake. It gives itself away by a ``total`` of input and
  output alone, though there are details that fit into them.

https://langfuse.com/docs/observability/features/token-and-cost-tracking#usage-details-contract
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

_DETAILS = {
    "prompt_tokens_details": "input_",
    "input_tokens_details": "input_",
    "completion_tokens_details": "output_",
    "output_tokens_details": "output_",
}
_WRITES_BY_LIFETIME = "cache_creation"
"""Anthropic's object beside the sum of what is in it."""

_WHOLE = {
    **dict.fromkeys(("input", "prompt", "input_tokens", "prompt_tokens", "prompt_token_count"), "input"),
    **dict.fromkeys(("output", "completion", "output_tokens", "completion_tokens", "candidates_token_count"), "output"),
    **dict.fromkeys(("total", "total_tokens", "total_token_count"), "total"),
}
_CACHED_IN_INPUT = frozenset({"cached_content_token_count", "prompt_cache_hit_tokens"})
"""Names under which a provider counts cached tokens as part of its input."""
_SAID_AGAIN = frozenset({"prompt_cache_hit_tokens", "prompt_cache_miss_tokens"})
"""DeepSeek says in two words of its own what OpenAI's details say; a miss is what is left of the input anyway."""

_BY_WORD = (
    ("time", None),
    ("cache_miss", None),
    # LangChain's count of the tokens of a tier says again what other keys say; and money is no count.
    ("priority", None),
    ("cost", None),
    ("total", None),
    ("reasoning", "reasoning"),
    ("thought", "reasoning"),
    ("1h", "write_1h"),
    ("5m", "write_5m"),
    ("cache_creation", "write"),
    ("cache_write", "write"),
    ("cache", "read"),
    ("input", "input_part"),
    ("prompt", "input_part"),
    ("output", "output_part"),
    ("completion", "output_part"),
)
"""The first word that a key holds decides; a key that holds none counts no tokens that we know of."""


def buckets(usage: dict[str, Any]) -> dict[str, Any]:
    """The token fields of a prompt execution, and the convention that the source followed.

    Raises:
        ValueError: a count is no whole number of tokens.
    """
    counts: Counter[str] = Counter()
    for name, value in _flat(usage):
        if (kind := _kind(name)) is not None and value is not None:
            if type(value) is not int or value < 0:
                raise ValueError("langfuse.observation.usage_details has a count that is not a whole number of tokens")
            # A whole may be said in two spellings; parts add up.
            counts[kind] = max(counts[kind], value) if name in _WHOLE else counts[kind] + value
    _split_writes(counts)
    is_doubled = _is_doubled(counts)
    return {
        **_input(counts, is_doubled or _input_includes(usage, counts)),
        **_output(counts, is_doubled or _output_includes(usage, counts)),
    }


def _flat(usage: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    has_details = any(isinstance(usage.get(name), dict) for name in _DETAILS)
    for name, value in usage.items():
        if name in _SAID_AGAIN and has_details:
            continue
        if name in _DETAILS:
            # Vertex AI has a list here, of modalities, which cost the same as far as we price them.
            details = value if isinstance(value, dict) else {}
            yield from ((f"{_DETAILS[name]}{inner}".lower(), count) for inner, count in details.items())
        elif name == _WRITES_BY_LIFETIME and isinstance(value, dict):
            yield from value.items()
        else:
            yield name.lower(), value


def _kind(name: str) -> str | None:
    if name in _WHOLE:
        return _WHOLE[name]
    return next((kind for word, kind in _BY_WORD if word in name), None)


def _split_writes(counts: Counter[str]) -> None:
    # A count of all writes may stand beside those whose lifetime is known. How long the others are kept nobody says; 5
    # minutes is what providers do unless asked.
    writes = counts.pop("write", None)
    if writes is not None:
        counts["write_5m"] += max(0, writes - counts["write_5m"] - counts["write_1h"])


def _cached(counts: Counter[str]) -> int:
    return counts["read"] + counts["write_5m"] + counts["write_1h"]


def _is_doubled(counts: Counter[str]) -> bool:
    """Whether the total gives away that details are part of the input and output beside them."""
    in_input, in_output = _cached(counts) + counts["input_part"], counts["reasoning"] + counts["output_part"]
    fit = _cached(counts) <= counts["input"] and in_output <= counts["output"]
    total = counts["input"] + counts["output"]
    return fit and in_input + in_output > 0 and "total" in counts and counts["total"] == total


def _input_includes(usage: dict[str, Any], counts: Counter[str]) -> bool:
    said = any(isinstance(usage.get(name), dict) for name, of in _DETAILS.items() if of == "input_")
    return _cached(counts) <= counts["input"] and (said or not _CACHED_IN_INPUT.isdisjoint(usage))


def _output_includes(usage: dict[str, Any], counts: Counter[str]) -> bool:
    said = any(isinstance(usage.get(name), dict) for name, of in _DETAILS.items() if of == "output_")
    return said and counts["reasoning"] + counts["output_part"] <= counts["output"]


def _input(counts: Counter[str], is_inclusive: bool) -> dict[str, Any]:
    said = {
        field: counts[kind]
        for field, kind in (
            ("cache_read_tokens", "read"),
            ("cache_write_5m_tokens", "write_5m"),
            ("cache_write_1h_tokens", "write_1h"),
        )
        if kind in counts
    }
    if "input" not in counts and "input_part" not in counts:
        return said
    if is_inclusive:
        uncached = counts["input"] - sum(said.values())
        return {**said, "uncached_input_tokens": uncached, "usage_convention": "input_includes_cached"}
    uncached = counts["input"] + counts["input_part"]
    return {**said, "uncached_input_tokens": uncached, "usage_convention": "input_excludes_cached"}


def _output(counts: Counter[str], is_inclusive: bool) -> dict[str, Any]:
    said = {"reasoning_tokens": counts["reasoning"]} if "reasoning" in counts else {}
    if counts.keys().isdisjoint(("output", "output_part", "reasoning")):
        return said
    parts = 0 if is_inclusive else counts["reasoning"] + counts["output_part"]
    return {**said, "output_tokens": counts["output"] + parts}
