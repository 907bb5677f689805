"""What an application installs: little, typed, and nothing of the lake."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

from tests.ingest.clients.scripted import serving
from tests.ingest.clients.source import DISTRIBUTION, SOURCE

PYPROJECT = tomllib.loads((DISTRIBUTION / "pyproject.toml").read_text())


def test_it_needs_orjson_alone() -> None:
    assert [Requirement(line).name for line in PYPROJECT["project"]["dependencies"]] == ["orjson"]
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            absolute = node.module if isinstance(node, ast.ImportFrom) and not node.level else None
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [absolute] if absolute else []
            )
            roots = {name.partition(".")[0] for name in names}
            assert roots <= sys.stdlib_module_names | {"orjson", "boto3", "botocore"}, path.name


def test_it_imports_no_boto3_until_asked() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import promptlake_emitter\n"
        "heavy = {'boto3', 'botocore', 'ingest', 'multiprocessing', 'numpy', 'pandas', 'pyarrow', 'pydantic'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    # Isolated, or what some package does to every start would be counted here.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_its_types_are_strict() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--ignore-missing-imports"]
    done = subprocess.run(
        [*command, "--cache-dir=/dev/null", "-p", "promptlake_emitter"],
        cwd=SOURCE, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_wheel_holds_the_package_and_its_types(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=DISTRIBUTION, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("promptlake_emitter-*-py3-none-any.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.partition("/")[0].endswith(".dist-info")}
    assert names == {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*") if path.suffix in (".py", ".typed")}
    assert "promptlake_emitter/py.typed" in names


def test_the_readme_says_what_works() -> None:
    text = (DISTRIBUTION / "README.md").read_text()
    example = text.partition("```python\n")[2].partition("```")[0]
    with serving((200, {}, {})) as server:
        code = f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n" + example.replace(
            "http://127.0.0.1:4318", server.url
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        sent = [event["event_type"] for index in range(len(server.bodies)) for event in server.events(index)]
    assert done.stderr == ""
    assert sorted(sent) == ["feedback", "prompt_execution"]
