"""Writes what is derived from the contracts into ``docs/reference``: ``python -m ingest.contracts.generate``.

A test fails while a committed file differs from what this would write.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.contracts.derive import QUARANTINE_COLUMNS, QUARANTINE_TABLE, columns, glue_table, json_schema
from ingest.contracts.envelope import Event
from ingest.contracts.reference_page import render_docs
from ingest.contracts.registry import EVENTS

EXAMPLES = Path(__file__).parent / "examples"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
"""Only a checkout has it; an installed package has nothing to generate."""


def first_example(event_type: str) -> str | None:
    """The example that the page shows: the first, by name, of those that must pass."""
    path = min((EXAMPLES / event_type / "pass").glob("*.json"), default=None)
    return path.read_text() if path else None


def render_json_schema(model: type[Event]) -> str:
    return _document(json_schema(model))


def render_glue(events: Mapping[str, type[Event]]) -> dict[str, str]:
    """Glue table definitions by table name, quarantine's among them."""
    tables = {name: glue_table(name, model.TITLE, columns(model)) for name, model in events.items()}
    tables[QUARANTINE_TABLE] = glue_table(QUARANTINE_TABLE, "What was refused, and why", QUARANTINE_COLUMNS)
    return {name: _document(table) for name, table in tables.items()}


def render(events: Mapping[str, type[Event]]) -> dict[str, str]:
    """Every generated file: its text by its path below ``docs/reference``."""
    examples = {name: text for name in events if (text := first_example(name))}
    return {
        "contracts.md": render_docs(events, examples),
        **{f"contracts/{name}.schema.json": render_json_schema(model) for name, model in events.items()},
        **{f"glue/{name}.json": text for name, text in render_glue(events).items()},
    }


def stale(files: Mapping[str, str], folder: Path = REFERENCE) -> list[str]:
    """Paths that are missing, differ, or that nothing generates any more."""
    there = {f"{kind}/{path.name}" for kind in ("contracts", "glue") for path in (folder / kind).glob("*.json")}
    differ = {name for name, text in files.items() if not (folder / name).is_file() or _read(folder / name) != text}
    return sorted(differ | (there - files.keys()))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _document(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file that is stale, and say which."""
    files = render(EVENTS)
    for name in stale(files):
        path = REFERENCE / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], encoding="utf-8")
        else:
            path.unlink()
        print(f"docs/reference/{name}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
