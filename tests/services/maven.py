"""Engines and servers written in Java, by their Maven coordinates. Fetched once, into the user's cache."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>promptlake</groupId><artifactId>tests</artifactId><version>1</version>
  <dependencies>{}</dependencies>
</project>
"""
_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


def java() -> str:
    """The java command."""
    found = shutil.which("java")
    if found is None:
        pytest.skip("There is no Java here: the servers and engines of this test need it.")
    return found


def jars(*coordinates: str) -> Path:
    """A folder with the jars of ``group:artifact:version`` and all that they need."""
    pom = _POM.format("".join(_DEPENDENCY.format(*name.split(":")) for name in coordinates))

    def fetch(folder: Path) -> None:
        (folder / "pom.xml").write_text(pom)
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
        _maven(coordinates, "-f", str(folder / "pom.xml"), *goal)

    return _cached(coordinates, fetch)


def archive(coordinates: str, unpack: Callable[[Path, Path], None]) -> Path:
    """A folder with what ``unpack`` takes out of the one file of ``group:artifact:version:type``."""

    def fetch(folder: Path) -> None:
        into = folder / "packed"
        _maven([coordinates], "dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={into}")
        (packed,) = into.iterdir()
        unpack(packed, folder)
        shutil.rmtree(into)

    return _cached([coordinates], fetch)


def _cached(coordinates: Sequence[str], fetch: Callable[[Path], None]) -> Path:
    name = coordinates[0].split(":")[1] + "-" + sha256(" ".join(coordinates).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "promptlake-tests"
    folder = cache / name
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not folder.exists():
            fresh = folder.with_name(folder.name + ".tmp")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            fetch(fresh)
            fresh.replace(folder)
    return folder


def _maven(coordinates: Sequence[str], *arguments: str) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip(f"There is no Maven here, which fetches {', '.join(coordinates)}.")
    done = subprocess.run([maven, "-q", "-B", *arguments], capture_output=True, text=True, timeout=1800)
    if done.returncode:
        pytest.skip(f"Maven could not fetch {', '.join(coordinates)}: {done.stdout[-500:]}{done.stderr[-500:]}")
