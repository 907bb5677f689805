"""From events to the answer: an experiment's metric is the catalog's, whatever people did."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.app import QUESTIONS
from serving.logic.experiment_results.asked import known_metrics
from tests.lakes import build_lake, event, make_lake, send
from tests.serving.lakes import Api

PRICED = {"model": "gpt-4o", "provider": "openai", "uncached_input_tokens": 1000}


def acts() -> Iterator[dict[str, Any]]:
    """What 60 people did in two arms, by the same chance in every run."""
    dice = random.Random(5)  # noqa: S311
    for person in range(60):
        arm = {"experiment": "tone", "variant": "warm" if person % 2 else "control"}
        user = {"user_id": f"u{person}"}
        yield event("behavior", action="experiment_exposure", **arm, **user)
        for call in range(dice.randint(1, 5)):
            call_id = f"x{person}-{call}"
            failed = {"status": "error", "error_class": "timeout"} if dice.random() < 0.2 else {"status": "ok"}
            latency = {"latency_ms": dice.randint(1, 127)}  # of which each has a bucket of its own
            priced = PRICED | {"output_tokens": dice.randint(1, 900)}
            yield event(event_id=call_id, **arm, **user, **failed, **latency, **priced)
            about = {"execution_id": call_id}
            for said in (
                {"kind": "thumb", "thumb": dice.choice(("up", "down"))},
                {"kind": "rating", "thumb": None, "rating": dice.randint(1, 5)},
                {"kind": "nps", "thumb": None, "nps": dice.randint(0, 10)},
                {"kind": "implicit", "thumb": None, "signal": dice.choice(("undo", "copy", "edit"))},
            ):
                yield event("feedback", **about, **said)
            yield event("evaluation", **about, passed=dice.random() < 0.5)
    for arm in ("control", "warm"):
        yield event("behavior", action="experiment_exposure", experiment="tone", variant=arm, user_id="both")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Api:
    lake = make_lake(tmp_path_factory.mktemp("experiment") / "lake")
    assert not send(lake, acts()).refusals
    build_lake(lake)
    return Api(Path(lake.root))


@pytest.mark.parametrize("variant", ["control", "warm"])
def test_each_metric_is_the_catalogs(built: Api, variant: str) -> None:
    (experiment,) = built.get("/analytics/experiments").json["experiments"]
    (arm,) = [arm for arm in experiment["variants"] if arm["variant"] == variant]
    elsewhere: dict[str, Any] = {}
    for question in (question for question in QUESTIONS if known_metrics().keys() & set(question.metrics)):
        elsewhere |= built.get(question.path, variant=variant).json["total"]
    found = {result["metric"]: result["value"] for result in arm["results"]}
    assert found.keys() == known_metrics().keys()
    assert found == {name: pytest.approx(elsewhere[name], rel=1e-6) for name in found}
    assert None not in found.values()


def test_people_are_counted_once_and_in_one_arm(built: Api) -> None:
    (experiment,) = built.get("/analytics/experiments").json["experiments"]
    counts = {arm["variant"]: (arm["units"], arm["crossed_units"], arm["exposures"]) for arm in experiment["variants"]}
    assert counts == {"control": (30, 1, 31), "warm": (30, 1, 31)}
    assert experiment["sample_ratio"]["mismatch"] is False
