"""Logs that nobody here wrote go through the whole line, and every number in them comes out again."""

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sql.catalog import models
from sql.prices.table import load_prices
from tests.commands import run, run_json
from tests.journeys import aider_visits
from tests.journeys.aider_costs import Comparison, Reason, compare, requests, table

pytestmark = pytest.mark.real_data

AIDER_EVENTS, AZURE_REQUESTS = 26_057, 19_366
DOORS = {"import:aider": AIDER_EVENTS, "import:azure_llm": AZURE_REQUESTS}


def logs(real_data: Path) -> dict[str, Path]:
    return {
        "aider": real_data / "aider" / "events.jsonl",
        "azure_llm": real_data / "azure_llm" / "AzureLLMInferenceTrace_conv.csv",
    }


@pytest.fixture(scope="module")
def lake(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both logs, imported and built once."""
    root = tmp_path_factory.mktemp("real") / "lake"
    for mapping, log in logs(real_data).items():
        run("import", log, "--mapping", mapping, "--lake", root)
    run("build", "--lake", root)
    return root


def sql(lake: Path, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_json("sql", query, "--lake", lake)
    return found


def totals(lake: Path) -> dict[str, Counter[str]]:
    """Counts by door, and the proof that they add up."""
    status = run_json("status", "--lake", lake)
    assert status["reconciles"]
    found: dict[str, Counter[str]] = {door: Counter() for door in DOORS}
    for row in status["reconciliation"]:
        assert row["received"] == row["bronze"] + row["quarantined"] + row["dropped"]
        assert row["bronze"] == row["silver"] + row["duplicates"]
        found[row["door"]].update({k: v for k, v in row.items() if isinstance(v, int)})
    return found


def test_every_row_is_received_and_stored_once(lake: Path) -> None:
    for door, counted in totals(lake).items():
        assert counted["received"] == DOORS[door]
        assert counted["silver"] == DOORS[door]
        assert (counted["quarantined"], counted["dropped"], counted["duplicates"]) == (0, 0, 0)


def test_token_totals_are_the_source_s_to_the_last_token(lake: Path, real_data: Path) -> None:
    source = logs(real_data)
    sent = [json.loads(line) for line in source["aider"].open()]
    sends = [e["properties"] for e in sent if e["event"] == "message_send"]
    with source["azure_llm"].open(newline="") as file:
        azure = [(int(row["ContextTokens"]), int(row["GeneratedTokens"])) for row in csv.DictReader(file)]
    expected = {
        "import:aider": (sum(p["prompt_tokens"] for p in sends), sum(p["completion_tokens"] for p in sends)),
        "import:azure_llm": (sum(i for i, _ in azure), sum(o for _, o in azure)),
    }
    query = "SELECT door, sum(uncached_input_tokens)::BIGINT i, sum(output_tokens)::BIGINT o FROM {} GROUP BY door"
    for layer in ("bronze", "silver"):
        rows = sql(lake, query.format(f"{layer}.prompt_execution"))
        assert {r["door"]: (r["i"], r["o"]) for r in rows} == expected
    (gold,) = sql(
        lake, "SELECT sum(uncached_input_tokens)::BIGINT i, sum(output_tokens)::BIGINT o FROM gold.cost_daily"
    )
    assert (gold["i"], gold["o"]) == tuple(map(sum, zip(*expected.values(), strict=True)))
    assert sum(p["total_tokens"] for p in sends) == sum(expected["import:aider"])


@pytest.fixture(scope="module")
def compared(real_data: Path) -> list[Comparison]:
    return compare(requests(logs(real_data)["aider"]), load_prices())


def test_our_cost_stands_beside_the_log_s_own(lake: Path, compared: list[Comparison]) -> None:
    """What SQL made of the log equals the prices applied request by request; neither read the log's cost."""
    rows = sql(
        lake,
        """SELECT coalesce(properties ->> 'main_model', model) AS model, count(*) AS executions, sum(cost_usd) AS ours,
            sum(reported_cost_usd) AS theirs
        FROM silver.priced_execution WHERE door = 'import:aider' AND status = 'ok' GROUP BY 1""",
    )
    by_model = {row["model"]: row for row in rows}
    for model in compared:
        row = by_model["unknown" if model.model == "None" else model.model]
        assert row["executions"] == model.requests
        assert (Decimal(row["ours"]) if row["ours"] else None) == model.our_cost_usd
        assert abs(Decimal(row["theirs"]) - model.their_cost_usd) < Decimal("1e-9")
    (gold,) = sql(lake, "SELECT sum(cost_usd) ours, sum(reported_cost_usd) theirs FROM gold.cost_daily")
    assert Decimal(gold["ours"]) == sum(model.our_cost_usd or 0 for model in compared)


def test_every_difference_has_a_reason(compared: list[Comparison]) -> None:
    reasons: Counter[Reason] = Counter()
    for model in compared:
        reasons.update(model.requests_by_reason)
        if model.differs and model.our_cost_usd is not None:
            explained = sum(model.difference_usd.values())
            assert abs(explained - (model.their_cost_usd - model.our_cost_usd)) < Decimal("1e-9")
        if Reason.CACHE_NOT_IN_LOG in model.requests_by_reason:
            assert "claude" in model.model
        if Reason.CACHE_COUNTED_TWICE in model.requests_by_reason:
            assert model.model.startswith("deepseek/")
    assert reasons[Reason.UNEXPLAINED] == 0
    # The one rule that could explain too much may explain only so many.
    assert reasons[Reason.CACHE_NOT_IN_LOG] <= 22
    priced = [model for model in compared if model.our_cost_usd is not None]
    assert sum(reasons.values()) == sum(model.requests for model in compared) == 4_405
    assert len(priced) > 50


def test_the_comparison_in_the_docs_is_what_the_log_says(compared: list[Comparison]) -> None:
    document = Path(__file__).parents[2] / "docs" / "aider-costs.md"
    assert table(compared) in document.read_text()


def test_importing_again_only_books_duplicates(lake: Path, real_data: Path) -> None:
    names = [name for name in models() if name != "gold.reconciliation"]
    # Fingerprints that any changed, missing or added row would change.
    query = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS n, bit_xor(hash(t))::VARCHAR AS print FROM {name} AS t" for name in names
    )
    query = f"SELECT * FROM ({query}) ORDER BY name"
    before, counted = sql(lake, query), totals(lake)
    for mapping, log in logs(real_data).items():
        run("import", log, "--mapping", mapping, "--lake", lake)
    run("build", "--lake", lake)
    assert sql(lake, query) == before
    for door, again in totals(lake).items():
        assert again["received"] == counted[door]["received"] + DOORS[door]
        assert again["duplicates"] == counted[door]["duplicates"] + DOORS[door]
        assert again["silver"] == counted[door]["silver"]
    booked_sql = "SELECT sum(received) r, sum(duplicates) d, sum(delivery_gap) g, sum(silver_gap) s"
    (booked,) = sql(lake, f"{booked_sql} FROM gold.reconciliation")
    assert [int(booked[k]) for k in "rdgs"] == [2 * sum(DOORS.values()), sum(DOORS.values()), 0, 0]


def test_a_file_that_has_grown_doubles_nothing(real_data: Path, tmp_path: Path) -> None:
    whole = logs(real_data)["azure_llm"]
    lines = whole.read_text().splitlines(keepends=True)
    (tmp_path / "young.csv").write_text("".join(lines[:5_000]))
    lake = tmp_path / "lake"
    for log in (tmp_path / "young.csv", whole):
        run("import", log, "--mapping", "azure_llm", "--lake", lake)
    assert run_json("build", "--lake", lake)["new_rows"] == {"prompt_execution": AZURE_REQUESTS}


def test_aider_s_visits_commands_and_months_are_those_of_its_log(lake: Path, real_data: Path) -> None:
    log = aider_visits.acts(logs(real_data)["aider"])
    visits = aider_visits.visits(log)
    (found,) = sql(lake, "SELECT count(*) n, sum(duration_s)::BIGINT s, sum(events)::BIGINT events FROM gold.sessions")
    assert (found["n"], found["s"], found["events"]) == (len(visits), aider_visits.seconds(visits), len(log))
    (left_out,) = sql(lake, "SELECT sum(unknown_events)::BIGINT n FROM gold.engagement_daily")
    assert left_out["n"] == AIDER_EVENTS - len(log) + AZURE_REQUESTS  # Azure's log names nobody
    used = sql(lake, "SELECT name, people, uses FROM gold.feature_adoption WHERE subject = 'act'")
    assert {row["name"]: (row["people"], row["uses"]) for row in used} == aider_visits.commands(log)
    kept = sql(
        lake,
        "SELECT cohort, age, sum(people)::BIGINT people, sum(returned)::BIGINT returned FROM gold.retention_cohorts "
        "WHERE granularity = 'month' GROUP BY 1, 2",
    )
    by_month = {(str(row["cohort"])[:10], row["age"]): (row["people"], row["returned"]) for row in kept}
    assert by_month == aider_visits.retention(log)
