"""Experiments as an answer: each arm beside the control, and whether the arms can be compared at all."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from serving.logic.answer import definition
from serving.logic.experiment_results.asked import TABLE, Asked, condition, known_metrics
from serving.logic.experiment_results.statistics import MIN_UNITS, Difference, Sums, difference, uneven
from serving.logic.experiment_results.terms import FindTerms
from serving.logic.reading import Row, Tables

MAX_EXPERIMENTS = 50
"""So many are told, those that were seen last."""

MISMATCH_P_VALUE = 0.001
"""Arms less likely than this are not the ones that were to be: what sends people there is broken."""

USUAL_CONTROL = "control"


def scorecard(asked: Asked, tables: Tables, find_terms: FindTerms) -> dict[str, Any]:
    """The whole answer as JSON values; see :class:`serving.experiment_result_schemas.ExperimentsAnswer`.

    Args:
        tables: one publication, so that nothing in the answer is of another.
        find_terms: what was set for an experiment.
    """
    where, parameters = condition(asked)
    rows = tables.rows(
        f"SELECT * FROM gold.{TABLE} WHERE {where} ORDER BY environment, experiment, variant", parameters
    )
    seen = [(key, list(of_one)) for key, of_one in groupby(rows, lambda row: (row["environment"], row["experiment"]))]
    newest = sorted(seen, key=lambda one: max(row["last_day"] for row in one[1]), reverse=True)
    told = [_experiment(asked.under(find_terms(*key)), *key, of_one) for key, of_one in newest[:MAX_EXPERIMENTS]]
    judged_by = {result["metric"] for one in told for arm in one["variants"] for result in arm["results"]}
    return {
        "as_of": tables.publication.as_of,
        "complete_through": tables.publication.complete_through,
        "confidence": asked.confidence,
        "metrics": {name: definition(metric) for name, metric in known_metrics().items() if name in judged_by},
        "experiments": told,
        "left_out": max(0, len(newest) - MAX_EXPERIMENTS),
    }


def _experiment(asked: Asked, environment: str, experiment: str, rows: Sequence[Row]) -> Row:
    arms = {
        variant: {row["metric"]: row for row in of_arm} for variant, of_arm in groupby(rows, lambda r: r["variant"])
    }
    seen = {variant: next(iter(by_metric.values())) for variant, by_metric in arms.items()}
    control = asked.control or (USUAL_CONTROL if USUAL_CONTROL in arms else min(arms))
    return {
        "experiment": experiment,
        "environment": environment,
        "first_day": min(row["first_day"] for row in rows).isoformat(),
        "last_day": max(row["last_day"] for row in rows).isoformat(),
        "control": control if control in arms else None,
        "not_judged": [name for name in asked.metrics if name not in known_metrics()],
        "sample_ratio": _sample_ratio({variant: row["units"] for variant, row in seen.items()}, dict(asked.weights)),
        "variants": [
            {
                "variant": variant,
                "units": seen[variant]["units"],
                "crossed_units": seen[variant]["crossed_units"],
                "exposures": seen[variant]["exposures"],
                "results": [
                    _result(
                        asked, name, by_metric[name], None if variant == control else arms.get(control, {}).get(name)
                    )
                    for name in asked.metrics
                    if name in by_metric
                ],
            }
            for variant, by_metric in arms.items()
        ],
    }


def _sample_ratio(units: Mapping[str, int], weights: Mapping[str, float]) -> Row:
    """Arms that were to be and of which nobody was seen count too; one without a weight can't be judged."""
    wanted = weights or dict.fromkeys(units, 1.0)
    arms = list({**units, **wanted})
    is_known = all(arm in wanted for arm in arms)
    p_value = uneven([units.get(arm, 0) for arm in arms], [wanted[arm] for arm in arms]) if is_known else None
    return {
        "expected": {arm: weight / sum(wanted.values()) for arm, weight in wanted.items()},
        "p_value": p_value,
        "mismatch": None if p_value is None else p_value < MISMATCH_P_VALUE,
    }


def _result(asked: Asked, name: str, arm: Row, control: Row | None) -> Row:
    sums = _sums(arm)
    found = difference(_sums(control), sums, asked.confidence) if control else None
    base = _sums(control).value if control else None
    return {
        "metric": name,
        "is_guardrail": name in asked.guardrails,
        "value": sums.value,
        "difference": found and found.value,
        "relative_difference": found.value / base if found and base else None,
        "low": found and found.low,
        "high": found and found.high,
        "p_value": found and found.p_value,
        "verdict": None if control is None else _verdict(known_metrics()[name].direction, sums, _sums(control), found),
    }


def _verdict(direction: str, arm: Sums, control: Sums, found: Difference | None) -> str:
    if found is None:
        return "no_data"
    if min(arm.units, control.units) < MIN_UNITS:
        return "too_few_units"
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
        return "no_difference_shown"
    if direction == "neutral":
        return "different"
    return "better" if (found.low > 0) == (direction == "up") else "worse"


def _sums(row: Row) -> Sums:
    values = ("numerator_sum", "denominator_sum", "numerator_squares", "products", "denominator_squares")
    return Sums(row["units"], *(float(row[name]) for name in values))
