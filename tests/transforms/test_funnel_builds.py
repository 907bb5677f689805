"""Funnels that the owner of a lake declares, through whole builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.lake import Lake, LakeError
from ingest.contracts import layout
from tests.lakes import build_lake, event, make_lake, row, rows, send
from tests.serving.lakes import Api

FOLLOWED = "SELECT day, funnel, step, funnel_entries, funnel_reached FROM gold.funnels ORDER BY ALL"
OWN = """funnels:
  kept:
    window: 2 days
    steps:
      - {step: prompt, kind: execution, feature: notes}
      - {step: kept, kind: feedback, signal: accept}
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Six people prompt, of whom one accepts the answer, on the next day."""
    lake = make_lake(tmp_path / "lake")
    prompted = [
        event(
            user_id=f"u{n}", feature="notes", template_id="t", template_version="1", occurred_at="2026-03-02T10:00:00Z"
        )
        for n in range(6)
    ]
    send(lake, [*prompted, *_accepted("u0", "2026-03-03T09:00:00Z")])
    return lake


def _accepted(user: str, at: str) -> list[dict[str, object]]:
    return [event("feedback", kind="implicit", signal="accept", thumb=None, user_id=user, occurred_at=at)]


def test_a_changed_file_computes_the_funnels_anew_and_the_api_tells_them(lake: Lake) -> None:
    build_lake(lake)
    shipped = {funnel for _, funnel, *_ in rows(lake, FOLLOWED)}
    assert shipped == {"praised_answer"}, "nobody came to a page, so none is in the other"
    (lake.root / layout.FUNNELS_FILE).write_text(OWN)
    build_lake(lake)
    assert [(f"{day}", *rest) for day, *rest in rows(lake, FOLLOWED)] == [
        ("2026-03-02", "kept", "kept", 6, 1),
        ("2026-03-02", "kept", "prompt", 6, 6),
    ]
    api = Api(lake.root)
    answer = api.get("/analytics/engagement/funnels", funnel="kept", group_by="step", from_="2026-03-01").json
    assert {row["step"]: row["funnel_conversion"] for row in answer["rows"]} == {"prompt": 1.0, "kept": 1 / 6}
    by_template = api.get("/analytics/engagement/funnels", funnel="kept", group_by="template_version").json
    assert [row["template_funnel_conversion"] for row in by_template["rows"]] == [1 / 6]
    few = api.get("/analytics/engagement", group_by="day").json
    assert {row["day"]: row["sessions"] for row in few["rows"]} == {None: 7}, "one of two days was of a single person"


def test_a_step_that_comes_later_reopens_the_day_of_the_entry(lake: Lake) -> None:
    (lake.root / layout.FUNNELS_FILE).write_text(OWN)
    build_lake(lake)
    send(lake, [*_accepted("u1", "2026-03-04T09:59:59Z"), *_accepted("u2", "2026-03-04T10:00:01Z")])
    build_lake(lake)
    reached = "SELECT funnel_reached FROM gold.funnels WHERE step = 'kept'"
    assert row(lake, reached) == (2,)
    (lake.root / layout.FUNNELS_FILE).write_text(f"# computed whole\n{OWN}".replace("2 days", "48 hours"))
    build_lake(lake)
    assert row(lake, reached) == (2,)


def test_a_file_that_is_none_stops_the_build_before_anything_is_written(lake: Lake) -> None:
    (lake.root / layout.FUNNELS_FILE).write_text(OWN.replace("accept", "accpet"))
    with pytest.raises(LakeError, match=r"funnels.yaml:6: no feedback has the signal 'accpet'; did you mean accept"):
        build_lake(lake)
    assert not (lake.root / layout.POINTER).exists()
    assert not (lake.root / layout.GOLD).exists()
