"""What a column means is said once: in the contract if it is an event's field, in ``columns.yaml`` if gold made it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ingest.contracts.registry import EVENTS
from sql.contract_tables import contract_columns
from sql.places import read_yaml

SHARED = Path(__file__).parent / "columns.yaml"


@cache
def known_columns() -> Mapping[str, Mapping[str, Any]]:
    """Type, unit and description by column name. Where contracts differ, the first that has the field decides."""
    found: dict[str, Mapping[str, Any]] = dict(read_yaml(SHARED.read_text()))
    for event_type in EVENTS:
        for name, column in contract_columns(event_type).items():
            found.setdefault(name, column)
    return found


def described(grain: Any, columns: Any) -> dict[str, Any]:
    """A gold model's columns, those of its grain first, with what is known of each under what the model itself says."""
    said = dict.fromkeys(grain if isinstance(grain, list) else ()) | (columns if isinstance(columns, dict) else {})
    return {name: {**known_columns().get(name, {}), **(own or {})} for name, own in said.items()}
