"""Every form in which Langfuse's clients count tokens becomes disjoint buckets that add up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.doors.langfuse_usage import buckets

BUCKETS = (
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
)
EXCLUDES, INCLUDES = "input_excludes_cached", "input_includes_cached"


@pytest.mark.parametrize(
    ("usage", "counts", "reasoning", "convention"),
    [
        ({"input": 10, "output": 5, "total": 15}, (10, None, None, None, 5), None, EXCLUDES),
        ({"input": 20, "input_cached_tokens": 600, "output": 5}, (20, 600, None, None, 5), None, EXCLUDES),
        ({"input": 20, "cache_read_input_tokens": 600, "total": 620}, (20, 600, None, None, None), None, EXCLUDES),
        ({"input": 20, "input_cache_read": 600, "output": 5}, (20, 600, None, None, 5), None, EXCLUDES),
        ({"input": 2, "input_cache_creation": 30, "output": 5}, (2, None, 30, None, 5), None, EXCLUDES),
        (
            {"input": 2, "input_cache_creation": 0, "input_cache_creation_5m": 7, "input_cache_creation_1h": 9},
            (2, None, 7, 9, None),
            None,
            EXCLUDES,
        ),
        ({"input": 9, "output": 5, "output_reasoning": 3}, (9, None, None, None, 8), 3, EXCLUDES),
        ({"input": 9, "output": 5, "output_reasoning_tokens": 3}, (9, None, None, None, 8), 3, EXCLUDES),
        ({"input": 9, "output": 5, "reasoning": 3, "total": 17}, (9, None, None, None, 8), 3, EXCLUDES),
        ({"input": 9, "input_audio_tokens": 4, "output_audio_tokens": 6}, (13, None, None, None, 6), None, EXCLUDES),
        ({"input": 7}, (7, None, None, None, None), None, EXCLUDES),
        ({"prompt_tokens": 10, "completion_tokens": 50}, (10, None, None, None, 50), None, EXCLUDES),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 5, "cache_write_tokens": None},
                "completion_tokens_details": {"reasoning_tokens": 20, "accepted_prediction_tokens": 3},
                "cost": 0.25,
                "is_byok": False,
            },
            (40, 60, None, None, 50),
            20,
            INCLUDES,
        ),
        (
            {
                "input_tokens": 100,
                "output_tokens": 50,
                "total_tokens": 150,
                "input_tokens_details": {"cached_tokens": 60},
                "output_tokens_details": {"reasoning_tokens": 20},
            },
            (40, 60, None, None, 50),
            20,
            INCLUDES,
        ),
        (
            {
                "input_tokens": 2,
                "output_tokens": 7,
                "cache_read_input_tokens": 600,
                "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
                "server_tool_use": {"web_search_requests": 1},
            },
            (2, 600, 10, 20, 7),
            None,
            EXCLUDES,
        ),
        (
            {"input": 100, "output": 50, "total": 150, "input_cached_tokens": 60, "output_reasoning_tokens": 20},
            (40, 60, None, None, 50),
            20,
            INCLUDES,
        ),
        (
            {"input": 20, "output": 5, "total": 25, "cache_read_input_tokens": 600},
            (20, 600, None, None, 5),
            None,
            EXCLUDES,
        ),
        (
            {"prompt_tokens": 9, "prompt_tokens_details": [{"modality": "TEXT", "token_count": 9}]},
            (9, None, None, None, None),
            None,
            EXCLUDES,
        ),
        (
            {"input": 9, "input_priority": 9, "output": 4, "output_priority": 4},
            (9, None, None, None, 4),
            None,
            EXCLUDES,
        ),
        ({"search_units": 4, "audio_seconds": 1.5}, (None,) * 5, None, None),
        ({"input": None, "output": 0}, (None, None, None, None, 0), None, None),
        ({}, (None,) * 5, None, None),
    ],
    ids=str,
)
def test_each_form(usage, counts, reasoning, convention):
    said = buckets(usage)
    assert tuple(said.get(name) for name in BUCKETS) == counts
    assert (said.get("reasoning_tokens"), said.get("usage_convention")) == (reasoning, convention)


@pytest.mark.parametrize("count", [-1, 1.5, "7", True, [1], {"a": 1}], ids=str)
def test_what_is_no_count(count):
    with pytest.raises(ValueError, match="usage_details has a count that is not a whole number"):
        buckets({"input": 1, "output": count})


counts = st.integers(0, 10**6)


@given(
    st.fixed_dictionaries({"input": counts, "output": counts}),
    st.dictionaries(
        st.sampled_from(["input_cached_tokens", "input_cache_creation_1h", "input_audio_tokens", "output_reasoning"]),
        counts,
    ),
    st.booleans(),
)
def test_the_buckets_add_up_to_what_the_client_counted(whole, parts, says_total):
    usage = {**whole, **parts}
    total = sum(usage.values())
    said = buckets({**usage, "total": total} if says_total else usage)
    assert sum(said.get(name, 0) for name in BUCKETS) == total
    assert said.get("reasoning_tokens", 0) == usage.get("output_reasoning", 0)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_openai_counts_twice_is_counted_once(uncached, cached, written, reasoning):
    usage = {
        "prompt_tokens": uncached + cached,
        "completion_tokens": written + reasoning,
        "total_tokens": uncached + cached + written + reasoning,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    said = buckets(usage)
    assert (said["uncached_input_tokens"], said["cache_read_tokens"]) == (uncached, cached)
    assert (said["output_tokens"], said["reasoning_tokens"]) == (written + reasoning, reasoning)


@pytest.mark.parametrize(
    ("usage", "wanted"),
    [
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "total_tokens": 620,
                "prompt_tokens_details": {"cached_tokens": 60},
                "completion_tokens_details": {"reasoning_tokens": 500},
            },
            {"uncached_input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 520, "reasoning_tokens": 500},
            id="xAI counts reasoning apart",
        ),
        pytest.param(
            {
                "input": 1200,
                "cached_content_token_count": 1000,
                "output": 80,
                "thoughts_token_count": 50,
                "total": 1330,
            },
            {"uncached_input_tokens": 200, "cache_read_tokens": 1000, "output_tokens": 130, "reasoning_tokens": 50},
            id="Gemini counts cached tokens as input",
        ),
        pytest.param(
            {
                "prompt_tokens": 1200,
                "completion_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 1000},
                "prompt_cache_hit_tokens": 1000,
                "prompt_cache_miss_tokens": 200,
            },
            {"uncached_input_tokens": 200, "cache_read_tokens": 1000, "output_tokens": 10},
            id="DeepSeek says it twice",
        ),
        pytest.param(
            {
                "prompt_tokens": 1200,
                "completion_tokens": 10,
                "prompt_cache_hit_tokens": 1000,
                "prompt_cache_miss_tokens": 200,
            },
            {"uncached_input_tokens": 200, "cache_read_tokens": 1000, "output_tokens": 10},
            id="DeepSeek in its own words",
        ),
        pytest.param(
            {"prompt_tokens": 100, "input_tokens": 100, "completion_tokens": 5, "output_tokens": 5},
            {"uncached_input_tokens": 100, "output_tokens": 5},
            id="both spellings",
        ),
        pytest.param(
            {
                "input": 7,
                "output": 5,
                "cache_creation_input_tokens": 300,
                "cache_creation_ephemeral_1h_input_tokens": 200,
            },
            {
                "uncached_input_tokens": 7,
                "cache_write_5m_tokens": 100,
                "cache_write_1h_tokens": 200,
                "output_tokens": 5,
            },
            id="writes of which a part is known",
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 5, "prompt_time": 0.01, "total_time": 0.2},
            {"uncached_input_tokens": 9, "output_tokens": 5},
            id="Groq's times are no tokens",
        ),
    ],
)
def test_what_providers_send_through_langfuse(usage: dict[str, Any], wanted: dict[str, int]) -> None:
    found = buckets(usage)
    found.pop("usage_convention", None)
    assert {name: count for name, count in found.items() if count} == wanted
