"""The story comes out the same every time, and is the story it should be."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest

from infra.local.demo.broken import broken_lines
from infra.local.demo.story import DRAFT_V1, DRAFT_V2
from infra.local.demo.visits import Visit, simulate_day
from ingest.contracts.validate import Refusal, validate

LAST = date(2026, 3, 15)
DAYS = [LAST - timedelta(days=age) for age in range(14)]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


def visits(day: date, seed: int = 7, scale: float = 1.0) -> list[Visit]:
    return list(simulate_day(day, LAST, seed, scale))


@pytest.fixture(scope="module")
def fortnight() -> list[Visit]:
    return list(chain.from_iterable(visits(day) for day in DAYS))


def test_same_seed_same_day() -> None:
    assert visits(LAST) == visits(LAST)
    assert visits(LAST) != visits(LAST, seed=8)


def test_smaller_scale_is_the_beginning_of_the_larger() -> None:
    small, large = visits(LAST, scale=0.2)[1:], visits(LAST)[1:]  # the first is the night's batch
    assert small == large[: len(small)]


def test_every_id_is_used_once(fortnight: list[Visit]) -> None:
    ids = Counter(
        request.execution_id(call) for visit in fortnight for request in visit.requests for call in request.calls
    )
    ids += Counter(event["event_id"] for visit in fortnight for event in visit.events + visit.surveys)
    assert ids.most_common(1)[0][1] == 1


def test_events_keep_the_contract_and_their_day(fortnight: list[Visit]) -> None:
    for event in (event for visit in fortnight for event in visit.events + visit.surveys):
        valid = validate(event, NOW)
        assert not isinstance(valid, Refusal), valid
        assert DAYS[-1] <= valid.occurred_at.date() <= LAST


def test_volume_is_worth_looking_at(fortnight: list[Visit]) -> None:
    assert 6_000 < sum(len(request.calls) for visit in fortnight for request in visit.requests) < 8_000
    assert 14_000 < sum(len(visit.events) for visit in fortnight) < 22_000


def test_one_bad_afternoon(fortnight: list[Visit]) -> None:
    calls = [call for visit in fortnight for request in visit.requests for call in request.calls]
    days = Counter(datetime.fromtimestamp(call.start_us / 1e6, UTC).date() for call in calls if call.error_class)
    (worst, errors), (_, next_errors), *_ = days.most_common()
    assert worst == date(2026, 3, 12)  # a Thursday
    assert errors > 2 * next_errors


def test_second_version_costs_less_and_is_liked_better(fortnight: list[Visit]) -> None:
    calls = [call for visit in fortnight for request in visit.requests for call in request.calls]
    versions = {call.prompt: call.prompt for call in calls}
    assert DRAFT_V1 in versions
    assert DRAFT_V2 in versions
    full_price = {
        prompt: _mean([call.input_tokens - call.cache_read_tokens for call in calls if call.prompt == prompt])
        for prompt in (DRAFT_V1, DRAFT_V2)
    }
    assert full_price[DRAFT_V2] < full_price[DRAFT_V1] / 2
    thumbs = {True: Counter[str](), False: Counter[str]()}
    prompts = {
        request.execution_id(c): c.prompt for visit in fortnight for request in visit.requests for c in request.calls
    }
    for event in (event for visit in fortnight for event in visit.events if "thumb" in event):
        if (prompt := prompts[event["execution_id"]]) in full_price:
            thumbs[prompt == DRAFT_V2][event["thumb"]] += 1
    assert _share_up(thumbs[True]) > _share_up(thumbs[False]) + 0.1


def test_what_is_broken_is_the_same_every_time_and_differs_from_day_to_day() -> None:
    assert broken_lines(LAST, 7) == broken_lines(LAST, 7)
    kinds = {name for day in DAYS for name, _ in broken_lines(day, 7)}
    assert len(kinds) == 7


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)


def _share_up(thumbs: Counter[str]) -> float:
    return thumbs["up"] / thumbs.total()
