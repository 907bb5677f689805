"""What a request wants to know of experiments, read from its parameters."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from serving.logic.days import shown
from serving.logic.experiment_results.terms import Terms
from serving.logic.refused import bad_request
from sql.catalog import metrics, models
from sql.records import Metric

TABLE = "experiment_scorecard"
DEFAULT_CONFIDENCE = 0.95
MIN_CONFIDENCE, MAX_CONFIDENCE = 0.5, 0.999
MAX_VALUES = 100
"""So many values of one parameter may be asked for at once."""


@cache
def known_metrics() -> dict[str, Metric]:
    """The metrics that an experiment can be judged by: those that its table may hold."""
    checks = models()[f"gold.{TABLE}"].checks
    names = [str(name) for check in checks if check.column == "metric" for name in check.values]
    return {name: metrics()[name] for name in names}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for experiments."""

    experiments: tuple[str, ...]
    environments: tuple[str, ...]
    metric: str | None
    guardrails: tuple[str, ...]
    control: str | None
    weights: tuple[tuple[str, float], ...]
    """Arm and weight; none means that all arms weigh the same."""
    confidence: float

    @property
    def metrics(self) -> tuple[str, ...]:
        """All that is asked for, the one that decides first; every known one where none is named."""
        return self.named or tuple(known_metrics())

    @property
    def named(self) -> tuple[str, ...]:
        decides = (self.metric,) if self.metric else ()
        return tuple(dict.fromkeys((*decides, *self.guardrails)))

    def under(self, terms: Terms | None) -> "Asked":
        """The same of one experiment; what the request leaves open is as its terms have it."""
        if terms is None:
            return self
        judged_by = self if self.named else terms
        return replace(
            self,
            metric=judged_by.metric,
            guardrails=judged_by.guardrails,
            control=self.control or terms.control,
            weights=self.weights or terms.weights,
        )


def read_parameters(given: Mapping[str, Any]) -> Asked:
    """Query parameters by name; what was not given is ``None`` or missing.

    Raises:
        RequestRefused: a metric is unknown, or a weight is none.
    """
    for name, values in given.items():
        if isinstance(values, list) and len(values) > MAX_VALUES:
            raise bad_request("too_many_values", f"{name} was given {len(values)} values; give at most {MAX_VALUES}.")
    experiments = tuple(given.get("experiment") or ())
    weights = tuple(_weight(text) for text in given.get("weight") or ())
    if weights and len(experiments) != 1:
        raise bad_request("weights_of_what", "Weights are of one experiment; name it with experiment=.")
    if len({arm for arm, _ in weights}) < len(weights):
        raise bad_request("wrong_weight", "An arm was given two weights; give it one.")
    for name in (*([given["metric"]] if given.get("metric") else []), *(given.get("guardrail") or ())):
        if name not in known_metrics():
            message = f"Experiments have no metric {shown(name)}; known are {', '.join(known_metrics())}."
            raise bad_request("unknown_metric", message)
    return Asked(
        experiments,
        tuple(given.get("environment") or ()),
        given.get("metric"),
        tuple(given.get("guardrail") or ()),
        given.get("control"),
        weights,
        given.get("confidence") or DEFAULT_CONFIDENCE,
    )


def condition(asked: Asked) -> tuple[str, Sequence[str]]:
    """A condition with placeholders, and their values."""
    chosen = {"experiment": asked.experiments, "environment": asked.environments, "metric": asked.named}
    wanted = {column: values for column, values in chosen.items() if values}
    conditions = [f"{column} IN ({', '.join('?' * len(values))})" for column, values in wanted.items()]
    return " AND ".join(conditions) or "TRUE", [value for values in wanted.values() for value in values]


def _weight(text: str) -> tuple[str, float]:
    arm, _, weight = text.rpartition(":")
    try:
        found = float(weight)
    except ValueError:
        found = math.nan
    if not arm or not 0 < found <= 1e9:
        raise bad_request("wrong_weight", f"weight={shown(text)} is none; give arm and weight, such as control:50.")
    return arm, found
