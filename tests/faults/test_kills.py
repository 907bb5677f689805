"""``kill -9`` at random moments under load: what was acknowledged is in silver, once, and the counts add up."""

from pathlib import Path

from tests.faults.kills import kill_often


def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    done = kill_often(tmp_path, seed=20261126, kills=20)
    assert done.servers == 20
    assert done.acknowledged > 1_000
