"""Reads a file of funnels. What can't be a funnel is refused with file and line."""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from ingest.contracts import layout
from ingest.contracts.registry import EVENTS
from ingest.contracts.shape import shape
from sql.funnels.model import CONDITIONS, DIMENSIONS, KINDS, MAX_STEPS, MAX_WINDOW_S, WORDS, Funnel, Step
from sql.places import at, yaml_line

SHIPPED = Path(__file__).with_name("shipped.yaml")
MAX_CHARS = 100_000
MAX_FUNNELS = 50
MAX_ALTERNATIVES = 50
"""Rows of one step."""
_MAX_NAME_CHARS = 64
_MAX_VALUE_CHARS = 500

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_WINDOW = re.compile(r"(\d{1,7}) ?(minute|hour|day)s?", re.ASCII)
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
_SHOWN_CHARS = 60

Keys = tuple[str | int, ...]


class FunnelError(ValueError):
    """A file of funnels says something that can't be one; the message names the file and the line."""


class _Wrong(Exception):
    def __init__(self, keys: Keys, message: str) -> None:
        super().__init__(message)
        self.keys = keys


def read_funnels(path: Path) -> tuple[Funnel, ...]:
    """The funnels of a file.

    Raises:
        OSError: the file can't be read.
        FunnelError: it says nonsense.
    """
    return funnels_written(path.read_bytes(), path)


def funnels_written(content: bytes, path: Path) -> tuple[Funnel, ...]:
    """The funnels of a file that holds ``content``; see :func:`read_funnels`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FunnelError(f"{path} is no text in UTF-8; write it anew") from error
    return funnels_of(text, path)


def funnels_in_folder(folder: Path) -> tuple[Funnel, ...]:
    """The owner's own funnels, which lie in a lake's folder, else those that every lake has.

    Raises:
        OSError: the file is there and can't be read.
        FunnelError: it says nonsense.
    """
    own = folder / layout.FUNNELS_FILE
    return read_funnels(own if own.exists() else SHIPPED)


def funnels_of(text: str, path: Path) -> tuple[Funnel, ...]:
    """The funnels of a file that says ``text``; see :func:`read_funnels`."""
    if len(text) > MAX_CHARS:
        raise FunnelError(f"{path} has more than {MAX_CHARS:,} characters; declare fewer funnels")
    try:
        _refuse_duplicates(yaml.compose(text, yaml.SafeLoader), path)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FunnelError(f"{at(path, line)}: this is not YAML ({error.problem})") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, FunnelError):
            raise
        raise FunnelError(f"{path} is not YAML; write it as docs/engagement.md shows") from error
    try:
        return _funnels(document)
    except _Wrong as wrong:
        raise FunnelError(f"{at(path, yaml_line(text, wrong.keys))}: {wrong}") from wrong


def _refuse_duplicates(node: yaml.Node | None, path: Path) -> None:
    """YAML lets the last of two equal names win, so that a funnel would be lost without a word."""
    open_nodes, seen = [node], set()
    while open_nodes:
        node = open_nodes.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode) and (first := lines.setdefault(key.value, line)) != line:
                    raise FunnelError(f"{at(path, line)}: {_shown(key.value)} stands in line {first} already")
                open_nodes.append(value)
        elif isinstance(node, yaml.SequenceNode):
            open_nodes += node.value


def _funnels(document: Any) -> tuple[Funnel, ...]:
    _check_keys((), document, ("funnels",), ("funnels",), "a file of funnels")
    declared = document["funnels"]
    if not isinstance(declared, dict) or not declared:
        raise _Wrong(("funnels",), "funnels takes funnels by name; declare one, or take the file away")
    if len(declared) > MAX_FUNNELS:
        raise _Wrong(("funnels",), f"these are {len(declared)} funnels; declare at most {MAX_FUNNELS}")
    return tuple(_funnel(name, said) for name, said in declared.items())


def _funnel(name: Any, said: Any) -> Funnel:
    keys: Keys = ("funnels", name)
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > _MAX_NAME_CHARS:
        message = f"{_shown(name)} can't name a funnel; take small letters, digits and _, at most {_MAX_NAME_CHARS}"
        raise _Wrong(("funnels", str(name)), message)
    _check_keys(keys, said, ("window", "by", "steps"), ("window", "steps"), f"the funnel {name}")
    return Funnel(name, _window(keys, said["window"]), _steps(keys, said["steps"]), _by(keys, said.get("by")))


def _window(keys: Keys, said: Any) -> int:
    matched = _WINDOW.fullmatch(said.strip()) if isinstance(said, str) else None
    if matched is None:
        message = f"the window {_shown(said)} is no time; give one such as 30 minutes, 12 hours or 7 days"
        raise _Wrong((*keys, "window"), message)
    window_s = int(matched[1]) * _SECONDS[matched[2]]
    if window_s == 0:
        raise _Wrong((*keys, "window"), "the window is empty: nobody could take a second step; give a longer one")
    if window_s > MAX_WINDOW_S:
        message = (
            f"the window {_shown(said)} is longer than {MAX_WINDOW_S // 86_400} days, as far as entries are followed"
        )
        raise _Wrong((*keys, "window"), message)
    return window_s


def _by(keys: Keys, said: Any) -> tuple[str, ...]:
    names = [] if said is None else said
    if not isinstance(names, list):
        raise _Wrong((*keys, "by"), f"by takes a list of dimensions, of {', '.join(DIMENSIONS)}")
    for number, name in enumerate(names):
        if name not in DIMENSIONS:
            raise _Wrong((*keys, "by", number), f"there is no dimension {_shown(name)}{_near(name, DIMENSIONS)}")
        if name in names[:number]:
            raise _Wrong((*keys, "by", number), f"by names {name} twice")
    return tuple(names)


def _steps(keys: Keys, said: Any) -> tuple[Step, ...]:
    if not isinstance(said, list) or not 2 <= len(said) <= MAX_STEPS:
        raise _Wrong((*keys, "steps"), f"a funnel takes a list of 2 to {MAX_STEPS} steps")
    steps: list[Step] = []
    for number, step in enumerate(said):
        made = _step((*keys, "steps", number), step)
        if made.name in [other.name for other in steps]:
            raise _Wrong((*keys, "steps", number), f"the funnel has a step {_shown(made.name)} already")
        steps.append(made)
    return tuple(steps)


def _step(keys: Keys, said: Any) -> Step:
    _check_keys(keys, said, ("step", "kind", *CONDITIONS), ("step", "kind"), "a step")
    name, kind = said["step"], said["kind"]
    if not isinstance(name, str) or not name.strip() or len(name) > _MAX_NAME_CHARS or not name.isprintable():
        message = f"{_shown(name)} can't name a step; take a text of at most {_MAX_NAME_CHARS} characters"
        raise _Wrong((*keys, "step"), message)
    if kind not in KINDS:
        raise _Wrong((*keys, "kind"), f"there is no step of kind {_shown(kind)}{_near(kind, KINDS)}")
    conditions = tuple((c, _values((*keys, c), kind, c, said[c])) for c in CONDITIONS if c in said)
    step = Step(name.strip(), kind, conditions)
    if step.alternatives > MAX_ALTERNATIVES:
        message = f"the step can be {step.alternatives} different acts; give at most {MAX_ALTERNATIVES}"
        raise _Wrong(keys, message)
    return step


def _values(keys: Keys, kind: str, condition: str, said: Any) -> tuple[str, ...]:
    known = _words(kind, condition)
    if known is None:
        raise _Wrong(keys, f"a step of kind {kind} has no {condition}")
    values = said if isinstance(said, list) else [said]
    if not values:
        raise _Wrong(keys, f"{condition} names nothing, so that nobody could take the step")
    found: list[str] = []
    for value in values:
        text = str(value) if type(value) is int else value
        if not isinstance(text, str) or not text or len(text) > _MAX_VALUE_CHARS:
            raise _Wrong(keys, f"{condition} takes a text, or a list of them, not {_shown(value)}")
        if known and text not in known:
            raise _Wrong(keys, f"no {kind} has the {condition} {_shown(text)}{_near(text, known)}")
        found.append(text)
    return tuple(dict.fromkeys(found))


_CONTRACTS = {"behavior": "behavior", "execution": "prompt_execution", "feedback": "feedback"}


def _words(kind: str, condition: str) -> tuple[str, ...] | None:
    """The words that a condition may be; none where it may be any, None where an act of the kind does not have it."""
    fields = EVENTS[_CONTRACTS[kind]].model_fields
    if condition not in fields:
        return None
    return tuple(shape(fields[condition]).choices) if condition in WORDS else ()


def _check_keys(keys: Keys, said: Any, known: Sequence[str], needed: Collection[str], what: str) -> None:
    if not isinstance(said, Mapping):
        raise _Wrong(keys, f"{what} takes {', '.join(known)}, each with a value")
    for key in said:
        if key not in known:
            raise _Wrong((*keys, str(key)), f"{what} has no {_shown(key)}{_near(key, known)}")
    for key in needed:
        if key not in said:
            raise _Wrong(keys, f"{what} needs {key}")


def _near(said: Any, known: Sequence[str]) -> str:
    near = get_close_matches(str(said), known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def _shown(said: Any) -> str:
    text = said if isinstance(said, str) else type(said).__name__ if isinstance(said, list | dict) else str(said)
    return repr(text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…")
