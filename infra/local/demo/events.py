"""Simulated events as an application posts them: one function an event type, plain contract fields."""

from dataclasses import dataclass
from random import Random
from typing import Any

from infra.local.demo.calls import Call
from infra.local.demo.story import ENVIRONMENT, ROLLOUT, Feature
from ingest.contracts.instants import from_us

Json = dict[str, Any]
_COMMENTS = {
    "up": ("Sent it as it was.", "Tone is right.", "Saved me ten minutes.", "Good, cut one sentence."),
    "down": ("Too long.", "Missed what the customer asked.", "Wrong order number.", "Sounds like a robot."),
}
_VITALS = {"TTFB": (420, 0.5), "FCP": (1150, 0.4), "LCP": (1900, 0.4), "INP": (130, 0.6), "CLS": (0.05, 0.8)}
"""Median and spread of each."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who visits, and in which visit. Without consent to analytics, what the browser sends is dropped on arrival."""

    user_id: str
    session_id: str
    consents: bool


def envelope(event_type: str, at_us: int, random: Random) -> Json:
    """What each event carries. The id comes from the story's own dice, so that a repeat sends a duplicate."""
    return {
        "event_type": event_type,
        "event_id": f"sim-{random.getrandbits(64):016x}",
        "occurred_at": from_us(at_us).isoformat(),
        "environment": ENVIRONMENT,
    }


def behavior(action: str, at_us: int, person: Person, random: Random, **fields: str | None) -> Json:
    return _browser("behavior", at_us, person, random) | {"action": action} | fields


def web_vitals(at_us: int, person: Person, page: str, random: Random) -> list[Json]:
    """One page load's five measures."""
    found = []
    for name, (median, spread) in _VITALS.items():
        value = median * random.lognormvariate(0, spread)
        measure = {
            "name": name,
            "value": round(value, 3 if name == "CLS" else 0),
            "metric_id": f"v5-{random.getrandbits(48):012x}",
            "page": page,
        }
        found.append(_browser("web_vital", at_us, person, random) | measure)
    return found


def thumb(call: Call, execution_id: str, person: Person, random: Random) -> Json:
    verdict = "up" if random.random() < call.prompt.liked else "down"
    said = {"kind": "thumb", "thumb": verdict, "execution_id": execution_id}
    if random.random() < 0.2:
        said["comment"] = random.choice(_COMMENTS[verdict])
    return _feedback(call, person, random, after_s=20) | said


def signal(call: Call, execution_id: str, person: Person, random: Random) -> Json:
    """What a person did with the answer instead of saying it."""
    is_good = random.random() < call.prompt.liked
    act = random.choice(("copy", "accept") if is_good else ("regenerate", "undo", "abandon"))
    return _feedback(call, person, random, after_s=8) | {
        "kind": "implicit",
        "signal": act,
        "execution_id": execution_id,
    }


def survey(call: Call, execution_id: str, person: Person, random: Random) -> Json:
    """A rating or an NPS answer."""
    mood = random.gauss(0.35 + call.prompt.liked * 0.55, 0.17)
    if random.random() < 0.5:
        said: Json = {"kind": "rating", "rating": min(max(round(mood * 5), 1), 5), "execution_id": execution_id}
    else:
        said = {"kind": "nps", "nps": min(max(round(mood * 10), 0), 10)}
    return _feedback(call, person, random, after_s=45) | said


def evaluation(call: Call, execution_id: str, random: Random) -> Json:
    """A program's judgement of an answer."""
    passed = random.random() < call.prompt.passes
    score = random.betavariate(14, 2) if passed else random.betavariate(5, 6)
    return envelope("evaluation", call.end_us + 60_000_000, random) | {
        "metric": "faithfulness",
        "score": round(score, 3),
        "passed": passed,
        "evaluator": "nightly-judge",
        "execution_id": execution_id,
    }


def exposure(at_us: int, person: Person, feature: Feature, variant: str | None, random: Random) -> Json:
    """The person met one arm of the rollout."""
    named = {"feature": feature.name, "experiment": ROLLOUT, "variant": variant}
    return behavior("experiment_exposure", at_us, person, random, **named)


def _feedback(call: Call, person: Person, random: Random, after_s: int) -> Json:
    at_us = call.end_us + round(after_s * random.lognormvariate(0, 0.5) * 1_000_000)
    return envelope("feedback", at_us, random) | {"user_id": person.user_id, "session_id": person.session_id}


def _browser(event_type: str, at_us: int, person: Person, random: Random) -> Json:
    event = envelope(event_type, at_us, random) | {"user_id": person.user_id, "session_id": person.session_id}
    return event if person.consents else event | {"consent": {"analytics": False}}
