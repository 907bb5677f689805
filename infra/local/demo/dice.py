"""Chance that can be repeated."""

from random import Random


def dice(*what: object) -> Random:
    """Dice of their own for one thing, so that it comes out the same whatever else is simulated beside it."""
    return Random("/".join(map(str, what)))  # noqa: S311 - nothing here is a secret


def trace_id(random: Random) -> int:
    return random.getrandbits(127) + 1  # 16 bytes, and not all of them zero


def span_id(random: Random) -> int:
    return random.getrandbits(63) + 1
