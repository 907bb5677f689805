"""Every kind of record that is kept beside the templates."""

from collections.abc import Mapping
from typing import Any

from serving.logic.budgets.model import Budget
from serving.logic.experiments.model import Experiment
from serving.logic.record import Record
from serving.logic.surveys.model import Survey
from serving.stores.records import RecordStore
from serving.stores.table import Table

_MODELS: tuple[type[Record], ...] = (Budget, Experiment, Survey)
KINDS: Mapping[str, type[Record]] = {model.KIND: model for model in _MODELS}


def every_kind(table: Table) -> dict[str, RecordStore[Any]]:
    """By the name of the kind."""
    return {kind: RecordStore(table, model) for kind, model in KINDS.items()}
