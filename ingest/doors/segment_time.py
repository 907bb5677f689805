"""When a call happened, by a clock that can be trusted.

A client says when something happened (`timestamp`) and when it sent that (`sentAt`), both by its own clock. Where
`sentAt` is more than a minute off its arrival, that clock is wrong, and `timestamp` is shifted by the difference, as
Segment does with every call. We shift by whole minutes only: a batch that is sent again arrives at another moment, and
must get the same times again to be known as a duplicate.
"""

from datetime import datetime, timedelta
from typing import Any

SKEW_MAX = timedelta(minutes=1)
_MINUTE = timedelta(minutes=1)


def occurred_at(timestamp: Any, sent_at: Any, received_at: datetime) -> Any:
    """The time of a call: aware, or what the client said if that is no time, for the contract to refuse.

    A call without a `timestamp` happened when it arrived.
    """
    if timestamp is None:
        return received_at
    happened, sent = _parse(timestamp), _parse(sent_at)
    if happened is None:
        return timestamp
    if sent is None or abs(received_at - sent) <= SKEW_MAX:
        return happened
    try:
        return happened + round((received_at - sent) / _MINUTE) * _MINUTE
    except OverflowError:
        return happened


def _parse(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
