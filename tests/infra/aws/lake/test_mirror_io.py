"""Iceberg's own files of a lake in S3: whole or not there, and brought once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.aws.lake.account import Account
from transforms.engines.mirror_io import MIRROR, MirrorFileIO

PATH = "silver/feedback/metadata/1.json"


@pytest.fixture
def files(aws: Account, tmp_path: Path) -> MirrorFileIO:
    return MirrorFileIO({MIRROR: aws.lake(tmp_path / "disk").mirror})


@pytest.fixture
def place(aws: Account, tmp_path: Path) -> str:
    return aws.lake(tmp_path / "disk").mirror.location + PATH


def write(files: MirrorFileIO, place: str, content: bytes) -> None:
    with files.new_output(place).create() as stream:
        stream.write(content)


def test_what_is_written_is_in_the_bucket_for_everybody(aws: Account, files: MirrorFileIO, place: str) -> None:
    write(files, place, b"{}")
    elsewhere = MirrorFileIO({MIRROR: aws.lake(files._mirror.root.with_name("other-disk")).mirror})
    with elsewhere.new_input(place).open() as stream:
        assert stream.read() == b"{}"
    assert (len(elsewhere.new_input(place)), elsewhere.new_input(place).exists()) == (2, True)


def test_nothing_half_written_stays(aws: Account, files: MirrorFileIO, place: str) -> None:
    def fail_half_way() -> None:
        with files.new_output(place).create() as stream:
            stream.write(b"{")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert aws.keys("") == []
    assert not files.new_input(place).exists()


def test_a_file_is_brought_once(aws: Account, files: MirrorFileIO, place: str) -> None:
    write(files, place, b"{}")
    aws.s3().delete_object(Bucket="owner", Key=f"lake/{PATH}")
    with files.new_input(place).open() as stream:
        assert stream.read() == b"{}"


def test_what_is_not_there_is_said_by_its_place(files: MirrorFileIO, place: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"s3://owner/lake/\S+/1\.json is not in the bucket"):
        files.new_input(place).open()


def test_nothing_is_replaced_unless_asked(files: MirrorFileIO, place: str) -> None:
    write(files, place, b"first")
    with pytest.raises(FileExistsError, match="is there already"):
        files.new_output(place).create()
    files.new_output(place).create(overwrite=True).close()
    assert len(files.new_input(place)) == 0


def test_what_is_deleted_is_gone_here_and_there(aws: Account, files: MirrorFileIO, place: str) -> None:
    write(files, place, b"{}")
    files.delete(place)
    assert aws.keys("") == []
    assert not files.new_input(place).exists()
