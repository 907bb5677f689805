"""The examples of docs/mappings.md work, and the page knows all that there is."""

import io
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.contracts.instants import EPOCH
from ingest.contracts.registry import EVENTS
from ingest.contracts.validate import Refusal, validate
from ingest.doors.delimited import read_csv
from ingest.doors.files import read_jsonl
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.field_spec import FieldSpec, PropertySpec
from ingest.doors.mapping.ids import ContentIds
from ingest.doors.mapping.load import parse, shipped
from ingest.doors.mapping.model import CsvOptions, Mapping, Rule
from ingest.doors.mapping.readers import read_rows

_PAGE = Path(__file__).parents[4] / "docs" / "mappings.md"


def events(rows: list[Any], mapping: str) -> list[dict[str, Any]]:
    """What rows become, valid or the test fails."""
    parsed = parse(mapping, "docs/mappings.md")
    mapper = RowMapper(parsed, ContentIds(parsed.source))
    items = [item for row in rows for _, item in mapper.items("x", row)]
    found = [validate(item, EPOCH.replace(year=2027)) for item in items]
    assert not [event for event in found if isinstance(event, Refusal)]
    return [event.model_dump() for event in found if not isinstance(event, Refusal)]


def example(language: str) -> tuple[bytes, str]:
    """A log of the page in that language, and the mapping that follows it."""
    log, mapping = re.findall(rf"```{language}\n(.*?)```.*?```yaml\n(.*?)```", _PAGE.read_text(), re.DOTALL)[0]
    return log.encode(), mapping


def test_the_worked_example_maps_as_the_page_says() -> None:
    log, mapping = example("json")
    call, failed, thumb = events(list(read_jsonl(io.BytesIO(log))), mapping)
    assert (call["uncached_input_tokens"], call["cache_read_tokens"], call["output_tokens"]) == (200, 1000, 80)
    assert (call["provider"], call["model"], call["latency_ms"]) == ("openai", "gpt-4o-mini", 1420)
    assert call["properties"] == {"region": "eu"}
    assert (call["status"], failed["status"], thumb["thumb"]) == ("ok", "error", "up")


def test_the_survey_becomes_four_answers() -> None:
    log, mapping = example("csv")
    answers = events(list(read_csv(Path("x"), io.BytesIO(log), ";", "utf-8")), mapping)
    assert [(a["session_id"], a["question"], a["answer"], a["answer_number"]) for a in answers] == [
        ("s1", "helpful", "4,5", 4.5),
        ("s1", "easy", "3", 3.0),
        ("s2", "easy", "5", 5.0),
        ("s2", "remarks", "all fine", None),
    ]
    assert answers[0]["occurred_at"] == datetime.fromisoformat("2026-01-02T10:30:00+01:00")
    assert len({a["event_id"] for a in answers}) == 4


def test_the_lines_become_two_calls() -> None:
    log, mapping = example("text")
    rows = list(read_rows(Path("x"), io.BytesIO(log), parse(mapping, "docs/mappings.md")))
    calls = events(rows, mapping)
    assert len(rows) == 3
    assert [(c["model"], c["latency_ms"], c["uncached_input_tokens"]) for c in calls] == [
        ("gpt-4o-mini", 1750, 120),
        ("gpt-4o", 6500, 900),
    ]


def test_every_key_of_the_language_is_on_the_page() -> None:
    page = _PAGE.read_text()
    parts = (Mapping, CsvOptions, Rule, FieldSpec, PropertySpec)
    keys = {info.alias or name for part in parts for name, info in part.model_fields.items()}
    assert [key for key in keys if f"`{key}`" not in page and f"{key}:" not in page] == []


def test_every_event_and_every_mapping_that_ships_is_on_the_page() -> None:
    page = _PAGE.read_text()
    assert [name for name in (*EVENTS, *shipped()) if f"`{name}`" not in page] == []
