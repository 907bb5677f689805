"""A draft for a file never seen loads, imports as it is, and says what it is not sure of."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contracts.events.prompt_execution import PromptExecution
from ingest.contracts.validate import validate
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.batches import batches, check_files
from ingest.doors.mapping.guess import guess
from ingest.doors.mapping.ids import ContentIds
from ingest.doors.mapping.load import parse
from ingest.doors.refused import ImportRefused

START = 1767349800


def imported(path: Path) -> list[Any]:
    mapping = parse(guess(path).text(), "draft.yaml")
    check_files([path], mapping)
    mapper = RowMapper(mapping, ContentIds(mapping.source))
    return [validate(item, datetime.now(UTC)) for batch in batches([path], mapper) for _, item in batch.placed]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_litellm_log(tmp_path: Path) -> None:
    def row(n: int) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{n:08}", "call_type": "acompletion", "model": "gpt-4o-mini",
            "custom_llm_provider": "openai",
            "status": "failure" if n % 7 == 0 else "success", "startTime": START + n + 0.25, "endTime": START + n + 2,
            "response_time": 1.75, "response_cost": 0.002, "prompt_tokens": 100, "completion_tokens": 20,
            "total_tokens": 120, "end_user": f"u{n % 5}", "messages": [{"role": "user", "content": "secret"}],
        }  # fmt: skip

    path = write(tmp_path / "litellm.jsonl", [row(n) for n in range(40)])
    events = imported(path)
    assert all(isinstance(event, PromptExecution) for event in events)
    first, second = events[:2]
    assert (first.status, second.status) == ("error", "ok")
    assert second.event_id == "chatcmpl-00000001"
    assert second.occurred_at == datetime.fromtimestamp(START + 1.25, UTC)
    assert (second.model, second.provider, second.user_id) == ("gpt-4o-mini", "openai", "u1")
    assert (second.uncached_input_tokens, second.output_tokens, second.latency_ms) == (100, 20, 1750)
    assert second.reported_cost_usd == 0.002
    assert "secret" not in str(events), "what people wrote must not be taken along unasked"
    assert "UNCERTAIN" in guess(path).text()


def test_openai_responses_with_cached_and_reasoning_tokens(tmp_path: Path) -> None:
    row = {
        "id": "chatcmpl-A1", "object": "chat.completion", "created": START, "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 1117, "completion_tokens": 46, "total_tokens": 1163,
            "prompt_tokens_details": {"cached_tokens": 1000}, "completion_tokens_details": {"reasoning_tokens": 6},
        },
    }  # fmt: skip
    (event,) = imported(write(tmp_path / "openai.jsonl", [row]))
    assert (event.uncached_input_tokens, event.cache_read_tokens) == (117, 1000)
    assert (event.output_tokens, event.reasoning_tokens, event.finish_reason) == (46, 6, "stop")


def test_anthropic_usage_counts_cached_tokens_apart(tmp_path: Path) -> None:
    usage = {"input_tokens": 7, "cache_creation_input_tokens": 500, "cache_read_input_tokens": 1000, "output_tokens": 5}
    row = {"ts": "2026-01-02T10:00:00Z", "model": "claude-sonnet-4", "usage": usage, "durationMs": 1200}
    (event,) = imported(write(tmp_path / "a.jsonl", [row]))
    assert (event.uncached_input_tokens, event.cache_read_tokens, event.cache_write_5m_tokens) == (7, 1000, 500)
    assert (event.usage_convention, event.latency_ms) == ("input_excludes_cached", 1200)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_generic_csv(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "generic.csv"
    lines = ["timestamp,model,prompt_tokens,completion_tokens,latency"]
    lines += [f"2026-01-02 10:{n:02}:00,claude-sonnet-4,{n * 10},{n},{n / 8}" for n in range(1, 50)]
    path.write_text("\n".join(lines).replace(",", delimiter))
    events = imported(path)
    assert len(events) == 49
    assert sum(event.uncached_input_tokens for event in events) == 12250
    assert events[7].latency_ms == 1000


def test_feedback_and_other_events_by_a_discriminator(tmp_path: Path) -> None:
    kinds = [
        {"event": "llm_call", "model": "m", "input_tokens": 5, "output_tokens": 6},
        {"event": "rated", "rating": 4},
    ]
    kinds += [{"event": "answer_copied"}, {"event": "session_start"}, {"event": "something else"}]
    rows = [{"time": (START + n) * 1000, **kinds[n % 5]} for n in range(50)]
    found = [event.model_dump(exclude_none=True) for event in imported(write(tmp_path / "app.jsonl", rows))][:5]
    assert [event["event_type"] for event in found] == [
        "prompt_execution", "feedback", "feedback", "behavior", "behavior",
    ]  # fmt: skip
    assert found[1]["rating"] == 4
    assert found[2]["signal"] == "copy"
    assert [event["action"] for event in found[3:]] == ["session_start", "other"]


def test_a_json_array_is_drafted_as_one_document(tmp_path: Path) -> None:
    rows = [{"ts": START + n, "model": "m", "input_tokens": n, "output_tokens": 1} for n in range(5)]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(rows, indent=2))
    assert "format: json\n" in guess(path).text()
    assert [event.uncached_input_tokens for event in imported(path)] == [0, 1, 2, 3, 4]


def test_a_row_that_does_not_fit_is_told_with_its_line_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    good = '2026-01-02T10:00:00Z,"two\nlines",5,6\n'
    path.write_text("timestamp,note,prompt_tokens,output_tokens\n" + good + "2026-01-02T10:00:00Z,x,7,99999999999\n")
    draft = guess(path)
    assert (draft.rows, draft.fit) == (2, 1)
    assert "# The first that did not: calls.csv:4: prompt_execution: output_tokens" in draft.text()


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        (
            "date,model,requests,prompt_tokens,completion_tokens",
            "2026-01-{n:02},gpt-4o,{n},900,80",
            "'requests' counts",
        ),
        (
            "timestamp,usage_type,model,n_requests,n_context_tokens_total,n_generated_tokens_total",
            "176734980{n},text,gpt-4o,3,4000,90",
            "'n_requests' counts the requests that a row sums up",
        ),
        (
            "usage_date_utc,model_version,api_key,usage_input_tokens_no_cache,usage_output_tokens",
            "2026-01-{n:02},claude-sonnet-4,key-{n},123456,9876",
            "'usage_date_utc' holds whole days, and no other row has the same day and names",
        ),
        ("start_time,end_time,input_tokens,num_model_requests", "{n}767225600,2,70,12", "'num_model_requests' counts"),
    ],
)
def test_a_usage_export_is_told_from_a_log_of_calls(tmp_path: Path, header: str, row: str, told: str) -> None:
    path = tmp_path / "usage.csv"
    path.write_text("\n".join([header, *(row.format(n=n) for n in (1, 2, 3))]))
    with pytest.raises(ImportRefused) as refused:
        guess(path)
    said = str(refused.value)
    assert said.startswith(f"{path} looks like a usage export, not a log of single calls: ")
    assert told in said
    assert "\n" not in said


def test_a_log_that_only_knows_the_day_is_still_a_log_of_calls(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("date,model,prompt_tokens,requests\n" + "2026-01-02,gpt-4o,900,1\n2026-01-02,gpt-4o,700,1\n")
    assert [event.uncached_input_tokens for event in imported(path)] == [900, 700]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[1, 2]", "is a JSON document without an object in it"),
        ('{\n  "a": 1\n}', "looks like a time (found: a)"),
        ('{"a": 1', "is not one JSON document"),
        ("just words\nand more", "is neither JSON nor CSV"),
        ('{"model": "m"}', "looks like a time (found: model)"),
        ("a,b\n", "no row below its header"),
    ],
)
def test_what_no_draft_can_be_made_of_is_refused(tmp_path: Path, body: str, message: str) -> None:
    (tmp_path / "x").write_text(body)
    with pytest.raises(ImportRefused) as refused:
        guess(tmp_path / "x")
    assert message in str(refused.value)


_names = st.sampled_from(
    ["time", "ts", "event", "type", "name", "id", "model", "prompt_tokens", "input_tokens", "cached_tokens", "cost",
     "output_tokens", "latency", "status", "rating", "vote", "user", "session_id", "trace_id", "error", "ü", "a.b"]
)  # fmt: skip
_values = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2**65), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.lists(st.integers(), max_size=2), st.sampled_from([START, "2026-01-02T10:00:00Z"]),
)  # fmt: skip


@given(
    st.lists(st.dictionaries(_names, _values | st.dictionaries(_names, _values), max_size=6), min_size=1, max_size=6)
)
def test_whatever_the_rows_a_draft_loads_or_the_file_is_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    path = write(tmp_path_factory.mktemp("guess") / "x.jsonl", rows)
    try:
        draft = guess(path).text()
    except ImportRefused as refused:
        assert "the draft" not in str(refused)  # noqa: PT017 - a draft that does not load would be our fault
    else:
        parse(draft, "draft.yaml")
