"""What every event needs and few callers have at hand: an id, and its time in words."""

import os
from datetime import UTC, datetime, timedelta
from random import Random

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Not the module's own generator, which applications seed with 42. It names events and guards nothing, so it need not
# be unguessable; asking the system for each id would cost a call to it.
_random = Random(os.urandom(32))  # noqa: S311
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _random.seed(os.urandom(32)))


def new_id() -> str:
    """128 random bits in hex."""
    return f"{_random.getrandbits(128):032x}"


def iso_time(at_ns: int) -> str:
    """A time of ``time.time_ns`` as ISO 8601, UTC, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=at_ns // 1_000_000)).isoformat(timespec="milliseconds")
