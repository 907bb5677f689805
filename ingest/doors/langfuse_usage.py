"""Langfuse's ``usage_details`` become the contract's disjoint buckets.

By Langfuse's convention every key is a bucket of its own: ``input`` leaves out each ``input_…`` and what was cached,
``output`` leaves out ``output_reasoning…``, and ``total`` is their sum. There is no fixed list of keys, so they are
told apart by the words in them. Two things are not disjoint, and are made so:

- OpenAI's own form, which Langfuse's wrappers pass on: ``…_tokens_details`` are part of the count that they detail.
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
_BY_WORD = (
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
            counts[kind] += value
    _split_writes(counts)
    is_inclusive = _is_inclusive(usage, counts)
    return {**_input(counts, is_inclusive), **_output(counts, is_inclusive)}


def _flat(usage: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in usage.items():
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
    # A count of all writes beside the same writes by lifetime is their sum. How long others are kept nobody says; 5
    # minutes is what providers do unless asked.
    by_lifetime = counts["write_5m"] + counts["write_1h"]
    writes = counts.pop("write", None)
    if writes is not None and (writes != by_lifetime or by_lifetime == 0):
        counts["write_5m"] += writes


def _is_inclusive(usage: dict[str, Any], counts: Counter[str]) -> bool:
    cached = counts["read"] + counts["write_5m"] + counts["write_1h"]
    detailed_input, detailed_output = cached + counts["input_part"], counts["reasoning"] + counts["output_part"]
    if cached > counts["input"] or detailed_output > counts["output"]:
        return False
    if any(isinstance(usage.get(name), dict) for name in _DETAILS):
        return True
    has_details = detailed_input + detailed_output > 0
    return has_details and "total" in counts and counts["total"] == counts["input"] + counts["output"]


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
