"""Experiments over HTTP: what is told, what is claimed, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from infra.local.templates import open_desk
from serving.logic.experiment_results.asked import known_metrics
from serving.logic.experiments.model import Experiment, Variant
from serving.stores.records import RecordStore
from tests.serving.lakes import AS_OF, DAY_1, DAY_2, DAY_3, Answer, Api, Row
from tests.serving.test_problems import EVIL, problem

PATH = "/analytics/experiments"


def arm(variant: str, units: int, hits: int, metric: str = "thumbs_up_rate", **more: Any) -> Row:
    """An arm in which everybody gave one answer."""
    sums = {"numerator_sum": hits, "numerator_squares": hits, "products": hits}
    sums |= {"denominator_sum": units, "denominator_squares": units, "units": units, "exposures": 2 * units}
    keys = {"environment": "production", "experiment": "tone", "variant": variant, "metric": metric}
    return keys | {"first_day": DAY_1, "last_day": DAY_2} | sums | more


@pytest.fixture
def tone(api: Api) -> Api:
    rows = [
        arm("control", 1000, 500),
        arm("warm", 1010, 580),
        arm("control", 1000, 50, "error_rate"),
        arm("warm", 1010, 90, "error_rate", crossed_units=0),
        arm("a", 10, 5, experiment="small", last_day=DAY_3),
        arm("b", 40, 20, experiment="small", last_day=DAY_3),
    ]
    api.publish({"experiment_scorecard": rows})
    return api


def results(answer: Answer, variant: str, experiment: str = "tone") -> dict[str, Row]:
    (one,) = [e for e in answer.json["experiments"] if e["experiment"] == experiment]
    (found,) = [v for v in one["variants"] if v["variant"] == variant]
    return {result["metric"]: result for result in found["results"]}


def test_an_arm_beside_the_control(tone: Api) -> None:
    answer = tone.get(PATH, experiment="tone", metric="thumbs_up_rate", guardrail="error_rate")
    assert answer.json["as_of"] == AS_OF
    assert answer.json["metrics"].keys() == {"thumbs_up_rate", "error_rate"}
    (one,) = answer.json["experiments"]
    assert (one["control"], one["first_day"], one["last_day"]) == ("control", "2026-03-01", "2026-03-02")
    warm = results(answer, "warm")
    thumbs = warm["thumbs_up_rate"]
    # By hand: 0.57426 - 0.5, its standard error sqrt(0.5*0.5/999 + 0.57426*0.42574/1009) = 0.02222.
    assert thumbs["difference"] == pytest.approx(0.074257, abs=1e-6)
    assert (thumbs["low"], thumbs["high"]) == (pytest.approx(0.0307, abs=1e-4), pytest.approx(0.1178, abs=1e-4))
    assert thumbs["p_value"] == pytest.approx(0.00083, abs=2e-5)
    assert thumbs["relative_difference"] == pytest.approx(0.148515, abs=1e-6)
    assert (thumbs["verdict"], thumbs["is_guardrail"]) == ("better", False)
    assert (warm["error_rate"]["verdict"], warm["error_rate"]["is_guardrail"]) == ("worse", True)
    control = results(answer, "control")["thumbs_up_rate"]
    assert control["value"] == 0.5
    assert {control[name] for name in ("difference", "low", "high", "p_value", "verdict")} == {None}


def test_a_wider_interval_claims_less(tone: Api) -> None:
    def told(confidence: str) -> Row:
        return results(tone.get(PATH, metric="thumbs_up_rate", confidence=confidence), "warm")["thumbs_up_rate"]

    usual, wide = told("0.95"), told("0.999")
    assert wide["low"] < usual["low"] < usual["high"] < wide["high"]
    assert wide["p_value"] == usual["p_value"]


def test_another_arm_may_be_the_control(tone: Api) -> None:
    assert results(tone.get(PATH, metric="error_rate", control="warm"), "control")["error_rate"]["verdict"] == "better"


def test_few_are_no_proof(tone: Api) -> None:
    found = results(tone.get(PATH, metric="thumbs_up_rate"), "b", "small")["thumbs_up_rate"]
    assert (found["difference"], found["low"], found["verdict"]) == (0.0, None, "too_few_units")


def test_the_latest_come_first(tone: Api) -> None:
    assert [one["experiment"] for one in tone.get(PATH).json["experiments"]] == ["small", "tone"]
    assert tone.get(PATH, environment="staging").json["experiments"] == []


def test_arms_that_are_not_as_large_as_they_should_be(tone: Api) -> None:
    def ratio(*weights: str, experiment: str) -> Row:
        answer = tone.get(PATH, [("weight", weight) for weight in weights], experiment=experiment)
        found: Row = answer.json["experiments"][0]["sample_ratio"]
        return found

    fair = ratio(experiment="tone")
    assert (fair["expected"], fair["mismatch"]) == ({"control": 0.5, "warm": 0.5}, False)
    assert ratio(experiment="small")["mismatch"] is True
    assert ratio("a:1", "b:4", experiment="small")["mismatch"] is False
    assert ratio("a:1", "b:4", "c:5", experiment="small")["mismatch"] is True, "of c nobody was seen"
    unknown = ratio("a:1", "c:4", experiment="small")
    assert (unknown["p_value"], unknown["mismatch"]) == (None, None), "nobody said how large b should be"


def test_a_control_that_nobody_saw(tone: Api) -> None:
    (one,) = tone.get(PATH, experiment="tone", control="nobody", metric="error_rate").json["experiments"]
    assert one["control"] is None
    assert {v["results"][0]["difference"] for v in one["variants"]} == {None}


def keep(api: Api, **terms: Any) -> None:
    """An experiment whose terms were set before it began."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    signed = {
        "revision": 1,
        "created_by": "ann",
        "created_at": now,
        "changed_by": "ann",
        "changed_at": now,
        "salt": "s",
    }
    variants = [Variant(name="warm", weight=1, model="m"), Variant(name="control", weight=3)]
    kept = Experiment(environment="production", template_id="t", variants=variants, **signed, **terms)
    RecordStore(open_desk(api.root).store.table, Experiment).save(kept)


def test_an_experiment_is_judged_by_its_terms(tone: Api) -> None:
    keep(tone, id="tone", metric="thumbs_up_rate", guardrails=("error_rate", "latency_p95_ms"))
    answer = tone.get(PATH, experiment="tone")
    (one,) = answer.json["experiments"]
    assert (one["control"], one["not_judged"]) == ("warm", ["latency_p95_ms"])
    assert one["sample_ratio"]["expected"] == {"warm": 0.25, "control": 0.75}
    assert one["sample_ratio"]["mismatch"] is True
    control = results(answer, "control")
    assert control.keys() == answer.json["metrics"].keys() == {"thumbs_up_rate", "error_rate"}
    assert {name: result["is_guardrail"] for name, result in control.items()} == {
        "thumbs_up_rate": False,
        "error_rate": True,
    }


def test_what_is_asked_for_goes_before_its_terms(tone: Api) -> None:
    keep(tone, id="tone", metric="thumbs_up_rate")
    query = [("weight", "control:1"), ("weight", "warm:1")]
    answer = tone.get(PATH, query, experiment="tone", metric="error_rate", control="control")
    (one,) = answer.json["experiments"]
    assert (one["control"], one["sample_ratio"]["mismatch"]) == ("control", False)
    assert results(answer, "warm").keys() == {"error_rate"}
    assert tone.get(PATH, experiment="small").json["experiments"][0]["control"] == "a", "it has none"


def test_a_name_that_no_record_can_have(api: Api) -> None:
    api.publish(
        {"experiment_scorecard": [arm("a", 40, 1, experiment="x/" * 100), arm("b", 40, 1, experiment="x/" * 100)]}
    )
    assert len(api.get(PATH).json["experiments"]) == 1


def test_an_arm_without_data(api: Api) -> None:
    nothing = dict.fromkeys(("numerator_squares", "products", "denominator_sum", "denominator_squares"), 0)
    api.publish({"experiment_scorecard": [arm("control", 50, 20), arm("warm", 50, 0, **nothing)]})
    found = results(api.get(PATH), "warm")["thumbs_up_rate"]
    assert (found["value"], found["difference"], found["verdict"]) == (None, None, "no_data")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ([("metric", "latency_p95_ms")], "unknown_metric"),
        ([("guardrail", "love")], "unknown_metric"),
        ([("weight", "a:1")], "weights_of_what"),
        ([("experiment", "tone"), ("weight", "a")], "wrong_weight"),
        ([("experiment", "tone"), ("weight", "a:0")], "wrong_weight"),
        ([("experiment", "tone"), ("weight", "a:nan")], "wrong_weight"),
        ([("experiment", "tone"), ("weight", "a:1"), ("weight", "a:2")], "wrong_weight"),
        ([("confidence", "1")], "wrong_parameter"),
        ([("confidence", "nan")], "wrong_parameter"),
        ([("from", "2026-03-01")], "unknown_parameter"),
        ([("experiment", f"e{n}") for n in range(101)], "too_many_values"),
    ],
)
def test_a_question_that_is_none(tone: Api, query: list[tuple[str, str]], code: str) -> None:
    assert problem(tone.get(PATH, query)) == (400, code)


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_no_parameter_is_a_way_into_sql(tone: Api, evil: str) -> None:
    assert tone.get(PATH, experiment=evil).json["experiments"] == []
    assert tone.get(PATH, environment=evil).json["experiments"] == []
    for name in ("metric", "guardrail", "confidence", evil):
        assert problem(tone.get(PATH, [(name, evil)]))[0] == 400


def test_an_empty_lake_has_none(api: Api) -> None:
    api.publish({})
    assert api.get(PATH).json["experiments"] == []


def test_it_is_as_described(tone: Api) -> None:
    document = tone.get("/openapi.json").json
    schema = {"$ref": "#/components/schemas/ExperimentsAnswer", "components": document["components"]}
    for query in ({}, {"control": "nobody"}, {"experiment": "no such"}):
        Draft202012Validator(schema).validate(tone.get(PATH, **query).json)


def test_every_metric_of_it_is_one_of_the_catalog() -> None:
    assert {metric.direction for metric in known_metrics().values()} <= {"up", "down"}
