"""The page that documents the contracts, as Markdown."""

import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ingest.contracts.derive import (
    DELIVERY_COLUMNS,
    PARTITION_KEY,
    QUARANTINE_COLUMNS,
    QUARANTINE_TABLE,
    Column,
    columns,
)
from ingest.contracts.envelope import Consent, Event, pii_class
from ingest.contracts.validate import field_unit

_INTRODUCTION = f"""\
# Contracts

<!-- Generated from ingest/contracts by `make generate`; edit the contracts, not this page. -->

Every event is one JSON object: the envelope below and the fields of its type. A field that neither names is refused;
free-form data goes into `properties`. A number in quotes is refused too, and so is a time without its offset. What is
not marked as required may be left out or null.

In bronze each type is a table of its own, partitioned by `{PARTITION_KEY.name}`. The last column of the tables below
names the column a field is stored in. *Person* says how a field touches one: by pointing to a `person`, as `content`
that one wrote, or as an `open` place for whatever its source decides. Machine-readable: JSON Schemas in
[contracts/](contracts/), Glue tables in [glue/](glue/).
"""

_NOTHING = "–"


def render_docs(events: Mapping[str, type[Event]], examples: Mapping[str, str] | None = None) -> str:
    """The whole page.

    Args:
        events: contract by event type.
        examples: JSON text of one good event by event type.
    """
    parts = [_INTRODUCTION, *_envelope()]
    for event_type, model in events.items():
        own = [name for name in model.model_fields if name not in Event.model_fields]
        parts += [
            f"## {model.TITLE}\n\n`{event_type}`: {_doc(model)}\n",
            _field_table(model, own),
        ]
        if examples and event_type in examples:
            parts.append(f"```json\n{examples[event_type].strip()}\n```\n")
    parts += [
        "## What delivery adds\n\nEvery bronze table ends with these columns.\n",
        _column_table((*DELIVERY_COLUMNS, PARTITION_KEY)),
        f"## Quarantine\n\n`{QUARANTINE_TABLE}`: what was refused is stored too, with the reason.\n",
        _column_table(QUARANTINE_COLUMNS),
    ]
    return "\n".join(parts)


def _envelope() -> list[str]:
    consent = Consent.model_json_schema()["properties"]
    rows = [[f"`{name}`", "boolean", _value(p["default"]), p["description"]] for name, p in consent.items()]
    return [
        "## Envelope\n\nWhat every event carries, whatever it tells.\n",
        _field_table(Event, Event.model_fields),
        f"### Consent\n\n{_doc(Consent)}\n",
        _table(["Field", "Type", "Default", "Description"], rows),
    ]


def _field_table(model: type[Event], names: Iterable[str]) -> str:
    schema = model.model_json_schema(mode="validation")
    stored = {column.field: column for column in columns(model) if column.field}
    rows = []
    for name in names:
        field = schema["properties"][name]
        column = stored.get(name)
        rows.append(
            [
                f"`{name}`",
                _type(field),
                field_unit(model, name) or _NOTHING,
                "required" if name in schema["required"] else _value(field.get("default")),
                pii_class(model, name),
                field["description"],
                f"`{column.name}` {column.type}" if column else "not stored",
            ]
        )
    return _table(["Field", "Type", "Unit", "Default", "Person", "Description", "Bronze column"], rows)


def _column_table(table: Iterable[Column]) -> str:
    rows = [[f"`{c.name}`", c.type, c.unit or _NOTHING, "yes" if c.required else "no", c.description] for c in table]
    return _table(["Column", "Type", "Unit", "Always there", "Description"], rows)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _type(schema: Mapping[str, Any]) -> str:
    """A JSON Schema type in words; that a field may be left out is told elsewhere."""
    schema = next((s for s in schema.get("anyOf", []) if s.get("type") != "null"), schema)
    if "const" in schema:
        return _value(schema["const"])
    if "enum" in schema:
        return ", ".join(_value(choice) for choice in schema["enum"])
    if "$ref" in schema:
        return f"object, see {schema['$ref'].rpartition('/')[2]}"
    if schema.get("format") == "date-time":
        return "time, ISO 8601 with offset"
    words = str(schema["type"])
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        words += f", {low:,g} to {high:,g}" if high < 10**6 else f", from {low:,g}"
    if "maxLength" in schema:
        words += f", at most {schema['maxLength']:,} characters"
    return words + (", printable ASCII without blanks" if "pattern" in schema else "")


def _value(value: Any) -> str:
    return _NOTHING if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _doc(model: type) -> str:
    return " ".join((inspect.getdoc(model) or "").replace("``", "`").split())
