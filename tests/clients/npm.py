"""Clients from npm, unmodified, at the versions of ``package-lock.json``.

They are installed once for each lock into the user's cache, outside of the checkout, so that a clean clone shares them
with the one before.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_LOCK = "package-lock.json"
_CACHE_VARIABLE = "XDG_CACHE_HOME"


@cache
def installed() -> Path:
    """The folder whose ``node_modules`` holds the clients. Skips where there is no Node.js or no registry."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"There is no {program} here: it installs and runs the JavaScript clients of the doors.")
    caches = Path(os.environ.get(_CACHE_VARIABLE) or Path.home() / ".cache") / "promptlake-tests"
    caches.mkdir(parents=True, exist_ok=True)
    folder = caches / f"npm-{sha256((HERE / _LOCK).read_bytes()).hexdigest()[:16]}"
    with (caches / "npm.lock").open("a") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    """Beside its place first: what was cut off is never mistaken for whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        for name in ("package.json", _LOCK, ".npmrc"):
            shutil.copy(HERE / name, beside)
        done = subprocess.run(["npm", "ci", "--no-progress"], cwd=beside, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"npm could not install the JavaScript clients of the doors: {done.stderr.strip()[-300:]}")
        Path(beside).rename(folder)
        Path(beside).mkdir()  # for the context manager to remove


def run_module(source: str, **environment: str) -> str:
    """Run JavaScript as a module that may import the clients by name; returns what it printed."""
    command = ["node", "--input-type=module", "-"]
    done = subprocess.run(
        command,
        input=source,
        cwd=installed(),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"node: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout
