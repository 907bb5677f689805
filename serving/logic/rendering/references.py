"""Where a body names its parts, and how another is put in the place of one."""

import re
from collections.abc import Iterator

from jinja2 import nodes

from serving.logic.rendering.meter import Meter
from serving.logic.rendering.sandbox import Sandbox
from serving.logic.templates.model import Part

_NAMING = frozenset({"extends", "include"})
_LINE_END = re.compile(r"\r\n|\r|\n")


def rewritten(body: str, old: frozenset[Part], new: Part) -> str:
    """A body with each reference to one of the old parts replaced, and all else as it is, to the character.

    Args:
        body: one that was saved.
        old: the parts that it shall no longer have.
        new: the one that it gets instead.
    """
    names = {str(part) for part in old}
    pieces, end = [], 0
    for name, start, stop in _references(body):
        if name in names:
            quote = body[start]
            pieces += [body[end:start], f"{quote}{new}{quote}"]
            end = stop
    return "".join([*pieces, body[end:]])


def _references(body: str) -> Iterator[tuple[str, int, int]]:
    """The name of each part, and from where to where it stands.

    Jinja's syntax tree knows the lines of its nodes only, so places come from the tokens that it is made of. A name may
    be several texts beside each other; its parser says what they are together.
    """
    text = _LINE_END.sub("\n", body)  # as Jinja reads it
    sandbox = Sandbox(Meter(), {})
    for start, stop in _names(text, sandbox):
        output = sandbox.parse(f"{{{{{text[start:stop]}}}}}").find(nodes.Const)
        assert output is not None  # noqa: S101 - texts are constants
        yield output.value, _place(body, start), _place(body, stop)


def _names(text: str, sandbox: Sandbox) -> Iterator[tuple[int, int]]:
    end, is_naming, is_first = 0, False, False
    name: tuple[int, int] | None = None
    for _, kind, value in sandbox.lex(text):
        # Blanks that a minus takes away are in no token.
        start = text.index(value, end)
        end = start + len(value)
        if kind == "block_begin":
            is_first, name = True, None
        elif kind == "name" and is_first:
            is_first, is_naming = False, value in _NAMING
        elif kind == "string" and is_naming:
            name = (name[0] if name else start, end)
        elif kind == "block_end" and is_naming:
            is_naming = False
            if name is not None:
                yield name


def _place(body: str, offset: int) -> int:
    """Where in a body something is that stands at ``offset`` once its line ends are one character each."""
    for line_end in _LINE_END.finditer(body):
        if line_end.start() >= offset:
            break
        offset += len(line_end[0]) - 1
    return offset
