"""What a change can carry."""

import pytest

from dashboards.briefs.certainty import Measured, judge, wilson


def share(successes: int, count: int) -> Measured:
    return Measured(successes / count if count else None, count, successes)


def value(of: float, count: float = 1000) -> Measured:
    return Measured(of, count)


def test_shares_of_few_say_nothing_and_of_many_do() -> None:
    assert judge(share(9, 10), share(5, 10), [], is_count=False).standing == "few"
    assert judge(share(60, 100), share(50, 100), [], is_count=False).standing == "chance"
    judged = judge(share(6000, 10000), share(5000, 10000), [], is_count=False)
    assert judged.standing == "unjudged"
    assert judged.interval is not None
    assert judged.interval == pytest.approx((0.0863, 0.1137), abs=1e-4)


def test_newcombes_own_example() -> None:
    """Newcombe (1998), table II (a): 56/70 against 48/80 gives 0.0524 to 0.3339."""
    judged = judge(share(56, 70), share(48, 80), [], is_count=False)
    assert judged.interval == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_wilson_stays_within_zero_and_one() -> None:
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)


def test_counts_move_by_chance() -> None:
    assert judge(value(110), value(100), [], is_count=True).standing == "chance"
    assert judge(value(1100), value(1000), [], is_count=True).standing == "unjudged"


def test_usual_is_what_was_seen_before() -> None:
    earlier = [100.0, 130.0, 100.0, 101.0]
    assert judge(value(125), value(101), earlier, is_count=False).standing == "usual"
    assert judge(value(140), value(101), earlier, is_count=False).standing == "clear"
    assert judge(value(140), value(101), earlier[:2], is_count=False).standing == "unjudged"
    assert judge(value(140), value(101), [100.0, None, 100.0, None, 1.0], is_count=False).standing == "unjudged"


def test_a_percentile_needs_enough_beyond_it() -> None:
    now, before = Measured(900.0, 150), Measured(500.0, 150)
    assert judge(now, before, [], is_count=False, rank=0.5).standing == "unjudged"
    assert judge(now, before, [], is_count=False, rank=0.95).standing == "few"


def test_nothing_before_and_nothing_now() -> None:
    assert judge(value(1), Measured(None, 0), [], is_count=False).standing == "new"
    assert judge(Measured(None, 0), value(1), [], is_count=False).standing == "gone"
    assert judge(value(100.5), value(100), [], is_count=False).standing == "steady"
