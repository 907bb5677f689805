"""How the catalog's files are read, and where in them something stands, so that a refusal can name the line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from sqlglot import exp

_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, which is many times as fast, where PyYAML was built with it."""


def read_yaml(text: str) -> Any:
    """What a file says. Raises ``yaml.YAMLError``."""
    return yaml.load(text, Loader=_SAFE)  # noqa: S506 - either is the safe one


def yaml_line(text: str, keys: Sequence[str | int]) -> int:
    """The line, from 1, of what ``keys`` lead to, or of the deepest of them that is there."""
    node, line = yaml.compose(text, Loader=_SAFE), 0
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = [(name, value) for name, value in node.value if name.value == key]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line
        else:
            break
    return line + 1


def sql_line(node: exp.Expr) -> int:
    """The line, from 1, of a part of a parsed query; of its nearest neighbour that knows its own, where it does not."""
    around: exp.Expr | None = node
    while around is not None:
        for part in around.walk():
            if "line" in part.meta:
                return int(part.meta["line"])
        around = around.parent
    return 1


def at(path: Path, line: int) -> str:
    return f"{path}:{line}"
