"""Times as bronze stores them: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_us(microseconds: int) -> datetime:
    """The time that lies so many microseconds after 1970.

    Raises:
        OverflowError: no calendar has it.
    """
    return EPOCH + timedelta(microseconds=microseconds)
