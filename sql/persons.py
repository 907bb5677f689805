"""How a table's columns touch a person, which is said where the contract field is."""

from ingest.contracts.derive import columns
from ingest.contracts.registry import EVENTS
from ingest.contracts.types import PII_CLASSES, PiiClass
from sql.records import Model


def person_kind(model: Model, column: str) -> PiiClass:
    """Whether a column says nothing of a person, points to one, or holds what one wrote.

    A silver column is its contract's field. A gold column is what ``model.yaml`` says it is, else what the contracts
    have under its name; where they differ, what tells the most.
    """
    if (said := model.columns[column].pii) is not None:
        return said
    contracts = [model.name] if model.layer == "silver" else EVENTS
    kinds = {c.pii for name in contracts for c in columns(EVENTS[name]) if column in (c.name, c.field)}
    return max(kinds, key=PII_CLASSES.index, default="none")


def names_nobody(model: Model, column: str) -> bool:
    """Whether a value of the column may be shown to whoever looks after the tables."""
    return person_kind(model, column) == "none"
