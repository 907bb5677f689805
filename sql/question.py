"""The questions that people ask most, each a query in Trino's dialect over the lake's tables."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

QUESTIONS = Path(__file__).parent / "questions"
_COMMENT = "--"


@dataclass(frozen=True, slots=True)
class Question:
    """``name`` is the file's; ``asks`` its first line, in words."""

    name: str
    asks: str
    sql: str


@cache
def questions() -> dict[str, Question]:
    """All of them by name."""
    return {path.stem: _read(path) for path in sorted(QUESTIONS.glob("*.sql"))}


def _read(path: Path) -> Question:
    first, _, query = path.read_text().partition("\n")
    return Question(path.stem, first.removeprefix(_COMMENT).strip(), query.strip())
