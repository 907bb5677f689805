"""A number beside what it was before."""


def changes(now: float | None, then: float | None) -> tuple[float | None, float | None, float | None]:
    """The value then, now less then, and now as a multiple of then. The last two are null where one has no data."""
    if now is None or then is None:
        return then, None, None
    return then, now - then, now / then if then else None
