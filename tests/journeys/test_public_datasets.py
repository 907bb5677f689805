"""Public data sets that nobody here wrote: every row becomes what its mapping says, counted a second way."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stored import who
from tests.commands import run, run_json

pytestmark = pytest.mark.real_data

TURN_RATINGS = ("interestingness", "boringness", "preference", "fluency", "sensibility", "specificity", "humanness")
QUESTION_RATINGS = ("fluency", "helpfulness", "ease")
FREE_TEXT = ("helpfulness_freetext", "change_freetext", "adjectives")
FILES = {
    "halie_dialogue": "halie/dialogue_event_blocks.csv",
    "halie_dialogue_survey": "halie/dialogue_survey_responses.csv",
    "halie_question": "halie/question_event_blocks.csv",
    "halie_question_survey": "halie/question_survey_responses.csv",
    "banking77": "banking77/test.csv",
}


def read(folder: Path, mapping: str) -> list[dict[str, str]]:
    with (folder / FILES[mapping]).open(newline="") as file:
        return list(csv.DictReader(file))


def sql(lake: Path, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_json("sql", query, "--lake", lake)
    return found


@pytest.fixture(scope="module")
def lake(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All five files, imported and built once."""
    root = tmp_path_factory.mktemp("public") / "lake"
    for mapping, file in FILES.items():
        answer = run_json("import", real_data / file, "--mapping", mapping, "--lake", root)
        assert (answer["stored"], answer["quarantined"], answer["passed_over"]) == (answer["received"], 0, 0), mapping
    run("build", "--lake", root)
    return root


def expected(folder: Path) -> dict[str, Counter[str]]:
    """Events by door and type, as the csv module counts them."""
    surveys = {
        "halie_dialogue_survey": (*TURN_RATINGS, "quality"),
        "halie_question_survey": QUESTION_RATINGS + FREE_TEXT,
    }
    found = {
        f"import:{name}": Counter({"feedback": sum(row[c] != "" for row in read(folder, name) for c in columns)})
        for name, columns in surveys.items()
    }
    used = Counter(row["lm_used"] for row in read(folder, "halie_question"))
    found["import:halie_question"] = Counter({"prompt_execution": used["1"], "behavior": used["0"]})
    found["import:halie_dialogue"] = Counter({"prompt_execution": len(read(folder, "halie_dialogue"))})
    found["import:banking77"] = Counter({"support_ticket": len(read(folder, "banking77"))})
    return found


def test_every_row_and_every_answer_is_stored_once(lake: Path, real_data: Path) -> None:
    status = run_json("status", "--lake", lake)
    assert status["reconciles"]
    found: dict[str, Counter[str]] = {}
    for row in status["reconciliation"]:
        assert row["received"] == row["bronze"] == row["silver"]
        found.setdefault(row["door"], Counter())[row["event_type"]] += row["silver"]
    assert found == expected(real_data)
    assert sum(found["import:halie_dialogue"].values()) == 2_063
    assert sum(found["import:halie_question"].values()) == 3_641
    assert sum(found["import:banking77"].values()) == 3_080


def test_turns_are_those_of_the_study_in_their_order(lake: Path, real_data: Path) -> None:
    rows = sql(
        lake,
        """SELECT session_id, user_id, model, (properties ->> 'turn')::INT AS turn,
            row_number() OVER (PARTITION BY session_id ORDER BY occurred_at) AS place,
            (properties ->> 'model_num_words')::INT AS words
        FROM silver.prompt_execution WHERE door = 'import:halie_dialogue'""",
    )
    assert all(row["turn"] == row["place"] for row in rows)
    assert {(r["session_id"], r["user_id"], r["model"], r["turn"], r["words"]) for r in rows} == {
        (
            who(lake, r["session_id"]),
            who(lake, r["worker_id"]),
            r["model"],
            int(r["turn_id"]),
            int(r["model_num_words"]),
        )
        for r in read(real_data, "halie_dialogue")
    }
    tokens = "SELECT count(uncached_input_tokens) + count(output_tokens) AS n FROM silver.prompt_execution"
    assert sql(lake, tokens) == [{"n": 0}], "the data has none, and none is made up"


def test_questions_keep_how_often_the_model_was_asked(lake: Path, real_data: Path) -> None:
    source = read(real_data, "halie_question")
    counted = "count(*) AS n, sum((properties ->> 'num_queries')::INT)::INT AS queries, "
    counted += "count_if((properties ->> 'is_correct')::BOOLEAN) AS correct"
    for table, used in (("prompt_execution", "1"), ("behavior", "0")):
        mine = [row for row in source if row["lm_used"] == used]
        assert sql(lake, f"SELECT {counted} FROM silver.{table} WHERE door = 'import:halie_question'") == [
            {
                "n": len(mine),
                "queries": sum(int(row["num_queries"]) for row in mine),
                "correct": sum(row["user_correct"] == "1" for row in mine),
            }
        ]


def answers(folder: Path) -> Iterator[tuple[str, str, str, str, float | None]]:
    for row in read(folder, "halie_dialogue_survey"):
        for column in (*TURN_RATINGS, "quality"):
            if row[column]:
                yield row["session_id"], "halie_dialogue", column, row[column], float(row[column])
    for row in read(folder, "halie_question_survey"):
        yield from ((row["session_id"], "halie_question", c, row[c], float(row[c])) for c in QUESTION_RATINGS)
        yield from ((row["session_id"], "halie_question", c, row[c], None) for c in FREE_TEXT)


def test_every_answer_says_what_was_answered(lake: Path, real_data: Path) -> None:
    rows = sql(lake, "SELECT session_id, survey, question, answer, answer_number FROM silver.feedback")
    sent = ((who(lake, session), *rest) for session, *rest in answers(real_data))
    assert Counter(tuple(row.values()) for row in rows) == Counter(sent)


@pytest.mark.parametrize("survey", ["halie_dialogue", "halie_question"])
def test_answers_join_to_sessions_that_there_are(lake: Path, survey: str) -> None:
    turns = " UNION ".join(
        f"SELECT session_id, user_id FROM silver.{table} WHERE door = 'import:{survey}'"
        for table in ("prompt_execution", "behavior")
    )
    joined = f"SELECT count(*) AS n, count(t.session_id) AS known FROM silver.feedback AS f LEFT JOIN ({turns}) AS t "
    (row,) = sql(lake, joined + f"ON f.session_id = t.session_id AND f.user_id = t.user_id WHERE survey = '{survey}'")
    assert row["n"] == row["known"] > 0


def test_answers_about_a_turn_join_to_that_turn(lake: Path) -> None:
    query = """SELECT count(*) AS answers, count(e.event_id) AS known
        FROM silver.feedback AS f LEFT JOIN silver.prompt_execution AS e ON f.session_id = e.session_id
            AND f.properties ->> 'turn' = e.properties ->> 'turn' AND f.occurred_at = e.occurred_at
        WHERE f.survey = 'halie_dialogue' AND f.question <> 'quality'"""
    (row,) = sql(lake, query)
    assert row["answers"] == row["known"] > 14_000


def test_questions_to_the_bank_are_tickets_with_a_number_and_a_topic(lake: Path, real_data: Path) -> None:
    rows = sql(lake, "SELECT ticket_id, event_id, status, topic, body FROM silver.support_ticket")
    assert {(row["topic"], row["body"]) for row in rows} == {
        (row["category"], row["text"]) for row in read(real_data, "banking77")
    }
    assert len({row["ticket_id"] for row in rows}) == len(rows)
    assert all(row["ticket_id"] == row["event_id"] and row["status"] == "closed" for row in rows)


def test_importing_again_doubles_nothing(lake: Path, real_data: Path) -> None:
    tables = ("prompt_execution", "behavior", "feedback", "support_ticket")
    counts = " UNION ALL ".join(
        f"SELECT '{t}' AS t, count(*) AS n, count(DISTINCT event_id) AS ids FROM silver.{t}" for t in tables
    )
    counts += " ORDER BY t"
    before = sql(lake, counts)
    assert all(row["n"] == row["ids"] for row in before)
    for mapping, file in FILES.items():
        run("import", real_data / file, "--mapping", mapping, "--lake", lake)
    run("build", "--lake", lake)
    assert sql(lake, counts) == before
    assert run_json("status", "--lake", lake)["reconciles"]


@pytest.mark.parametrize("mapping", FILES)
def test_a_dry_run_shows_rows_and_refuses_none(real_data: Path, mapping: str) -> None:
    shown = run("import", real_data / FILES[mapping], "--mapping", mapping, "--dry-run").stdout.splitlines()
    assert not any(line.startswith("refused:") for line in shown)
    assert shown[0].startswith('{"event_type":')
    assert shown[-1] == "Nothing was stored (--dry-run)."
