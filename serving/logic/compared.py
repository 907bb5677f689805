"""A number beside what it was before."""

from decimal import Decimal

Number = int | float | Decimal


def changes(now: Number | None, then: Number | None) -> tuple[Number | None, Number | None, float | None]:
    """The value then, now less then, and now as a multiple of then. The last two are null where one has no data.

    Both are of one metric, and so of one type: the difference of two sums of money is exact.
    """
    if now is None or then is None:
        return then, None, None
    return then, now - then, float(now) / float(then) if then else None  # type: ignore[operator]
