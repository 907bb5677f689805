"""Engines and servers written in Java, by their Maven coordinates. Fetched once, into the user's cache."""

import fcntl
import os
import shutil
import subprocess
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
    name = coordinates[0].split(":")[1] + "-" + sha256(" ".join(coordinates).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "promptlake-tests"
    folder = cache / name
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not folder.exists():
            _fetch(coordinates, folder)
    return folder


def _fetch(coordinates: tuple[str, ...], folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip(f"There is no Maven here, which fetches {', '.join(coordinates)}.")
    fresh = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    pom = fresh / "pom.xml"
    pom.write_text(_POM.format("".join(_DEPENDENCY.format(*name.split(":")) for name in coordinates)))
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    done = subprocess.run([*command, f"-DoutputDirectory={fresh}"], capture_output=True, text=True, timeout=900)
    if done.returncode:
        pytest.skip(f"Maven could not fetch {', '.join(coordinates)}: {done.stdout[-500:]}{done.stderr[-500:]}")
    fresh.replace(folder)
