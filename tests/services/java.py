"""Which of the machine's Javas to start an engine with: Spark does not run on the newest."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_INSTALLED = ("/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")
_VERSION = re.compile(r'version "(\d+)')


def java_home(at_least: int, below: int = 1000) -> Path:
    """The home of a Java with ``at_least <= version < below``, the nearest to the lower bound."""
    found = {version: home for home in _homes() if (version := _version(home)) and at_least <= version < below}
    if not found:
        pytest.skip(f"There is no Java {at_least} here, or a later one below {below}; name one with JAVA_HOME.")
    return found[min(found)]


def _homes() -> Iterator[Path]:
    if named := os.environ.get("JAVA_HOME"):
        yield Path(named)
    if command := shutil.which("java"):
        yield Path(command).resolve().parent.parent
    for pattern in _INSTALLED:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))


@cache
def _version(home: Path) -> int | None:
    command = home / "bin" / "java"
    if not command.exists():
        return None
    said = subprocess.run([command, "-version"], capture_output=True, text=True, check=False, timeout=60).stderr
    matched = _VERSION.search(said)
    return int(matched[1]) if matched else None
