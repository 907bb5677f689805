"""What tells one run of a job from another."""

import uuid
from datetime import UTC, datetime


def run_name(at: datetime) -> str:
    """A name that sorts after those of all runs before a time, and before all others."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}"


def new_run() -> str:
    """A name that nobody else has, and that sorts by time."""
    return f"{run_name(datetime.now(UTC))}-{uuid.uuid4().hex[:6]}"
