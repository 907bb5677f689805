"""What each contract says of its fields, and that a new field is known everywhere by that alone."""

from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import create_model

from ingest.contracts import derive, validate
from ingest.contracts.derive import columns, glue_columns
from ingest.contracts.envelope import Consent, Event
from ingest.contracts.generate import render
from ingest.contracts.registry import EVENTS
from ingest.contracts.types import Tokens, described
from ingest.delivery import bronze
from sql import contract_tables
from tests.lakes import assert_reconciles, event, make_lake, send

FIELDS = [(event_type, field) for event_type, model in EVENTS.items() for field in model.model_fields]


def bare(annotation: Any) -> Any:
    """The Python type that a field's annotation comes down to."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return bare(next(inner for inner in get_args(annotation) if inner is not type(None)))
    return get_origin(annotation) or annotation


@pytest.mark.parametrize(("event_type", "field"), FIELDS)
def test_every_field_is_described(event_type: str, field: str) -> None:
    description = EVENTS[event_type].model_fields[field].description
    assert description
    assert description[0].isupper() or description[0].islower()
    assert not description.endswith(".")


def test_consent_is_described() -> None:
    assert all(field.description for field in Consent.model_fields.values())


@pytest.mark.parametrize(("event_type", "field"), FIELDS)
def test_every_quantity_has_a_unit(event_type: str, field: str) -> None:
    model = EVENTS[event_type]
    kind = bare(model.model_fields[field].annotation)
    assert kind is not Literal or validate.field_unit(model, field) is None
    if kind in (int, float):
        assert validate.field_unit(model, field)


@pytest.mark.parametrize("event_type", EVENTS)
def test_the_unit_ends_the_name(event_type: str) -> None:
    endings = {"milliseconds": "_ms", "US dollars": "_usd", "tokens": "_tokens"}
    for column in columns(EVENTS[event_type]):
        if column.unit in endings:
            assert column.name.endswith(endings[column.unit])


def test_a_field_without_a_column_type_is_told_at_once() -> None:
    toy = create_model("Toy", __base__=EVENTS["behavior"], toys=(list[str] | None, described("Toys", default=None)))
    with pytest.raises(TypeError, match=r"Toy\.toys is .*list.*, which bronze has no column type for"):
        columns(toy)


def with_toy() -> MappingProxyType[str, type[Event]]:
    toy = create_model(
        "Toy",
        __base__=EVENTS["prompt_execution"],
        toy_tokens=(Tokens | None, described("What a toy holds", "tokens", default=None)),
    )
    return MappingProxyType({**EVENTS, "prompt_execution": toy})


def test_a_new_field_reaches_everything_that_is_derived() -> None:
    events = with_toy()
    table = columns(events["prompt_execution"])
    assert {"Name": "toy_tokens", "Type": "bigint", "Comment": "What a toy holds"} in glue_columns(table)
    field = bronze.arrow_schema(table).field("toy_tokens")
    assert (field.type, field.nullable) == (pa.int64(), True)
    assert field.metadata == {b"description": b"What a toy holds", b"unit": b"tokens"}
    before, after = render(EVENTS), render(events)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"contracts.md", "contracts/prompt_execution.schema.json", "glue/prompt_execution.json"}
    assert all("toy_tokens" in after[name] for name in changed)
    assert (
        "| `toy_tokens` | integer, from 0 | tokens | – | none | What a toy holds | `toy_tokens` bigint |"
        in (after["contracts.md"])
    )


def test_a_new_field_reaches_bronze_and_silver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = make_lake(tmp_path / "lake")
    with monkeypatch.context() as patched:
        for module in (validate, derive, contract_tables):
            patched.setattr(module, "EVENTS", with_toy())
        assert "    toy_tokens,\n" in contract_tables.contract_query("prompt_execution")
        toy = {"type": "bigint", "unit": "tokens", "description": "What a toy holds"}
        assert contract_tables.contract_columns("prompt_execution")["toy_tokens"] == toy
        outcome = send(lake, [event(toy_tokens=7), event(), event(toy_tokens="7")])
        assert [refusal.message for _, refusal in outcome.refusals] == [
            "prompt_execution: toy_tokens should be a valid integer (in tokens)."
        ]
        lake.drain()
    (path,) = (lake.root / "bronze" / "prompt_execution").rglob("*.parquet")
    assert pq.ParquetFile(path).read().column("toy_tokens").to_pylist() == [7, None]
    # Without the field it is unknown again: nothing remembers a contract that is gone.
    assert send(lake, [event(toy_tokens=7)]).refusals[0][1].code == "unknown_field"
    lake.drain()
    assert assert_reconciles(lake)["received"] == 4
