"""A spool that was cut off or damaged anywhere: every whole batch is stored, and what could not be read is named."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.delivery.spool import SpoolWriter
from tests.commands import run, run_json, up
from tests.ingest.delivery.spooled import append
from tests.lakes import event

FRAMES = 4
Damage = Callable[[bytes, list[int]], bytes]
"""From a segment and where its frames begin, the end being the last, to what is left of it."""

_noise = random.Random(5).randbytes(5_000)  # noqa: S311

TORN: dict[str, Damage] = {
    "cut-in-the-first-head": lambda data, _: data[:7],
    "cut-after-the-first-head": lambda data, _: data[:20],
    "cut-in-a-header": lambda data, at: data[: at[2] + 60],
    "cut-in-a-row": lambda data, at: data[: at[3] - 100],
    "cut-one-byte-before-the-end": lambda data, _: data[:-1],
    "cut-and-zeros-where-the-file-had-grown": lambda data, at: data[: at[3] + 50] + bytes(4_096),
    "zeros-after-the-end": lambda data, _: data + bytes(4_096),
    "noise-after-the-end": lambda data, _: data + _noise,
    "half-a-frame-once-more-after-the-end": lambda data, at: data + data[at[3] : at[3] + 99],
    "noise-before-the-beginning": lambda data, _: _noise + data,
    "a-block-of-zeros-in-the-middle": lambda data, at: data[: at[1] + 30] + bytes(64) + data[at[1] + 94 :],
    "bytes-lost-in-the-middle": lambda data, at: data[: at[2] - 40] + data[at[2] :],
    "a-length-that-is-too-large": lambda data, at: data[: at[1] + 8] + b"\xff\xff" + data[at[1] + 10 :],
    "a-flipped-bit": lambda data, at: data[: at[2] - 9] + bytes([data[at[2] - 9] ^ 4]) + data[at[2] - 8 :],
    "nothing-but-noise": lambda *_: _noise,
}
WHOLE: dict[str, Damage] = {
    "whole": lambda data, _: data,
    "cut-between-frames": lambda data, at: data[: at[2]],
    "empty": lambda *_: b"",
}


def segment(spool: Path, name: str) -> tuple[Path, bytes, list[int]]:
    """A finished segment of some batches, an event each."""
    writer, begins = SpoolWriter(spool), [0]
    for number in range(FRAMES):
        append(writer, f"{name}.{number}")
        begins.append(writer.bytes_written)
    writer.roll()
    path = max(spool.glob("*.seg"))
    return path, path.read_bytes(), begins


def damage(spool: Path, kinds: dict[str, Damage]) -> tuple[dict[str, Path], set[str]]:
    """One segment of each kind; the ids of those events whose frames are left whole, byte for byte."""
    paths, whole = {}, set()
    for name, damaged in kinds.items():
        path, data, begins = segment(spool, name)
        left = damaged(data, begins)
        path.write_bytes(left)
        paths[name] = path
        whole |= {f"{name}.{number}" for number in range(FRAMES) if data[begins[number] : begins[number + 1]] in left}
    return paths, whole


@pytest.mark.parametrize("finder", ["up", "build"])
def test_whole_batches_are_stored_and_the_rest_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], finder: str
) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0"):
        pass
    torn, whole = damage(lake / "spool", TORN)
    _, more = damage(lake / "spool", WHOLE)
    left = {name: path.read_bytes() for name, path in torn.items()}
    if finder == "up":
        with up(lake, "--build-every", "0") as server:
            assert server.json("POST", "/v1/events", event("behavior", event_id="new"))[0] == 200
        told = capfd.readouterr().err
        run("build", "--lake", lake)
    else:
        told = run("build", "--lake", lake).stderr
    stored = run_json("sql", "SELECT event_id FROM silver.behavior", "--lake", lake)
    ids = [row["event_id"] for row in stored if row["event_id"] != "new"]
    assert sorted(ids) == sorted(whole | more)
    assert len(whole) > len(TORN)  # in most of them something is left
    for name, path in torn.items():
        kept = list(path.parent.glob(f"{path.stem}.damaged-*"))
        assert kept, name
        assert all(f"are kept in {file}." in told for file in kept), name
        assert all(file.read_bytes() in left[name] for file in kept), name
    status = run_json("status", "--lake", lake)
    assert sorted(status["damaged"]) == sorted(map(str, (lake / "spool").glob("*.damaged-*")))
    assert status["reconciles"]
    assert run("reconcile", "--lake", lake).returncode == 0
