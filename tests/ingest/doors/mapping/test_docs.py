"""The worked example of docs/mappings.md works."""

import re
from pathlib import Path

import orjson

from ingest.contracts.validate import validate
from ingest.doors.files import Row
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.load import parse
from ingest.doors.mapping.model import FieldSpec, Mapping, Rule
from ingest.doors.mapping.times import _EPOCH

_PAGE = Path(__file__).parents[4] / "docs" / "mappings.md"


def test_the_example_maps_as_the_page_says() -> None:
    page = _PAGE.read_text()
    (log,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (mapping,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    mapper = RowMapper(parse(mapping, "docs/mappings.md"))
    rows = [orjson.loads(line) for line in log.splitlines()]
    events = [validate(mapper.event("x", Row(n, row, 0)), _EPOCH.replace(year=2027)) for n, row in enumerate(rows, 1)]
    call, failed, thumb = (event.model_dump() for event in events if not hasattr(event, "code"))
    assert (call["uncached_input_tokens"], call["cache_read_tokens"], call["output_tokens"]) == (200, 1000, 80)
    assert (call["provider"], call["model"], call["latency_ms"]) == ("openai", "gpt-4o-mini", 1420)
    assert call["properties"] == {"region": "eu"}
    assert (call["status"], failed["status"], thumb["thumb"]) == ("ok", "error", "up")


def test_every_key_of_the_language_is_on_the_page() -> None:
    page = _PAGE.read_text()
    keys = [info.alias or name for part in (Mapping, Rule, FieldSpec) for name, info in part.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in page and key != "value"] == []
