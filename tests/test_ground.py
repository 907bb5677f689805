"""The ground the house stands on: rooms, import rules, lock files, and a Makefile that explains itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LOCKS = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))
GROUPS = ("aws", "demo", "deploy", "dev", "function-api", "function-doors", "function-reports", "spark")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run in the project's folder, as a user would: what an outer make or pytest has set is left out."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTEST_", "PROMPTLAKE_"))}
    return subprocess.run(command, cwd=ROOT, env=clean | env, capture_output=True, text=True, check=False, timeout=120)


def tracked_files() -> list[Path]:
    """What a clone holds, with new files that are not ignored."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed.returncode:
        pytest.skip(f"git can't list the files here: {listed.stderr.strip()}")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def locked(name: str) -> dict[str, set[str]]:
    """Package name -> the versions that a lock pins (several where platforms differ)."""
    versions: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if pin := re.match(r"([a-z0-9][a-z0-9.-]*)==([^ ;\\]+)", line):
            versions.setdefault(pin[1], set()).add(pin[2])
    return versions


def group(name: str) -> list[Requirement]:
    found: list[Requirement] = []
    for entry in PYPROJECT["dependency-groups"][name]:
        found += [Requirement(entry)] if isinstance(entry, str) else group(entry["include-group"])
    return found


# --- rooms and imports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["ingest", "transforms", "serving", "sql", "infra", "dashboards", "docs", "tests"])
def test_every_room_stands(room: str) -> None:
    assert (ROOT / room).is_dir()


def test_there_is_no_room_for_what_belongs_nowhere() -> None:
    packages = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    nowhere = [p for room in packages for p in (ROOT / room).rglob("*") if p.stem in {"common", "utils", "helpers"}]
    assert not [p for p in nowhere if "node_modules" not in p.parts]


def test_imports_go_one_way() -> None:
    result = run(str(BIN / "lint-imports"), "--no-cache")
    assert result.returncode == 0, result.stdout


# --- lock files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_pinned_hashed_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==\S+", entry), f"not pinned: {entry.splitlines()[0]}"
        assert "--hash=sha256:" in entry, f"not hashed: {entry.splitlines()[0]}"
    rest = re.sub(r" \\\n    --hash=sha256:[0-9a-f]{64}", "", text)
    assert not re.search(r"://|--|@|#", rest), "a lock holds pins and hashes, no address, option or comment"


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("embedded", [Requirement(d) for d in PYPROJECT["project"]["dependencies"]]),
        *((name, group(name)) for name in GROUPS),
    ],
)
def test_a_lock_satisfies_what_is_declared(name: str, declared: list[Requirement]) -> None:
    pins = locked(name)
    for requirement in declared:
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"requirements/{name}.txt lacks {requirement.name}: run make lock"
        unfit = [v for v in versions if not requirement.specifier.contains(v, prereleases=True)]
        assert not unfit, f"requirements/{name}.txt pins {requirement.name} {unfit}: run make lock"


def test_a_package_has_the_same_version_in_every_lock() -> None:
    embedded, demo, dev = locked("embedded"), locked("demo"), locked("dev")
    assert embedded.items() <= demo.items() <= dev.items()
    assert embedded.items() <= locked("aws").items() <= dev.items()


def test_the_demo_installs_neither_cdk_nor_test_tools() -> None:
    heavy = {"aws-cdk-lib", "boto3", "moto", "mypy", "pre-commit", "pyspark", "pytest", "ruff"}
    assert not heavy & locked("demo").keys()


# --- make ---------------------------------------------------------------------------------------------------


def phony_targets() -> set[str]:
    declared = re.search(r"^\.PHONY: (help .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    return set(declared[1].split())


def test_make_alone_lists_every_target_with_a_description() -> None:
    result = run("make")
    assert result.returncode == 0, result.stderr
    described = dict(re.findall(r"^  ([a-z-]+) +(\S.+)$", result.stdout, re.MULTILINE))
    assert described.keys() == phony_targets()
    assert {
        "setup",
        "demo",
        "test",
        "lint",
        "types",
        "format",
        "lock",
        "generate",
        "bench",
        "clean",
    } <= described.keys()


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("echo 'Python 3.9.6'; exit 1", "promptlake needs Python 3.11 or later; "),
        (None, "install Python 3.11 or later, or name one with PYTHON="),
    ],
    ids=["too old", "missing"],
)
def test_setup_refuses_an_unfit_python_in_one_sentence(tmp_path: Path, python: str | None, sentence: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    fake = tmp_path / "python-of-old"
    if python:
        fake.write_text(f"#!/bin/sh\n{python}\n")
        fake.chmod(0o755)
    result = run("make", "-C", str(tmp_path), ".venv/bin/python", f"PYTHON={fake}")
    assert result.returncode != 0
    assert result.stderr.splitlines()[0].count(sentence) == 1
    assert not (tmp_path / ".venv").exists()


# --- the repository -----------------------------------------------------------------------------------------


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    machine_path = re.compile(r"(?<![\w.:/-])/(?:work|root|home|Users)/\w")
    known = []
    for path in tracked_files():
        for number, line in enumerate(path.read_bytes().decode(errors="replace").splitlines(), 1):
            if machine_path.search(line):
                known.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not known, "\n".join(known)


def test_no_file_is_over_500_kb() -> None:
    assert not [f"{p.relative_to(ROOT)}" for p in tracked_files() if p.stat().st_size > 500_000]


def test_the_commit_hooks_are_local() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repo["repo"] for repo in hooks["repos"]} == {"local"}
    result = run(str(BIN / "pre-commit"), "validate-config")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_continuous_integration_script_can_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert run("bash", "-n", str(script)).returncode == 0


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_the_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text()


def test_the_data_flow_is_drawn() -> None:
    assert "data-flow.svg" in (ROOT / "docs" / "architecture.md").read_text()
    drawing = (ROOT / "docs" / "data-flow.svg").read_text()
    for station in [
        "emit",
        "door",
        "contract",
        "deliver",
        "bronze",
        "silver",
        "gold",
        "gate",
        "publish",
        "read",
    ]:
        assert station in drawing, f"docs/data-flow.svg does not show {station}"


# --- nothing is skipped where everything is required --------------------------------------------------------

SKIPPING = """
import pytest

def test_in_the_body():
    pytest.skip("the engine is missing")

@pytest.mark.skipif(True, reason="the browser is missing")
def test_by_marker(): ...

def test_real_input(real_data): ...

@pytest.mark.xfail(strict=True)
def test_expected_to_fail():
    assert False
"""


@pytest.mark.parametrize(
    ("required", "summary"), [("", "3 skipped, 1 xfailed"), ("1", "1 failed, 1 xfailed, 2 errors")]
)
def test_a_skip_fails_where_everything_is_required(tmp_path: Path, required: str, summary: str) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    options = ["-p", "no:cacheprovider", "-ra", "--rootdir", str(tmp_path)]
    result = run(sys.executable, "-m", "pytest", *options, str(tmp_path), PROMPTLAKE_REQUIRE_ALL=required)
    assert summary in result.stdout
    assert "PROMPTLAKE_REAL_DATA is not set" in result.stdout
    assert result.returncode == int(required or 0)
