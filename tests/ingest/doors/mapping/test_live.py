"""Shipped mappings on values in memory: the same events and ids as from a file."""

from pathlib import Path

import orjson
import pytest

from ingest.contracts.validate import Refusal
from ingest.doors.mapping import live
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.batches import batches
from ingest.doors.mapping.ids import RowIds
from ingest.doors.mapping.load import load

UNDO = {"event": "command_undo", "properties": {"n": 1}, "user_id": "u1", "time": 1767349800}
CLICK = {"event": "launched", "properties": {}, "user_id": "u1", "time": 1767349801}


def test_an_object_an_array_and_a_text_are_rows() -> None:
    (one,) = live.items("aider", UNDO)
    assert not isinstance(one, Refusal)
    assert (one["event_type"], one["signal"], one["user_id"]) == ("feedback", "undo", "u1")
    assert live.items("aider", [UNDO, CLICK]) == live.items("aider", orjson.dumps(UNDO) + b"\n" + orjson.dumps(CLICK))
    assert len(live.items("azure_llm", "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-01-02 10:00:00,5,6\n")) == 1


def test_ids_come_from_content_alone_and_are_those_of_a_file(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(orjson.dumps(UNDO) + b"\n" + orjson.dumps(CLICK) + b"\n")
    ids = RowIds("aider-analytics")
    imported = [item for batch in batches([log], RowMapper(load("aider"), ids)) for _, item in batch.placed]
    ids.close()
    assert live.items("aider", [UNDO, CLICK]) == imported
    assert live.items("aider", [CLICK]) == live.items("aider", CLICK) == imported[1:]


@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        ({**UNDO, "time": "soon"}, None, "aider: time is not a number, as epoch_s is."),
        ({**UNDO, "time": "soon"}, "record 7", "record 7: time is not a number, as epoch_s is."),
        ([UNDO, 5], "record 7", "record 7 element 2 is JSON but not an object; each row must be one {…}."),
        (b'{"a"', "record 7", "record 7:1 is not JSON"),
    ],
)
def test_what_can_not_be_taken_is_refused_with_its_place(value: object, place: str | None, message: str) -> None:
    refused = live.items("aider", value, place)[-1]
    assert isinstance(refused, Refusal)
    assert refused.message.startswith(message)


def test_only_what_ships_can_be_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        live.mapper(str(tmp_path / "m.yaml"))
