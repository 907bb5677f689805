"""A zip package holds all that its functions import, at their start or later, and little else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.aws.doctor.function import NOT_TOLD
from infra.aws.packages.build import Package, build_functions, size_bytes
from infra.aws.packages.installed import AWS, HERE, ROOT, SERVICES

HANDLERS = {
    Package.DOORS: (
        "ingest.doors.lambdas.collector",
        "ingest.doors.lambdas.firehose",
        "ingest.doors.lambdas.kinesis",
        "ingest.doors.lambdas.authorizer",
        "infra.aws.watch.sweep",
        "infra.aws.doctor.function",
    ),
    Package.API: (
        "serving.lambdas.api",
        "serving.lambdas.backup",
        "infra.aws.watch.news",
        "infra.aws.watch.measure",
        "infra.aws.reports.unsubscribe",
        "infra.aws.reports.bounces",
    ),
}
MISSING = """
import ast, importlib, importlib.util, sys
folder, *left = sys.argv[1:]
sys.path.insert(0, folder)
rooms, seen, missing = {"infra", "ingest", "serving", "sql", "transforms"}, set(), set()
while left:
    name = left.pop()
    if name in seen:
        continue
    seen.add(name)
    module = importlib.import_module(name)
    typed = set()
    for node in ast.walk(tree := ast.parse(open(module.__file__).read())):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            typed |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in typed or not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
        for full in named:
            if full.split(".")[0] not in rooms:
                if importlib.util.find_spec(full.split(".")[0]) is None:
                    missing.add(f"{full} of {name}")
                continue
            left.append(full)
            if isinstance(node, ast.ImportFrom):
                below = [f"{full}.{alias.name}" for alias in node.names]
                left += [inner for inner in below if importlib.util.find_spec(full).submodule_search_locations
                         and importlib.util.find_spec(inner)]
print(len(seen), *sorted(missing), sep="\\n")
"""


@pytest.fixture(scope="module", params=list(Package))
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Package, Path]:
    package: Package = request.param
    return package, build_functions(package, tmp_path_factory.mktemp("packed") / package, {}, HERE)


def test_it_holds_whatever_its_functions_import(packed: tuple[Package, Path]) -> None:
    package, folder = packed
    # -I and -S: nothing that is installed here is seen.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MISSING, str(folder), *HANDLERS[package]],
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_DEFAULT_REGION": "eu-central-1"},
    )
    seen, *missing = done.stdout.splitlines()
    assert int(seen) > 50
    assert missing == []


def test_it_is_small_where_it_runs(tmp_path: Path) -> None:
    for package, most in ((Package.DOORS, 60e6), (Package.API, 120e6)):
        folder = build_functions(package, tmp_path / package, {}, AWS)
        compiled = sum(path.stat().st_size for path in folder.rglob("*.pyc"))  # where that Python is here
        assert size_bytes(folder) - compiled < most
        assert (folder / "duckdb").exists() == (package is Package.API)


def test_it_knows_each_service_that_the_rooms_name() -> None:
    named = set()
    for room in ("ingest", "serving", "infra/aws/watch", "infra/aws/doctor", "infra/aws/reports"):
        for file in (ROOT / room).rglob("*.py"):
            named |= set(re.findall(r"\bclient\(\s*\"([a-z0-9-]+)\"", file.read_text()))
    by_the_command = {"quicksight"}  # its model is large, and the doctor as a function is told of no boards
    assert named - by_the_command == set(SERVICES)
    assert by_the_command <= NOT_TOLD


def test_every_function_of_the_stack_is_looked_at() -> None:
    said = "".join(file.read_text() for file in (ROOT / "infra/aws/rooms").glob("*.py"))
    handlers = set(re.findall(r"\"([a-z._]+)\.handler\"", said))
    assert handlers == {handler for known in HANDLERS.values() for handler in known}
