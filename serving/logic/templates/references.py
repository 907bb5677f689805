"""How a body names its parts: ``{% include "id@selector" %}`` and ``{% extends "id@selector" %}``."""

import re

from serving.logic.refused import bad_request
from serving.logic.templates.model import MAX_PARTS, Content, Part, Run, Source, Version

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


def references(body: str) -> tuple[Part, ...]:
    """The parts that a body names, each once, in the order in which they come."""
    named = [(match[3], match[4]) for match in _REFERENCE.finditer(body)]
    return tuple(
        Part(template_id=template_id, selector=int(selector) if selector.isdecimal() else selector)
        for template_id, selector in dict.fromkeys(named)
    )


class PartsOnly:
    """:class:`serving.logic.templates.model.Checks` that look at the parts, and at nothing else of a body."""

    def parts(self, template_id: str, content: Content, source: Source) -> tuple[Part, ...]:
        found = references(content.body)
        if len(found) > MAX_PARTS:
            raise bad_request("too_many_parts", f"It has {len(found)} parts, and may have {MAX_PARTS}.")
        for part in found:
            if part.template_id == template_id:
                raise bad_request("part_of_itself", f"{part} would be a part of itself.")
            if source.version(part.template_id, part.selector) is None:
                raise bad_request("no_such_part", f"The part {part} does not exist in this environment.")
        return found

    def publishable(self, version: Version, runs: tuple[Run, ...], source: Source) -> None:
        """Whatever is approved may be published."""
