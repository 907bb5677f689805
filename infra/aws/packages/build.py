"""Puts packages together: dependencies, our rooms, and the owner's own files. Tests put together the same packages for
the machine they run on.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from infra.aws.packages.installed import (
    AWS,
    HERE,
    JOBS_LOCK,
    REPORTS_LOCK,
    ROOT,
    Machine,
    install,
    leave_out_services,
    write_bytecode,
)
from infra.aws.packed import REPORTS
from infra.aws.stage import StageError

_ROOMS = ("ingest", "sql", "transforms", "serving", "infra")
_REPORTS_ROOMS = ("ingest", "sql", "serving", "dashboards", "infra")
_LEFT_OUT = ("__pycache__", "clients", "demo", "*.pyc", "node_modules")

ZIP_MAX_BYTES = 250_000_000
"""Lambda's limit for a function's code, unpacked."""


class Package(StrEnum):
    """The zip packages. What one kind of function imports keeps the others from starting fast."""

    DOORS = "doors"
    """What takes events in: nothing of it queries."""
    API = "api"
    """What answers, and what looks after the lake without jobs."""

    @property
    def lock(self) -> Path:
        """What it holds, as `pyproject.toml` has it in a group of that name."""
        return ROOT / f"requirements/function-{self}.txt"


def build_functions(package: Package, to: Path, files: Mapping[str, Path], machine: Machine = AWS) -> Path:
    """The folder of the zip functions of one kind.

    Args:
        package: which.
        to: is made anew.
        files: the owner's files by their names in the package.
        machine: what it is for.

    Raises:
        StageError: a package can't be had, or it is larger than Lambda takes.
    """
    _empty(to)
    install(package.lock, to, machine)
    leave_out_services(to)
    _copy_rooms(to)
    _copy_files(to, files)
    write_bytecode(to, machine)
    if (size := size_bytes(to)) > ZIP_MAX_BYTES:
        raise StageError(
            f"The package {package} has {size:,} bytes unpacked and Lambda takes {ZIP_MAX_BYTES:,}; "
            f"see what grew in requirements/{package.lock.name}."
        )
    return to


def build_jobs_context(to: Path, files: Mapping[str, Path]) -> Path:
    """The context of the jobs' image: all that its Dockerfile copies."""
    _context(to, ROOT / "infra/aws/lake/Dockerfile", JOBS_LOCK, _ROOMS)
    _copy_files(to / "owner", files)
    return to


def build_reports_context(to: Path, reports: str) -> Path:
    """The same of the reports' image; ``reports`` says who gets which."""
    _context(to, ROOT / "infra/aws/reports/Dockerfile", REPORTS_LOCK, _REPORTS_ROOMS)
    (to / "owner" / REPORTS).write_text(reports)
    return to


def build_jobs_tree(to: Path, files: Mapping[str, Path], machine: Machine = HERE) -> Path:
    """What the image holds where Lambda looks for it, put together without Docker; but for bytecode, of which it has
    so much that writing it takes a minute.
    """
    _empty(to)
    install(JOBS_LOCK, to, machine)
    _copy_rooms(to)
    _copy_files(to, files)
    return to


def build_reports_tree(to: Path, reports: str, machine: Machine = HERE) -> Path:
    """The same of the reports' image."""
    _empty(to)
    install(REPORTS_LOCK, to, machine)
    _copy_rooms(to, _REPORTS_ROOMS)
    (to / REPORTS).write_text(reports)
    return to


def _context(to: Path, dockerfile: Path, lock: Path, rooms: Sequence[str]) -> None:
    _empty(to)
    shutil.copy(dockerfile, to / "Dockerfile")
    (to / "requirements").mkdir()
    shutil.copy(lock, to / "requirements")
    _copy_rooms(to, rooms)
    (to / "owner").mkdir()
    (to / "owner/.keep").touch()


def build_glue(to: Path, files: Mapping[str, Path]) -> Path:
    """What the Spark job imports besides what Glue has: our rooms, in a folder that is sent as one zip."""
    _empty(to)
    rooms = to / "rooms"
    rooms.mkdir()
    _copy_rooms(rooms)
    shutil.make_archive(str(to / "rooms"), "zip", rooms)
    shutil.rmtree(rooms)
    (to / "job.py").write_text(_GLUE_SCRIPT)
    _copy_files(to, files)
    return to


_GLUE_SCRIPT = '''"""What Glue starts: the job is in the archive of our rooms."""

import sys
import tempfile
import zipfile

# Glue puts the archive on the path as it is, and what the models and prices are read from has to be files.
for packed in filter(zipfile.is_zipfile, list(sys.path)):
    with zipfile.ZipFile(packed) as archive:
        if "infra/aws/lake/glue.py" in archive.namelist():
            folder = tempfile.mkdtemp(prefix="promptlake-")
            archive.extractall(folder)
            sys.path.insert(0, folder)

from infra.aws.lake.glue import main

sys.exit(main(sys.argv[1:]))
'''


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _copy_rooms(to: Path, rooms: Sequence[str] = _ROOMS) -> None:
    for room in rooms:
        shutil.copytree(ROOT / room, to / room, ignore=shutil.ignore_patterns(*_LEFT_OUT))


def _copy_files(to: Path, files: Mapping[str, Path]) -> None:
    for name, path in files.items():
        shutil.copy(path, to / name)


def size_bytes(folder: Path) -> int:
    """All that lies in it."""
    return sum(_sizes(folder.rglob("*")))


def _sizes(paths: Iterable[Path]) -> Iterable[int]:
    return (path.stat().st_size for path in paths if path.is_file())
