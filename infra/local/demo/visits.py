"""Simulated visits: who came when, which calls of models that made, and what the browser and the people sent."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from infra.local.demo import events
from infra.local.demo.calls import Call, simulate_call
from infra.local.demo.dice import dice, span_id, trace_id
from infra.local.demo.events import Json, Person
from infra.local.demo.story import (
    BATCH,
    DRAFT_V1,
    DRAFT_V2,
    FEATURES,
    Feature,
    Prompt,
    is_bad,
    rollout_share,
    visits_on,
)

_PEOPLE = 420
_NO_CONSENT = 0.03
_S = 1_000_000
_HOURS = dict(zip(range(6, 22), (1, 3, 7, 11, 12, 11, 8, 9, 12, 12, 10, 7, 4, 3, 2, 1), strict=True))
"""How many come in an hour, UTC. The last visit is over well before midnight."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the application; becomes one trace."""

    trace_id: int
    span_id: int
    feature: Feature
    calls: list[Call]
    person: Person | None = None
    variant: str | None = None
    """Arm of the rollout, while that is an experiment."""

    def execution_id(self, call: Call) -> str:
        """The ``event_id`` that the lake gives to the call, which is made of its W3C ids."""
        return f"{self.trace_id:032x}-{call.span_id:016x}"


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything that one visit sends."""

    requests: list[Request] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    surveys: list[Json] = field(default_factory=list)
    """Feedback that goes to the API instead."""


def simulate_day(day: date, last: date, seed: int, scale: float) -> Iterator[Visit]:
    """All visits of one day. Each has dice of its own, so that the first ones are the same at any scale."""
    yield _batch(day, dice(seed, day, "batch"), scale)
    for number in range(visits_on(day, last, scale)):
        yield _visit(day, last, seed, dice(seed, day, number))


def _visit(day: date, last: date, seed: int, random: Random) -> Visit:
    visit = Visit()
    hour = random.choices(list(_HOURS), list(_HOURS.values()))[0]
    now_us = _start_us(day) + (hour * 3600 + random.randrange(3600)) * _S
    # Squared, so that some come nearly every day and many only once.
    user = int(random.random() ** 2 * _PEOPLE)
    taste = dice(seed, "user", user)
    consents, early = taste.random() >= _NO_CONSENT, taste.random()
    person = Person(f"user-{user:03d}", f"visit-{random.getrandbits(40):010x}", consents)
    visit.events.append(events.behavior("session_start", now_us, person, random))
    for number in range(min(1 + int(random.expovariate(0.45)), 9)):
        feature = random.choices(FEATURES, [f.weight for f in FEATURES])[0]
        now_us += round(random.lognormvariate(3.0, 0.6)) * _S
        visit.events.append(events.behavior("page_view", now_us, person, random, page=feature.page))
        if number == 0 and random.random() < 0.3:
            visit.events.extend(events.web_vitals(now_us + 2 * _S, person, feature.page, random))
        steps, variant = feature.steps, None
        if steps == (DRAFT_V1,):
            share = rollout_share(day, last)
            steps = (DRAFT_V2,) if early < share else steps
            if 0 < share < 1:
                variant = steps[0].version
                visit.events.append(events.exposure(now_us, person, feature, variant, random))
        calls = _calls(steps, now_us, random, lambda prompt: is_bad(prompt, day, hour, last))
        request = Request(trace_id(random), span_id(random), feature, calls, person, variant)
        visit.requests.append(request)
        _react(visit, request, random)
        now_us = request.calls[-1].end_us + round(random.lognormvariate(3.2, 0.7)) * _S
    visit.events.append(events.behavior("session_end", now_us, person, random))
    return visit


def _calls(steps: Sequence[Prompt], start_us: int, random: Random, is_bad: Callable[[Prompt], bool]) -> list[Call]:
    """One step after the other; the first that fails ends it."""
    calls: list[Call] = []
    for prompt in steps:
        calls.append(simulate_call(prompt, start_us, random, is_bad=is_bad(prompt)))
        start_us = calls[-1].end_us
        if calls[-1].error_class:
            break
    return calls


def _react(visit: Visit, request: Request, random: Random) -> None:
    call, person = request.calls[-1], request.person
    if call.error_class or person is None:
        return
    execution_id = request.execution_id(call)
    name = request.feature.name
    visit.events.append(events.behavior("feature_used", call.end_us, person, random, name=name, feature=name))
    if random.random() < 0.22:
        visit.events.append(events.thumb(call, execution_id, person, random))
    if random.random() < 0.2:
        visit.events.append(events.signal(call, execution_id, person, random))
    if random.random() < 0.15:
        visit.events.append(events.evaluation(call, execution_id, random))
    if random.random() < 0.03:
        visit.surveys.append(events.survey(call, execution_id, person, random))


def _batch(day: date, random: Random, scale: float) -> Visit:
    """The night's work: no person, no visit."""
    visit, now_us = Visit(), _start_us(day) + 2 * 3600 * _S
    for _ in range(max(round(45 * scale), 1)):
        call = simulate_call(BATCH.steps[0], now_us, random, is_bad=False)
        visit.requests.append(Request(trace_id(random), span_id(random), BATCH, [call]))
        now_us = call.end_us + _S
    return visit


def _start_us(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400 * _S
