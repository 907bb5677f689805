"""What tells one run of a job from another."""

import uuid
from datetime import UTC, datetime


def new_run() -> str:
    """A name that nobody else has, and that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:6]}"
