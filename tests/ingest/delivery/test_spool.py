"""A frame that was acknowledged is read again as it was, whatever happens beside it."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.delivery import spool
from ingest.delivery.outcome import Outcome
from ingest.delivery.spool import Frame, Gap, SpoolWriter, opened_at_us, read_segment
from tests.ingest.contracts.examples import steady
from tests.ingest.delivery.spooled import append, open_folder, without_rights

# JSON never holds a raw zero byte; everything else may stand in a row, our own magic included.
_row = st.binary(max_size=30).map(lambda row: row.replace(b"\0", b"PLK1").replace(b"\n", b""))
_rows = st.lists(_row, min_size=1, max_size=4)
_counts = st.dictionaries(st.sampled_from(["behavior", "feedback", "unknown"]), st.integers(0, 10**9), max_size=3)
outcomes = st.builds(
    lambda rows, *counts: Outcome(rows, *map(Counter, counts)),
    st.dictionaries(st.sampled_from(["behavior", "feedback", "quarantine"]), _rows, max_size=3),
    _counts,
    _counts,
    _counts,
)


def only_segment(folder: Path) -> Path:
    (path,) = folder.glob("*.seg")
    return path


def frames(path: Path) -> list[Frame]:
    return [part for part in read_segment(path) if isinstance(part, Frame)]


def gaps(path: Path) -> list[tuple[int, int]]:
    return [(part.offset, len(part.data)) for part in read_segment(path) if isinstance(part, Gap)]


@steady
@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), outcomes, _counts), min_size=1, max_size=4))
def test_what_is_appended_is_read_again(batches: list[tuple[str, Outcome, dict[str, int]]]) -> None:
    with TemporaryDirectory() as folder:
        writer = SpoolWriter(Path(folder))
        arrivals = [writer.append(door, outcome, refused) for door, outcome, refused in batches]
        writer.roll()
        path = only_segment(Path(folder))
        assert gaps(path) == []
        for (door, outcome, refused), arrived, frame in zip(batches, arrivals, frames(path), strict=True):
            assert (frame.door, frame.received_at_us) == (door, arrived)
            assert frame.counts == {
                "received": outcome.received,
                "quarantined": outcome.quarantined,
                "dropped": outcome.dropped,
                "refused_requests": refused,
            }
            assert {table: (rows, bytes(body)) for table, rows, body in frame.parts} == {
                table: (len(rows), b"".join(row + b"\n" for row in rows)) for table, rows in outcome.rows.items()
            }


@pytest.fixture
def three_frames(tmp_path: Path) -> tuple[Path, list[int]]:
    """A segment of three frames, and where each begins; the end is the last."""
    writer = SpoolWriter(tmp_path / "spool")
    ends = [0]
    for name in ("a", "b", "c"):
        append(writer, name)
        ends.append(writer.bytes_written)
    writer.roll()
    return only_segment(tmp_path / "spool"), ends


def test_a_torn_tail_leaves_the_frames_before_it(three_frames: tuple[Path, list[int]]) -> None:
    path, ends = three_frames
    whole = path.read_bytes()
    for length in range(ends[2], ends[3]):
        path.write_bytes(whole[:length])
        assert len(frames(path)) == 2
        assert gaps(path) == ([(ends[2], length - ends[2])] if length > ends[2] else [])


def test_a_damaged_frame_leaves_the_frames_around_it(three_frames: tuple[Path, list[int]]) -> None:
    path, ends = three_frames
    whole = path.read_bytes()
    for position in range(ends[1], ends[2]):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        assert len(frames(path)) == 2, position
        assert gaps(path) == [(ends[1], ends[2] - ends[1])], position


@pytest.mark.parametrize(
    "damage",
    [
        lambda data, ends: data[: ends[1] - 3] + data[ends[1] :],
        lambda data, ends: data[: ends[1]] + b"PLK1" * 9 + data[ends[1] :],
        lambda data, ends: data[: ends[1]] + bytes(4096) + data[ends[1] :],
        lambda data, ends: b"\xff" + data,
    ],
    ids=["bytes lost", "false beginnings", "a block of zeros", "one byte before"],
)
def test_whole_frames_are_found_behind_any_damage(
    three_frames: tuple[Path, list[int]], damage: Callable[[bytes, list[int]], bytes]
) -> None:
    path, ends = three_frames
    whole = path.read_bytes()
    path.write_bytes(damage(whole, ends))
    assert len(frames(path)) == (2 if len(path.read_bytes()) < len(whole) else 3)
    found = {part.received_at_us: part for part in frames(path)}
    path.write_bytes(whole)
    assert found.keys() <= {frame.received_at_us for frame in frames(path)}


def test_an_empty_segment_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "0-1.seg"
    path.write_bytes(b"")
    assert list(read_segment(path)) == []


def test_arrival_never_runs_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers of one spool, the second of which starts after the clock was set back."""
    clock_ns = iter([5_000_000, 4_000_000, 9_000_000, 1_000_000, 1_000_000, 0, 99_000_000])
    monkeypatch.setattr(time, "time_ns", lambda: next(clock_ns))
    writer, other = SpoolWriter(tmp_path), SpoolWriter(tmp_path)
    arrived_us = [append(writer, "a"), append(writer, "b")]  # the first of the clock's times names the segment
    assert writer.clock_behind_us == 0
    arrived_us += [append(other, "c"), append(writer, "d"), append(writer, "e")]
    assert arrived_us == [5_001, 9_000, 9_002, 9_003, 99_000]
    assert other.clock_behind_us == 8_002
    assert [opened_at_us(path) for path in sorted(tmp_path.glob("*.seg"))] == [5_000, 9_001]


def test_a_read_only_folder_is_told_and_recovered_from() -> None:
    with open_folder() as folder:
        writer = SpoolWriter(folder / "spool")
        (folder / "spool").chmod(0o555)
        with without_rights(), pytest.raises(PermissionError):
            append(writer, "lost")
        assert not writer.is_open
        (folder / "spool").chmod(0o755)
        append(writer, "kept")
        writer.roll()
        assert len(frames(only_segment(folder / "spool"))) == 1


def test_a_failed_fsync_leaves_nothing_of_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SpoolWriter(tmp_path)
    append(writer, "a")

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(spool.os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output error"):
            append(writer, "b")
    append(writer, "c")
    writer.roll()
    path = only_segment(tmp_path)
    assert gaps(path) == []
    assert [b'"b"' in bytes(body) for frame in frames(path) for _, _, body in frame.parts] == [False] * 4
