"""Puts packages together: the locked dependencies for one kind of machine, our rooms, and the owner's own files.

Nothing is built from source and nothing is taken that the lock does not pin. Tests put together the same packages for
the machine they run on.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from infra.aws.packed import REPORTS
from infra.aws.stage import StageError

PYTHON = "3.14"
"""Of the zip functions, in AWS."""

ROOT = Path(__file__).resolve().parents[3]
"""The project, whose folder holds the rooms and the lock."""

JOBS_LOCK, REPORTS_LOCK = ROOT / "requirements/aws.txt", ROOT / "requirements/function-reports.txt"

_ROOMS = ("ingest", "sql", "transforms", "serving", "infra")
_REPORTS_ROOMS = ("ingest", "sql", "serving", "dashboards", "infra")
_LEFT_OUT = ("__pycache__", "clients", "demo", "*.pyc", "node_modules")

ZIP_MAX_BYTES = 250_000_000
"""Lambda's limit for a function's code, unpacked."""

SERVICES = (
    "apigateway",
    "bedrock",
    "bedrock-runtime",
    "dynamodb",
    "events",
    "firehose",
    "glue",
    "lambda",
    "s3",
    "sesv2",
    "sns",
    "ssm",
    "sts",
)
"""Of AWS, what the zip functions speak with. The models of some four hundred others are a fifth of their packages."""


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


@dataclass(frozen=True)
class Machine:
    """For what a package is."""

    platform: str | None = "aarch64-manylinux_2_28"
    """In uv's words; None is this machine."""
    python: str = PYTHON


AWS = Machine()
HERE = Machine(None, f"{sys.version_info.major}.{sys.version_info.minor}")


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
    _install(package.lock, to, machine)
    _leave_out_services(to)
    _copy_rooms(to)
    _copy_files(to, files)
    _compile(to, machine)
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
    _install(JOBS_LOCK, to, machine)
    _copy_rooms(to)
    _copy_files(to, files)
    return to


def build_reports_tree(to: Path, reports: str, machine: Machine = HERE) -> Path:
    """The same of the reports' image."""
    _empty(to)
    _install(REPORTS_LOCK, to, machine)
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


def pinned(names: Iterable[str]) -> list[str]:
    """Packages as the lock of the jobs pins them, by name.

    Raises:
        StageError: it does not have one.
    """
    lock = JOBS_LOCK.read_text()
    found = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE))
    if missing := sorted(set(names) - set(found)):
        raise StageError(f"requirements/aws.txt has no {', '.join(missing)}; run `make lock`.")
    return [f"{name}=={found[name]}" for name in names]


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _install(requirements: Path, to: Path, machine: Machine) -> None:
    wanted = ["--python-version", machine.python] if machine.platform else ["--python", sys.executable]
    platform = ["--python-platform", machine.platform] if machine.platform else []
    done = subprocess.run(  # noqa: S603 - our own words
        [
            _uv(),
            *("pip", "install", "--quiet", "--no-build", "--require-hashes", "--target", str(to)),
            *wanted,
            *platform,
            *("-r", str(requirements)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StageError(f"The packages of {requirements.name} can't be had: {' '.join(done.stderr.split())}")


def _leave_out_services(folder: Path) -> None:
    for model in (folder / "botocore/data").iterdir():
        if model.is_dir() and model.name not in SERVICES:
            shutil.rmtree(model)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise StageError("Packages are put together by uv, which is not installed; install it, or run `make setup`.")
    return found


def _copy_rooms(to: Path, rooms: Sequence[str] = _ROOMS) -> None:
    for room in rooms:
        shutil.copytree(ROOT / room, to / room, ignore=shutil.ignore_patterns(*_LEFT_OUT))


def _copy_files(to: Path, files: Mapping[str, Path]) -> None:
    for name, path in files.items():
        shutil.copy(path, to / name)


def _compile(folder: Path, machine: Machine) -> None:
    """Bytecode makes a start two to three times as fast, and only the very version that runs it can write it."""
    python = _interpreter(machine)
    if python is None:
        print(  # noqa: T201 - who deploys reads it
            f"There is no Python {machine.python} here, so the functions compile their code at each start; "
            f"`uv python install {machine.python}` makes them start faster.",
            file=sys.stderr,
        )
        return
    # A time would make each package another one than the last.
    subprocess.run(  # noqa: S603
        [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)], check=True
    )


def _interpreter(machine: Machine) -> str | None:
    if machine.python == HERE.python:
        return sys.executable
    found = subprocess.run(  # noqa: S603
        [_uv(), "python", "find", "--no-python-downloads", machine.python], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() if found.returncode == 0 else None


def size_bytes(folder: Path) -> int:
    """All that lies in it."""
    return sum(_sizes(folder.rglob("*")))


def _sizes(paths: Iterable[Path]) -> Iterable[int]:
    return (path.stat().st_size for path in paths if path.is_file())
