"""What faults are made with: a small disk of its own, and a user whom permissions bind."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

DISK_MB = 256


@dataclass(frozen=True)
class Disk:
    """A file system in memory."""

    path: Path

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.path).free

    def fill(self, leave_bytes: int) -> None:
        """Write a file of nothing that leaves just so much; the one that was there before goes."""
        self.clear()
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, self.free_bytes() - leave_bytes)

    def clear(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def remount(self, how: str) -> None:
        """``ro`` or ``rw``; read-only needs all files on it closed."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of ``DISK_MB``."""
    path = tmp_path / "disk"
    path.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", path], capture_output=True, text=True
        )
        reason = mounted.stderr.strip()
    except FileNotFoundError as error:
        reason = str(error)
    if reason:
        pytest.skip(f"A small disk of the test's own can't be mounted here, which root may on Linux ({reason}).")
    yield Disk(path)
    subprocess.run(["umount", path], check=True)


@pytest.fixture
def bound() -> list[str]:
    """Words to put before a command, so that file permissions hold for it: root has to give something up for that."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv, a part of util-linux, is not there; without it permissions mean nothing to root.")
    rights = "-dac_override,-dac_read_search"
    return ["setpriv", f"--inh-caps={rights}", f"--bounding-set={rights}"]
