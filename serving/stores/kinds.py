"""Every kind of record that is kept beside the templates."""

from collections.abc import Mapping
from typing import Any

from serving.logic.budgets.model import Budget
from serving.logic.experiments.model import Experiment
from serving.logic.record import Record
from serving.logic.surveys.model import Survey
from serving.stores.records import RecordStore
from serving.stores.table import Table

KINDS: Mapping[str, type[Record]] = {"budget": Budget, "experiment": Experiment, "survey": Survey}


def budgets(table: Table) -> RecordStore[Budget]:
    return RecordStore(table, "budget", Budget)


def experiments(table: Table) -> RecordStore[Experiment]:
    return RecordStore(table, "experiment", Experiment)


def surveys(table: Table) -> RecordStore[Survey]:
    return RecordStore(table, "survey", Survey)


def every_kind(table: Table) -> dict[str, RecordStore[Any]]:
    """By the name of the kind."""
    return {kind: RecordStore(table, kind, model) for kind, model in KINDS.items()}
