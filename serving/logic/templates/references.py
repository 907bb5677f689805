"""How a body names its parts: ``{% include "id@selector" %}`` and ``{% extends "id@selector" %}``."""

import re

from serving.logic.templates.model import Part

_REFERENCE = re.compile(
    r"""(\{%[-+]?\s*(?:include|extends)\s+)(["'])([a-z0-9][a-z0-9._-]*)@([a-z0-9][a-z0-9_-]*)\2""", re.ASCII
)


def rewrite(body: str, old: frozenset[Part], new: Part) -> str:
    """The body with every reference to one of the old parts replaced."""
    names = {str(part) for part in old}

    def replaced(match: re.Match[str]) -> str:
        start, quote, template_id, selector = match.groups()
        return f"{start}{quote}{new}{quote}" if f"{template_id}@{selector}" in names else match[0]

    return _REFERENCE.sub(replaced, body)
