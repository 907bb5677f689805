"""What the model takes for given is what the code does, where the code says it."""

import base64
import inspect
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from infra.aws.costs.assumptions import PATH, load_assumptions
from infra.aws.costs.documents import CostError
from ingest.contracts.generate import first_example
from ingest.delivery.packing import RECORD_MAX_BYTES
from ingest.doors.lambdas import wiring
from ingest.doors.lambdas.firehose import take
from tests.ingest.clients.source import SOURCE
from tests.steps import step
from transforms.engines.dedupe import ID_WINDOW

ASSUMED = load_assumptions()
GIVEN = ASSUMED.given


def typical(event_type: str) -> bytes:
    """The first example of a contract as a client sends it: one line."""
    example = first_example(event_type)
    assert example is not None
    return orjson.dumps(orjson.loads(example)) + b"\n"


@pytest.mark.parametrize("lost", ["value", "unit", "kind", "why"])
def test_an_assumption_without_all_its_facts_is_refused(tmp_path: Path, lost: str) -> None:
    document: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    del document["assumptions"]["Events"]["event_bytes"][lost]
    path = tmp_path / "assumptions.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(CostError) as refused:
        load_assumptions(path)
    assert str(refused.value) == f"{path}: assumptions.Events.event_bytes.{lost}: Field required."


def test_an_event_is_as_large_as_the_typical_ones() -> None:
    assert sum(ASSUMED.mix.values()) == 100
    mean = sum(share * len(typical(event_type)) for event_type, share in ASSUMED.mix.items()) / 100
    assert abs(mean / GIVEN.event_bytes - 1) < Decimal("0.05"), f"Typical events have {mean:.0f} bytes now."


def test_as_many_types_are_in_use_as_the_mix_has() -> None:
    assert len(ASSUMED.mix) == GIVEN.types_in_use


def test_a_finished_row_is_longer_than_its_event_by_what_delivery_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "transform", step)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for event_type in ASSUMED.mix:
        line = typical(event_type)
        record = {
            "recordId": "1",
            "approximateArrivalTimestamp": 1_796_000_000_000,
            "data": base64.b64encode(line).decode(),
        }
        (row,) = take(record, event_type).own
        assert abs(len(row) + 1 - len(line) - GIVEN.row_more_bytes) < 30, event_type


def test_records_are_filled_as_far_as_the_code_fills_them() -> None:
    assert GIVEN.record_max_bytes == RECORD_MAX_BYTES


def test_ids_are_looked_for_as_far_as_the_build_does() -> None:
    assert Decimal(ID_WINDOW.days) + Decimal("0.5") == GIVEN.known_days


def test_the_emitters_default_is_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(SOURCE), *sys.path])
    from promptlake_emitter import Emitter

    default = inspect.signature(Emitter).parameters["linger_s"].default
    (said,) = (choice for choice in ASSUMED.instead if "default linger" in choice.text)
    assert (said.changed["linger_s"], f"{default:g} s" in said.text) == (Decimal(str(default)), True)
