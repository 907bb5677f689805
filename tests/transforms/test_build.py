"""The main job: what it makes of events, and that nothing it meets makes it lose or double one."""

import json
import multiprocessing
import shutil
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.delivering import open_transform
from infra.local.keyring import VARIABLE as KEYS
from infra.local.lake import Lake
from ingest.contracts import layout
from ingest.contracts.events.prompt_execution import PromptExecution
from ingest.contracts.types import COUNT_MAX, NUMBER_MAX, TOKENS_MAX
from ingest.delivery.privacy.consent import Choice
from sql.catalog import models
from sql.checks import Check
from sql.records import Model
from tests.lakes import assert_reconciles, build_lake, event, make_lake, named, row, rows, send, tables
from transforms.engines.iceberg import Tables
from transforms.jobs import build as build_job
from transforms.jobs.build import GateFailed
from transforms.jobs.tidy import tidy


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


def gold(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    """Every gold table but the one that books each time something is sent."""
    names = [name for name in models() if name.startswith("gold.") and name != "gold.reconciliation"]
    return tables(lake, names)


def test_an_empty_lake_builds(lake: Lake) -> None:
    result = build_lake(lake)
    assert not result.new_rows
    assert row(lake, "SELECT count(*) FROM gold.cost_daily") == (0,)


def test_cost_is_the_price_of_the_day_to_the_last_digit(lake: Lake) -> None:
    tokens = {"uncached_input_tokens": 1_000_001, "cache_read_tokens": 7, "output_tokens": 3}
    send(lake, [event(model="claude-3-5-sonnet-20241022", provider="anthropic", **tokens)])
    build_lake(lake)
    cost, unpriced = row(lake, "SELECT cost_usd, unpriced_tokens FROM gold.cost_daily")
    assert cost == (1_000_001 * Decimal(3) + 7 * Decimal("0.3") + 3 * Decimal(15)) / 1_000_000
    assert unpriced == 0


def test_an_unknown_model_is_unpriced_and_never_free(lake: Lake) -> None:
    send(lake, [event(model="nobody-knows", provider=None, uncached_input_tokens=10, output_tokens=5)])
    result = build_lake(lake)
    assert row(lake, "SELECT cost_usd, unpriced_tokens, unpriced_executions FROM gold.cost_daily") == (None, 15, 1)
    assert "unpriced_executions" in result.warnings[0].sentence


def test_building_again_changes_nothing(lake: Lake) -> None:
    send(lake, [event(kind, user_id="u1") for kind in ("prompt_execution", "feedback", "behavior", "web_vital")])
    build_lake(lake)
    before = gold(lake)
    result = build_lake(lake)
    assert result.gold == ()
    assert gold(lake) == before


def test_events_sent_again_are_duplicates_and_only_reconciliation_knows(lake: Lake) -> None:
    events = [event(user_id="u1", output_tokens=i) for i in range(20)]
    send(lake, events)
    build_lake(lake)
    before = gold(lake)
    send(lake, events)
    result = build_lake(lake)
    assert (result.duplicates, dict(result.new_rows)) == (20, {})
    assert gold(lake) == before
    assert row(
        lake, "SELECT sum(received), sum(silver), sum(duplicates), sum(silver_gap) FROM gold.reconciliation"
    ) == (
        40,
        20,
        20,
        0,
    )
    assert_reconciles(lake)


def test_the_same_id_at_another_time_is_refused_into_quarantine(lake: Lake) -> None:
    send(lake, [event(event_id="a", occurred_at="2026-03-02T10:00:00Z", output_tokens=1)])
    build_lake(lake)
    send(lake, [event(event_id="a", occurred_at="2026-03-03T10:00:00Z", output_tokens=2)])
    assert build_lake(lake).conflicts == 1
    assert rows(lake, "SELECT output_tokens FROM silver.prompt_execution") == [(1,)]
    stage, code, payload = row(lake, "SELECT stage, code, payload FROM bronze.quarantine")
    assert (stage, code, json.loads(payload)["output_tokens"]) == ("silver", "conflict", 2)
    assert assert_reconciles(lake)["conflicts"] == 1


def test_a_late_event_changes_its_own_day(lake: Lake) -> None:
    send(lake, [event(occurred_at=f"2026-03-0{day}T10:00:00Z", user_id="u") for day in (2, 3, 4)])
    build_lake(lake)
    send(lake, [event(occurred_at="2026-03-02T23:59:59.999999Z", user_id="late")])
    build_lake(lake)
    assert rows(lake, "SELECT executions FROM gold.cost_daily ORDER BY day") == [(2,), (1,), (1,)]
    assert rows(lake, "SELECT active_users FROM gold.engagement_daily ORDER BY day") == [(2,), (1,), (1,)]


def test_feedback_is_counted_for_the_template_of_its_execution(lake: Lake) -> None:
    send(lake, [event(event_id="x", template_id="t", template_version="2", feature="f")])
    build_lake(lake)
    send(lake, [event("feedback", execution_id="x", thumb="down", occurred_at="2026-03-05T08:00:00Z")])
    build_lake(lake)
    found = rows(lake, "SELECT feature, template_id, template_version FROM gold.quality_daily WHERE thumbs_down = 1")
    assert found == [("f", "t", "2")]


def test_sessions_end_after_half_an_hour_without_an_act(lake: Lake) -> None:
    times = ("10:00:00", "10:30:00", "11:00:01", "11:00:02")
    send(lake, [event("behavior", user_id="u", occurred_at=f"2026-03-02T{t}Z") for t in times])
    build_lake(lake)
    assert rows(lake, "SELECT events, duration_s FROM gold.sessions ORDER BY started_at") == [(2, 1800), (2, 1)]


def test_the_last_value_of_a_web_vital_counts(lake: Lake) -> None:
    sent = [("10:00:00", 0.01), ("10:00:05", 0.3)]
    send(
        lake,
        [event("web_vital", name="CLS", metric_id="m", value=v, occurred_at=f"2026-03-02T{t}Z") for t, v in sent],
    )
    build_lake(lake)
    assert row(lake, "SELECT page_loads, good, poor, bucket / 1e5 FROM gold.web_vitals_daily") == (1, 0, 1, 0.3008)


def test_what_is_not_referred_to_any_more_goes(lake: Lake) -> None:
    for user in "abc":
        send(lake, [event(user_id=user)])
        build_lake(lake)
    orphan = lake.root / "silver" / "prompt_execution" / "data" / "day=2026-03-02" / "killed-0.parquet"
    shutil.copy(next(orphan.parent.glob("*.parquet")), orphan)
    before, files = gold(lake), len(list((lake.root / "gold").rglob("*.parquet")))
    tables = Tables(lake.root)
    assert tidy(tables) == 0  # all of it is young
    time.sleep(0.01)
    assert tidy(tables, timedelta(0)) > files / 2
    assert [len(tables.find(model).snapshots()) for model in models().values() if tables.files(model)].count(1) > 5  # type: ignore[union-attr]
    tables.close()
    assert not orphan.exists()
    assert gold(lake) == before
    send(lake, [event(user_id="d")])
    build_lake(lake)
    assert row(lake, "SELECT sum(executions) FROM gold.cost_daily") == (4,)
    assert_reconciles(lake)


def test_the_largest_numbers_that_contracts_allow_can_be_built(lake: Lake) -> None:
    most = {name: TOKENS_MAX for name in PromptExecution.model_fields if name.endswith("_tokens")}
    times = {"latency_ms": COUNT_MAX, "time_to_first_token_ms": COUNT_MAX, "reported_cost_usd": 1e9}
    large = [event(model="o1-pro", provider="openai", **most, **times) for _ in range(3)]
    scores = [event("evaluation", score=score) for score in (NUMBER_MAX, -NUMBER_MAX, 1e-300)]
    only_labels = event("evaluation", score=None, label="fine", metric="tone")
    assert not send(lake, [*large, *scores, only_labels, event("web_vital", value=1e9)]).refusals
    build_lake(lake)
    assert row(lake, "SELECT sum(output_tokens), sum(cost_usd) > 0 FROM gold.cost_daily") == (3 * TOKENS_MAX, True)
    assert row(lake, "SELECT passed, failed FROM gold.evaluation_daily WHERE metric = 'tone'") == (0, 0)
    assert send(lake, [event(output_tokens=TOKENS_MAX + 1)]).refusals


def test_who_signs_in_during_a_session_is_one_person(lake: Lake) -> None:
    at = "2026-03-02T08:0{}:00Z"
    send(lake, [event("behavior", session_id="S", occurred_at=at.format(0))])
    send(lake, [event("behavior", session_id="S", user_id="bob", occurred_at=at.format(1))])
    build_lake(lake)
    assert rows(lake, "SELECT person, events FROM gold.sessions") == [(*named(lake, "bob"), 2)]
    assert row(lake, "SELECT active_users, sessions FROM gold.engagement_daily") == (1, 1)


def test_a_publication_that_was_damaged_is_made_again(lake: Lake) -> None:
    send(lake, [event()])
    build_lake(lake)
    for damage in ("[]", '{"format_version": 1, "tables": {"x": {}}}'):
        (lake.root / layout.POINTER).write_text(damage)
        assert build_lake(lake).publication.tables["cost_daily"].rows == 1
    next((lake.root / "publish").rglob("cost_daily.*.parquet")).unlink()
    publication = build_lake(lake).publication
    assert all((lake.root / path).exists() for path in publication.paths)


def _break(model: Model, severity: str) -> Model:
    check = Check(column="output_tokens", rule="between", max=10, severity=severity)  # type: ignore[arg-type]
    return model.model_copy(update={"checks": (*model.checks, check)})


def test_a_failed_gate_leaves_the_last_good_state_to_every_reader(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    send(lake, [event(output_tokens=1)])
    build_lake(lake)
    before, pointer = gold(lake), (lake.root / layout.POINTER).read_bytes()
    send(lake, [event(event_id="bad", output_tokens=11)])
    name = "silver.prompt_execution"
    with monkeypatch.context() as strict:
        strict.setitem(models(), name, _break(models()[name], "fail"))
        with pytest.raises(
            GateFailed, match=r"silver.prompt_execution: output_tokens must be at most 10.* event_id bad"
        ):
            build_lake(lake)
        assert gold(lake) == before
        assert (lake.root / layout.POINTER).read_bytes() == pointer
        assert rows(lake, "SELECT event_id FROM silver.prompt_execution WHERE event_id = 'bad'") == []
        strict.setitem(models(), name, _break(models()[name].model_copy(update={"checks": ()}), "warn"))
        result = build_lake(lake)
    assert [warning.broken for warning in result.warnings if warning.table == name] == [1]
    assert row(lake, "SELECT sum(output_tokens) FROM gold.cost_daily") == (12,)
    assert_reconciles(lake)


CUTS = ["add_files", "exchange", "commit_silver", "publish", "point_at"]


@pytest.mark.parametrize("cut", CUTS)
def test_a_build_cut_off_anywhere_is_finished_by_the_next(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    send(lake, [event(user_id="a"), event("feedback", user_id="a")])
    build_lake(lake)
    send(lake, [event(user_id="b"), event(user_id="b"), event("feedback", user_id="b")])

    class Killed(BaseException):
        pass

    calls = []

    def after(original: Any) -> Any:
        def cut_off(*args: Any, **kwargs: Any) -> None:
            original(*args, **kwargs)
            calls.append(cut)
            raise Killed

        return cut_off

    with monkeypatch.context() as broken:
        if cut in ("add_files", "exchange"):
            broken.setattr(Tables, cut, after(getattr(Tables, cut)))
        elif cut == "commit_silver":
            from infra.local.ledger import SqliteLedger

            broken.setattr(SqliteLedger, cut, after(SqliteLedger.commit_silver))
        elif cut == "publish":
            broken.setattr(build_job, "publish", after(build_job.publish))
        else:
            from transforms.jobs import publish

            broken.setattr(publish, "point_at", after(publish.point_at))
        with pytest.raises(Killed):
            build_lake(lake)
    assert calls
    build_lake(lake)
    assert row(lake, "SELECT count(*), count(DISTINCT event_id) FROM silver.prompt_execution") == (3, 3)
    assert row(lake, "SELECT sum(executions) FROM gold.cost_daily") == (3,)
    assert row(lake, "SELECT sum(thumbs_up) FROM gold.quality_daily") == (2,)
    assert row(lake, "SELECT sum(received), sum(silver), sum(silver_gap) FROM gold.reconciliation") == (5, 5, 0)
    assert_reconciles(lake)


def test_a_moved_lake_is_read_and_built_where_it_stands_now(lake: Lake, tmp_path: Path) -> None:
    send(lake, [event(output_tokens=1)])
    build_lake(lake)
    elsewhere = tmp_path / "some where" / "else"
    elsewhere.parent.mkdir()
    shutil.move(lake.root, elsewhere)
    moved = make_lake(elsewhere)
    send(moved, [event(output_tokens=2)])
    build_lake(moved)
    assert row(moved, "SELECT sum(output_tokens) FROM gold.cost_daily") == (3,)
    assert_reconciles(moved)


def _build_in_child(root: Path) -> None:
    build_lake(make_lake(root))


def test_two_builds_at_once_do_the_work_once(lake: Lake) -> None:
    send(lake, [event() for _ in range(50)])
    spawn = multiprocessing.get_context("spawn")
    builds = [spawn.Process(target=_build_in_child, args=(lake.root,)) for _ in range(2)]
    for process in builds:
        process.start()
    for process in builds:
        process.join()
    assert [process.exitcode for process in builds] == [0, 0]
    assert row(lake, "SELECT sum(executions) FROM gold.cost_daily") == (50,)
    assert assert_reconciles(lake)["duplicates"] == 0


EVENTS = st.lists(
    st.builds(
        lambda ident, second, kind, tokens: event(
            kind,
            event_id=f"{kind}-{ident}",
            occurred_at=f"2026-03-0{1 + second // 2}T23:59:5{second % 2}Z",
            **({"user_id": f"u{ident % 3}"} if tokens else {"anonymous_id": "browser"}),
            **({"anonymous_id": "browser"} if kind == "behavior" and tokens == 9 else {}),
            **({"output_tokens": tokens} if kind == "prompt_execution" else {}),
        ),
        st.integers(0, 6),
        st.integers(0, 5),
        st.sampled_from(["prompt_execution", "feedback", "behavior"]),
        st.integers(0, 9),
    ),
    max_size=12,
)


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(batches=st.lists(EVENTS, min_size=1, max_size=3))
def test_gold_does_not_depend_on_how_events_were_batched(
    batches: list[list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Incremental builds equal one build of everything; the first to arrive wins in both."""
    bit_by_bit, at_once = (make_lake(tmp_path_factory.mktemp("lake") / name) for name in "ab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEYS, str(tmp_path_factory.mktemp("keys") / "of-both.json"))
        for batch in batches:
            send(bit_by_bit, batch)
            build_lake(bit_by_bit)
            send(at_once, batch)
    build_lake(at_once)
    assert gold(bit_by_bit) == gold(at_once)
    assert assert_reconciles(bit_by_bit) == assert_reconciles(at_once)


def test_who_withdraws_leaves_gold_at_the_next_build_and_comes_back_by_a_new_decision(lake: Lake) -> None:
    days = [f"2026-03-0{day}T10:00:00Z" for day in (1, 2, 3)]
    sent = [event(user_id=user, occurred_at=at, output_tokens=1) for at in days for user in ("ann", "bob")]
    in_browser = {"anonymous_id": "b-ann", "action": "page_view", "page": "/", "page_view_id": "v"}
    acts = [
        event("behavior", **in_browser, occurred_at=days[0]),
        event("behavior", **in_browser, user_id="ann", feature="chat", template_id="t", occurred_at=days[1]),
    ]
    send(lake, [*sent, *acts])
    build_lake(lake)
    everyone = gold(lake)
    count = "SELECT sum(executions), (SELECT coalesce(sum(acts), 0) FROM gold.behavior_daily) FROM gold.cost_daily"
    assert row(lake, count) == (6, 2)
    assert {named(lake, "ann")[0]} < {name for (name,) in rows(lake, "SELECT person FROM gold.page_views")} | {None}
    transform = open_transform(lake)
    transform.decide([Choice(None, ("ann", "b-ann"), {"analytics": False}, datetime.now(UTC))])
    build_lake(lake)
    assert row(lake, count) == (3, 0)
    assert not any(name in repr(gold(lake)) for name in named(lake, "ann", "b-ann"))
    assert row(lake, "SELECT count(*) FROM silver.prompt_execution") == (6,)
    assert_reconciles(lake)
    assert build_lake(lake).gold == ()
    transform.decide([Choice(None, ("ann", "b-ann"), {"analytics": True}, datetime.now(UTC))])
    build_lake(lake)
    assert gold(lake) == everyone


def test_an_id_that_silver_has_twice_costs_no_other_event_its_place(tmp_path: Path) -> None:
    lake = make_lake(tmp_path / "lake")
    early, late = "2026-03-01T10:00:00Z", "2026-03-09T10:00:00Z"
    for moment in (early, late):  # further apart than ids are looked for, so both count
        send(lake, [event(event_id="x", occurred_at=moment)])
        build_lake(lake)
    between = event(event_id="between", occurred_at="2026-03-03T10:00:00Z")
    send(lake, [event(event_id="x", occurred_at=late), event(event_id="new", occurred_at=late), between])
    done = build_lake(lake)
    assert (done.new_rows, done.duplicates, done.conflicts) == ({"prompt_execution": 2}, 1, 0)
    assert sorted(rows(lake, "SELECT event_id FROM silver.prompt_execution")) == [
        ("between",),
        ("new",),
        ("x",),
        ("x",),
    ]
    assert row(lake, "SELECT sum(executions) FROM gold.cost_daily WHERE day = DATE '2026-03-09'") == (2,)
    assert_reconciles(lake)
