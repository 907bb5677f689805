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


def test_satisfaction_stands_by_the_model_of_the_turns(lake: Path, real_data: Path) -> None:
    """Answers name no model here: gold takes it from the turns of their session, and so does this, from the files."""
    found = sql(
        lake,
        """SELECT survey, question, model, sum(survey_answers)::INT AS answers, sum(survey_numbers)::INT AS numbers,
            sum(survey_number_sum)::DOUBLE AS total, max(people)::INT AS people
        FROM gold.survey_results GROUP BY ALL""",
    )
    counted: dict[tuple[str, ...], list[Any]] = {}
    for name in ("halie_dialogue", "halie_question"):
        turns = [row for row in read(real_data, name) if row.get("lm_used") != "0"]
        models = {row["session_id"]: row["model"] for row in turns}
        workers = {row["session_id"]: row["worker_id"] for row in read(real_data, name)}
        for session, survey, question, _, number in answers(real_data):
            if survey == name:
                counts = counted.setdefault((survey, question, models.get(session, "")), [0, 0, 0.0, set()])
                counts[0] += 1
                counts[1] += number is not None
                counts[2] += number or 0
                counts[3].add(workers[session])
    expected = {key: (n, numbers, total, len(people)) for key, (n, numbers, total, people) in counted.items()}
    assert {
        (r["survey"], r["question"], r["model"] or ""): (r["answers"], r["numbers"], r["total"], r["people"])
        for r in found
    } == expected
    quality = {model: total / n for (_, question, model), (n, _, total, _) in expected.items() if question == "quality"}
    assert max(quality, key=quality.__getitem__) == "InstructDavinci"
    assert quality["InstructDavinci"] == pytest.approx(4.0943, abs=1e-4)


def test_no_words_of_anyone_are_in_gold(lake: Path, real_data: Path) -> None:
    told = [row for table in ("survey_results", "support_daily") for row in sql(lake, f"SELECT * FROM gold.{table}")]
    values = {value for row in told for value in row.values() if isinstance(value, str)}
    texts = {row[column] for row in read(real_data, "halie_question_survey") for column in FREE_TEXT}
    texts |= {row["text"] for row in read(real_data, "banking77")}
    assert not values & {text for text in texts if len(text) > 20}


def test_tickets_by_topic_are_the_questions_of_each_category(lake: Path, real_data: Path) -> None:
    query = "SELECT topic, sum(tickets)::INT AS n, sum(tickets_solved)::INT AS solved, "
    found = sql(lake, f"{query} sum(tickets_timed)::INT AS timed FROM gold.support_daily GROUP BY topic")
    by_category = Counter(row["category"] for row in read(real_data, "banking77"))
    assert {row["topic"]: row["n"] for row in found} == by_category
    assert (len(by_category), sum(by_category.values())) == (77, 3_080)
    assert all(row["solved"] == row["n"] for row in found), "all are closed"
    assert all(row["timed"] == 0 for row in found), "and nothing says how long it took"
