"""What differs between two versions."""

from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

from pydantic import BaseModel

from serving.logic.templates.model import Version


def difference(old: Version, new: Version) -> dict[str, Any]:
    """The bodies as a unified diff; the names of variables and tests that were added, removed and changed."""
    return {
        "body": body_difference(
            f"{old.template_id}@{old.number}", old.body, f"{new.template_id}@{new.number}", new.body
        ),
        "variables": _named(old.variables, new.variables),
        "tests": _named(old.tests, new.tests),
        "parts": {
            "added": sorted({str(part) for part in new.parts} - {str(part) for part in old.parts}),
            "removed": sorted({str(part) for part in old.parts} - {str(part) for part in new.parts}),
            "changed": [],
        },
    }


def body_difference(old_name: str, old: str, new_name: str, new: str) -> str:
    """A unified diff, as ``diff -u`` writes it; empty where nothing differs."""
    return "".join(_lines(unified_diff(old.splitlines(True), new.splitlines(True), old_name, new_name)))


def _lines(diff: Iterator[str]) -> Iterator[str]:
    for line in diff:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _named(old: tuple[Any, ...], new: tuple[Any, ...]) -> dict[str, list[str]]:
    before: dict[str, BaseModel] = {item.name: item for item in old}
    after: dict[str, BaseModel] = {item.name: item for item in new}
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    }
