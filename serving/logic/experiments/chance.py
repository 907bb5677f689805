"""Who gets which variant: by a keyed hash, so that it is always the same and nobody has to remember it."""

import hmac
import math
from collections.abc import Sequence
from hashlib import sha256

from serving.logic.experiments.model import Variant

_BITS = 53
"""As many as a double holds."""
_SMALLEST: float = 2.0**-_BITS


def choose(variants: Sequence[Variant], salt: str, unit_id: str) -> Variant:
    """The variant of a unit, each with its weight's share.

    Each variant draws a number for the unit, and the smallest by weight wins (weighted rendezvous hashing). A variant
    whose weight grows only wins units, and one whose weight falls only loses some; all others stay where they are.
    """
    return min(
        (variant for variant in variants if variant.weight > 0), key=lambda variant: _draw(variant, salt, unit_id)
    )


def uniform(salt: str, *parts: str) -> float:
    """A number over 0 and at most 1, always the same for the same words, and else as if by chance."""
    message = "\x00".join(parts).encode("utf-8", "surrogatepass")
    digest = hmac.digest(salt.encode(), message, sha256)
    return ((int.from_bytes(digest[:8], "big") >> (64 - _BITS)) + 1) * _SMALLEST


def _draw(variant: Variant, salt: str, unit_id: str) -> float:
    return -math.log(uniform(salt, variant.name, unit_id)) / variant.weight
