"""A board names metrics and dimensions; what it gets wrong is one sentence with file and line."""

from pathlib import Path

import pytest

from dashboards.boards import BoardError, load_board


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "title: T\nmetrics:\n  cost_usd:\n  cots_usd: [model]",
            "b.yaml:4: there is no metric 'cots_usd'; cost_usd is one.",
        ),
        (
            "title: T\nmetrics:\n  cost_usd: [model, planet]",
            "b.yaml:3: gold.cost_daily, of which cost_usd is, has no 'planet'; its",
        ),
        (
            "title: T\nmetrics:\n  sessions:\n    - environment\n    - feature",
            "b.yaml:5: gold.engagement_daily, of which",
        ),
        ("title: T\nmetrics:\n  cost_usd: model", "b.yaml:3: give the dimensions of cost_usd as a list."),
        (
            "title: T\nmetrics:\n  evaluation_score: [model]",
            "b.yaml:3: evaluation_score says nothing over all of metric",
        ),
        (
            "title: T\nmetrics:\n  cost_usd:\n  segment_people: [segment]",
            "b.yaml:4: segment_people is told of all days at once, and boards are told by day; take another.",
        ),
        ("title: T\nmetrics:\n  undo_rate:", "b.yaml:3: undo_rate is told of all days at once"),
        ("title: T\nmetrics: {}", "b.yaml: a board has a title and metrics"),
        ("title: T\nmetrics:\n  cost_user: [user_id]", "there is no metric 'cost_user'"),
        ("title: T", "b.yaml: a board has a title and metrics"),
        ("title: T\nmetrics: {}\nqueries: {}", "b.yaml: a board has a title and metrics"),
        ("- x", "b.yaml: a board has a title and metrics"),
        ("title: [", "b.yaml is not YAML: "),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, lines: str, said: str) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(lines)
    with pytest.raises(BoardError) as refused:
        load_board(path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_persons_are_no_dimension(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text("title: T\nmetrics:\n  people: [person]")
    with pytest.raises(BoardError, match="its dimensions are environment"):
        load_board(path)
