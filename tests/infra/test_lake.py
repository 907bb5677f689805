"""A lake opens, or one sentence says why not and what to do."""

import errno
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from infra.local.lake import FORMAT_VERSION, LakeError, lake_path, open_lake
from tests.ingest.delivery.spooled import open_folder, without_rights


def refusal(path: Path, *, create: bool = False) -> str:
    with pytest.raises(LakeError) as refused:
        open_lake(path, create=create)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def describe(path: Path, document: Any) -> None:
    path.mkdir(exist_ok=True)
    (path / "lake.json").write_text(json.dumps(document))


def test_a_lake_is_made_once_and_opened_again(tmp_path: Path) -> None:
    made = open_lake(tmp_path / "a" / "lake", create=True)
    assert open_lake(made.root) == made == open_lake(made.root, create=True)
    document = json.loads((made.root / "lake.json").read_text())
    assert (document["format_version"], document["lake_id"]) == (FORMAT_VERSION, made.lake_id)
    assert [path.name for path in made.root.iterdir()] == ["lake.json"]
    assert open_lake(tmp_path / "other", create=True).lake_id != made.lake_id


def test_a_missing_lake_names_the_command_that_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "lake"
    assert refusal(path) == f"There is no lake at {path}; make one with `promptlake up --lake {path}`."
    assert not path.exists()


def test_an_empty_folder_becomes_a_lake_only_when_asked(tmp_path: Path) -> None:
    assert "make one with" in refusal(tmp_path)
    assert open_lake(tmp_path, create=True).root == tmp_path


@pytest.mark.parametrize("create", [False, True])
def test_a_file_is_no_lake(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    assert refusal(path, create=create) == f"{path} is a file, not a folder; name a folder for the lake."
    assert path.read_text() == "mine"


def test_a_folder_below_a_file_is_no_lake(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert "notes.txt" in refusal(tmp_path / "notes.txt" / "lake", create=True)


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    assert refusal(tmp_path, create=True) == (
        f"{tmp_path} holds other files (thesis.doc) and no lake.json; name an empty or new folder."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_what_a_crash_left_of_a_lake_being_made_does_not_hinder(tmp_path: Path) -> None:
    (tmp_path / "lake.tmp").write_text("{")
    assert open_lake(tmp_path, create=True) == open_lake(tmp_path)


@pytest.mark.parametrize("found", [0, FORMAT_VERSION + 1, str(FORMAT_VERSION), None])
def test_a_lake_of_another_version_says_who_made_it(tmp_path: Path, found: Any) -> None:
    describe(tmp_path, {"format_version": found, "lake_id": "x", "made_by": "promptlake 9.9"})
    assert refusal(tmp_path) == (
        f"The lake at {tmp_path} has format {found!r}, made by promptlake 9.9, but this is promptlake "
        f"{version('promptlake')}, which reads format {FORMAT_VERSION}; use the version that made it."
    )


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"{}", b'{"format_version": 1}', b"\xff\xfe"])
def test_a_broken_description_is_told_and_left_alone(tmp_path: Path, content: bytes, create: bool) -> None:
    marker = tmp_path / "lake.json"
    marker.write_bytes(content)
    assert refusal(tmp_path, create=create) == (
        f"{marker} can't be read as a lake's description; restore it from a backup."
    )
    assert marker.read_bytes() == content


def test_a_folder_in_place_of_the_description_is_told(tmp_path: Path) -> None:
    (tmp_path / "lake.json").mkdir()
    assert "can't be read as a lake's description" in refusal(tmp_path)


def test_a_lake_of_somebody_else_is_told() -> None:
    with open_folder() as folder:
        marker = open_lake(folder / "lake", create=True).root / "lake.json"
        marker.chmod(0o000)
        with without_rights():
            assert refusal(folder / "lake") == (
                f"{marker} can't be accessed (Permission denied); check who owns the folder."
            )


def test_a_folder_that_may_not_be_written_is_told() -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        with without_rights():
            for path in (folder, folder / "lake"):
                assert "can't be accessed (Permission denied)" in refusal(path, create=True)
        folder.chmod(0o755)


def test_what_the_system_can_not_do_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 300)
    assert refusal(long, create=True).startswith(f"{long} can't be used as a lake (File name too long")

    def read_only(path: Path, **_: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", read_only)
    path = tmp_path / "lake"
    assert refusal(path, create=True) == f"{path} can't be used as a lake (Read-only file system); name another."


def test_the_environment_names_the_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTLAKE_LAKE", raising=False)
    assert lake_path(None) == tmp_path / "lake"
    monkeypatch.setenv("PROMPTLAKE_LAKE", "from-environment")
    assert lake_path(None) == tmp_path / "from-environment"
    assert lake_path("given") == tmp_path / "given"
    monkeypatch.setenv("PROMPTLAKE_LAKE", "")
    assert lake_path(None) == tmp_path / "lake"


MAKE_LAKES = """
import sys
from pathlib import Path
from infra.local.lake import open_lake
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    lake = open_lake(Path(sys.argv[1]) / str(number), create=True)
    lake.spool_writer()
    print(lake.lake_id)
"""


def test_processes_that_make_a_lake_at_once_get_the_same_one(tmp_path: Path) -> None:
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE_LAKES, str(tmp_path)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for maker in makers:
        assert maker.stdout is not None
        assert maker.stdout.readline() == "ready\n"
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("go\n")
        maker.stdin.flush()
    answers = [maker.communicate(timeout=120) for maker in makers]
    made = [open_lake(tmp_path / str(number)).lake_id for number in range(30)]
    assert [out.split() for out, _ in answers] == [made] * 3, answers
