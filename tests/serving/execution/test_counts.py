"""Whatever happens, counts hold: an event for each execution, and on its budget what it has cost."""

from __future__ import annotations

import copy
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.logic.execution import asking
from tests.serving.execution.kitchen import ANSWER_USD, INPUT_USD, MODEL, OUTPUT_USD, Kitchen
from tests.serving.execution.model_server import Reply

RESERVED_USD = 3 * INPUT_USD + 10 * OUTPUT_USD
REPLIES = {
    "answers": Reply(),
    "throttles": Reply(status=429, body=b"{}"),
    "is broken": Reply(status=500, body=b"{}"),
    "refuses": Reply(status=400, body=b"{}"),
    "breaks off": Reply(cut=True),
    "is no JSON": Reply(body=b"<html>"),
    "tells nonsense": Reply(usage={"prompt_tokens": -1}),
}
_numbers = count()
_calls = st.lists(
    st.tuples(st.lists(st.sampled_from(sorted(REPLIES)), max_size=3), st.booleans(), st.booleans(), st.booleans()),
    min_size=1,
    max_size=5,
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WAIT_S", 0.0)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_calls)
def test_each_execution_is_one_event_and_costs_what_it_costs(kitchen: Kitchen, calls: Any) -> None:
    team = f"team{next(_numbers)}"
    kitchen.budget(team, "1000", "warn", scope={"team": team})
    kitchen.events.clear()
    executed, expected = [], Decimal()
    for replies, has_fallback, has_key, is_recorded in calls:
        kitchen.model.script = [copy.copy(REPLIES[name]) for name in replies]
        kitchen.model.asked.clear()
        kitchen.record = None if is_recorded else _full
        more: dict[str, Any] = {"fallback": {"model": MODEL}} if has_fallback else {}
        headers = {"Idempotency-Key": f"k{next(_numbers)}"} if has_key else {}
        answer = kitchen.execute(team=team, max_output_tokens=10, headers=headers, **more)
        assert answer.status in (200, 502, 503), answer.json
        executed.append(answer.json["execution_id"])
        asked = (replies + ["answers"] * 9)[: len(kitchen.model.asked)]
        billed = sum(name in ("breaks off", "is no JSON", "tells nonsense") for name in asked)
        expected += billed * RESERVED_USD + (ANSWER_USD if asked[-1] == "answers" else 0)
        assert (answer.status == 200) == (asked[-1] in ("answers", "tells nonsense"))
    kitchen.record = None
    kitchen.model.script = []
    executed.append(kitchen.execute(team=team, max_output_tokens=10).json["execution_id"])  # and whatever waits
    assert sorted(event["event_id"] for event in kitchen.executions) == sorted(executed)
    assert kitchen.spent(team) == expected + ANSWER_USD


def _full(_: Any) -> None:
    raise OSError("No space left on device")
