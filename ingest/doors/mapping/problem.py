"""How a mapping says what is wrong with it, in the words of its author."""

from difflib import get_close_matches
from typing import Any

from pydantic_core import PydanticCustomError

At = tuple[str | int, ...]
"""The way to a key of a mapping."""
Problem = tuple[At, str]
"""Where in the mapping, and how the sentence that began with that place goes on."""


def problem(message: str, *at: str | int) -> PydanticCustomError:
    """An error that continues a sentence beginning with the key's place; ``at`` leads further down to it."""
    return PydanticCustomError("mapping", "{message}", {"message": message, "at": at})


def did_you_mean(word: str, known: list[str]) -> str:
    """`; did you mean 'x'`, or nothing."""
    swapped = [name for name in known if sorted(name) == sorted(word)]
    near = swapped or get_close_matches(word[:60], known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}" if near else ""


def known_keys(value: Any, known: list[str]) -> Any:
    """Pass on an object whose keys are all known.

    Raises:
        PydanticCustomError: it is no object, or a key is not among the known ones.
    """
    if not isinstance(value, dict):
        raise problem(f"must hold the keys {', '.join(known)}")
    for key in value:
        if key not in known:
            hint = did_you_mean(str(key), known)
            raise problem(f"has no key {str(key)[:60]!r}{hint}; known are {', '.join(known)}", key)
    return value
