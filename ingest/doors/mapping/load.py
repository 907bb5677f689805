"""Reads a mapping file; every error is one sentence with the file, the line, the key and what is known."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ingest.doors.mapping.check import problems
from ingest.doors.mapping.model import Mapping
from ingest.doors.mapping.problem import did_you_mean
from ingest.doors.refused import ImportRefused

_SHIPPED = files("ingest.doors.mapping") / "shipped"


def shipped() -> list[str]:
    """Names of the mappings that come with the project."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".yaml"))


def load(name_or_file: str) -> Mapping:
    """A shipped mapping by its name, or one from a file.

    Raises:
        ImportRefused: there is none, or it says something that is not in the language.
    """
    known = shipped()
    if name_or_file in known:
        return parse((_SHIPPED / f"{name_or_file}.yaml").read_text("utf-8"), f"{name_or_file}.yaml")
    path = Path(name_or_file)
    try:
        return parse(path.read_text("utf-8"), str(path))
    except FileNotFoundError as error:
        raise ImportRefused(
            f"There is no mapping {name_or_file!r}{did_you_mean(name_or_file, known)}; shipped are {', '.join(known)}, "
            f"and any other is a file."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"The mapping {path} can't be read: {error}.") from error


def parse(text: str, place: str) -> Mapping:
    """A mapping from its YAML; ``place`` is the file's name, for errors.

    Raises:
        ImportRefused: it says something that is not in the language.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{place}:{mark.line + 1}" if mark else place
        raise ImportRefused(f"{where} is not YAML: {getattr(error, 'problem', None) or error}.") from error
    _refuse_repeated_keys(root, place)
    if root is None or not isinstance(document, dict):
        raise ImportRefused(f"{place} is no mapping: it must hold the keys {', '.join(Mapping.model_fields)}.")
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        context = detail.get("ctx", {})
        at = (*detail["loc"], *context.get("at", ()))
        keys = detail["loc"] if detail["type"] == "mapping" else at
        raise ImportRefused(_sentence(root, place, at, keys, _words(detail))) from error
    for at, message in problems(mapping):
        raise ImportRefused(_sentence(root, place, at, at, message))
    return mapping


def _words(detail: Any) -> str:
    message = str(detail["msg"])
    if detail["type"] == "mapping":
        return message
    if detail["type"] == "missing":
        return "is missing"
    return "is not right: " + message[:1].lower() + message[1:]


def _sentence(root: yaml.Node, place: str, at: tuple[Any, ...], keys: tuple[Any, ...], message: str) -> str:
    named = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    return f"{place}:{_line(root, at)}: {named or 'the mapping'} {message}."


def _line(node: yaml.Node, at: tuple[Any, ...]) -> int:
    """The line of the innermost node that the way leads to."""
    line = node.start_mark.line
    for key in at:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def _refuse_repeated_keys(node: yaml.Node | None, place: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ImportRefused(f"{place}:{key.start_mark.line + 1}: the key {key.value!r} comes twice; keep one.")
            seen.add(key.value)
            _refuse_repeated_keys(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, place)
