"""The locked dependencies for one kind of machine. Nothing is built from source, or taken that no lock pins."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.aws.stage import StageError

PYTHON = "3.14"
"""Of the zip functions, in AWS."""

ROOT = Path(__file__).resolve().parents[3]
"""The project, whose folder holds the rooms and the lock."""

JOBS_LOCK, REPORTS_LOCK = ROOT / "requirements/aws.txt", ROOT / "requirements/function-reports.txt"

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


@dataclass(frozen=True)
class Machine:
    """For what a package is."""

    platform: str | None = "aarch64-manylinux_2_28"
    """In uv's words; None is this machine."""
    python: str = PYTHON


AWS = Machine()
HERE = Machine(None, f"{sys.version_info.major}.{sys.version_info.minor}")


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


def install(requirements: Path, to: Path, machine: Machine) -> None:
    """Put what a lock names into a folder.

    Raises:
        StageError: something of it can't be had.
    """
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


def leave_out_services(folder: Path) -> None:
    """Remove what boto3 brings of services that nothing speaks with."""
    for model in (folder / "botocore/data").iterdir():
        if model.is_dir() and model.name not in SERVICES:
            shutil.rmtree(model)


def write_bytecode(folder: Path, machine: Machine) -> None:
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


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise StageError("Packages are put together by uv, which is not installed; install it, or run `make setup`.")
    return found
