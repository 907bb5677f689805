"""The drain moves each acknowledged event once, wherever it is cut off, and keeps what it can't read."""

import resource
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.local.lake import Lake, open_lake
from infra.local.ledger import SqliteLedger
from ingest.delivery import drain
from tests.ingest.delivery.spooled import (
    append,
    assert_nothing_is_on_its_way,
    booked,
    bronze,
    segments,
    stored_ids,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(tmp_path / "lake", create=True)


class Cut(BaseException):
    """Stands for the process dying here: nothing of the program handles it."""


def dies(when: str, function: Callable[..., Any], nth: int) -> Callable[..., Any]:
    """The function, ending the process before or after its nth call."""
    calls = count(1)

    def cut(*args: Any, **kwargs: Any) -> Any:
        is_now = next(calls) == nth
        if is_now and when == "before":
            raise Cut
        result = function(*args, **kwargs)
        if is_now:
            raise Cut
        return result

    return cut


STEPS = [
    *((drain, "_read", "after", nth) for nth in (1, 2)),
    *((drain, "write_parquet", when, nth) for when in ("before", "after") for nth in (1, 2, 3)),
    *((drain, "_stage", "after", nth) for nth in (1, 2)),
    *((SqliteLedger, "commit_drain", when, nth) for when in ("before", "after") for nth in (1, 2)),
    *((SqliteLedger, "_book", "after", nth) for nth in (1, 2)),
    *((Path, "replace", when, nth) for when in ("before", "after") for nth in (1, 2)),
    *((SqliteLedger, "landed", when, nth) for when in ("before", "after") for nth in (2, 3)),
    *((drain, "land", "after", nth) for nth in (1, 2)),
    *((Path, "unlink", when, nth) for when in ("before", "after") for nth in (1, 2)),
    *((SqliteLedger, "forget_segments", when, nth) for when in ("before", "after") for nth in (1, 2)),
    (SqliteLedger, "drained_until", "before", 1),
]


@pytest.mark.parametrize(
    ("owner", "name", "when", "nth"), STEPS, ids=[f"{when} {name} {nth}" for _, name, when, nth in STEPS]
)
def test_a_drain_that_dies_is_finished_by_the_next(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: str, nth: int
) -> None:
    monkeypatch.setattr(drain, "_BATCH_BYTES", 1)  # each segment goes by itself
    writer = lake.spool_writer()
    for segment in ("a", "b"):
        for number in range(3):
            append(writer, f"{segment}{number}", f"{segment}{number}-too")
        writer.roll()
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, dies(when, getattr(owner, name), nth))
        with pytest.raises(Cut):
            lake.drain()
    append(writer, "later")
    writer.roll()
    lake.drain()
    assert sorted(stored_ids(lake).values()) == [1] * 13
    assert booked(lake) == {"received": 20, "bronze": 13, "quarantined": 7}
    assert_nothing_is_on_its_way(lake)
    assert lake.drain().rows == 0


def test_a_segment_in_use_waits(lake: Lake) -> None:
    writer = lake.spool_writer()
    arrived_us = append(writer, "a")
    waiting = lake.drain()
    assert (waiting.rows, len(segments(lake))) == (0, 1)
    assert waiting.complete_through_us <= arrived_us
    writer.roll()
    moved = lake.drain()
    assert (moved.rows, stored_ids(lake)) == (2, {"a": 1})
    assert moved.complete_through_us >= arrived_us


def test_what_was_complete_once_stays_so(lake: Lake) -> None:
    """A segment that a drain has not seen yet has an older name than what it tells; what arrives in it comes later."""
    slow, quick = lake.spool_writer(), lake.spool_writer()
    append(slow, "a")
    older = segments(lake)[0]
    hidden = older.rename(older.with_name(f".{older.stem}"))
    through_us = lake.drain().complete_through_us
    hidden.rename(older)
    arrived_us = append(slow, "b")
    append(quick, "c")
    quick.roll()
    assert lake.drain().complete_through_us == through_us < arrived_us
    slow.roll()
    assert lake.drain().complete_through_us > arrived_us


def test_more_segments_than_files_may_be_open_are_drained(lake: Lake) -> None:
    """Where nothing could be drained for long, each half second has left one."""
    writer = lake.spool_writer()
    for number in range(120):
        append(writer, f"e{number}")
        writer.roll()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(path.name) for path in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 40, hard))
    try:
        lake.drain()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(stored_ids(lake)) == 120
    assert_nothing_is_on_its_way(lake)


def test_an_empty_spool_is_drained(lake: Lake) -> None:
    assert (lake.drain().rows, lake.drain().objects) == (0, 0)
    writer = lake.spool_writer()
    writer.roll()
    assert lake.drain().damaged == ()


def test_what_a_crash_left_before_its_first_write_is_cleared(lake: Lake) -> None:
    (lake.root / "spool").mkdir()
    (lake.root / "spool" / "00000000000000000001-1.seg").write_bytes(b"")
    assert lake.drain().rows == 0
    assert_nothing_is_on_its_way(lake)


def test_a_torn_tail_is_kept_beside_what_could_be_read(lake: Lake) -> None:
    writer = lake.spool_writer()
    append(writer, "a")
    whole = writer.bytes_written
    append(writer, "torn")
    writer.roll()
    (path,) = segments(lake)
    data = path.read_bytes()[:-5]
    path.write_bytes(data)
    drained = lake.drain()
    assert stored_ids(lake) == {"a": 1}
    (kept,) = (lake.root / "spool").glob("*.damaged-*")
    assert kept.read_bytes() == data[whole:]
    (sentence,) = drained.damaged
    assert sentence == (
        f"{path} can't be read at byte {whole}; its {len(data) - whole:,} unread bytes are kept in {kept}."
    )
    assert booked(lake) == {"received": 2, "bronze": 1, "quarantined": 1}
    assert_nothing_is_on_its_way(lake)


def test_a_flipped_bit_costs_one_frame_and_its_bytes_are_kept(lake: Lake) -> None:
    writer = lake.spool_writer()
    ends = [0]
    for name in "abcde":
        append(writer, name)
        ends.append(writer.bytes_written)
    writer.roll()
    (path,) = segments(lake)
    data = bytearray(path.read_bytes())
    for frame in (1, 3):
        data[(ends[frame] + ends[frame + 1]) // 2] ^= 1
    path.write_bytes(data)
    assert len(lake.drain().damaged) == 2
    assert stored_ids(lake) == {"a": 1, "c": 1, "e": 1}
    assert {kept.suffix: kept.read_bytes() for kept in (lake.root / "spool").glob("*.damaged-*")} == {
        f".damaged-{ends[frame]}": bytes(data[ends[frame] : ends[frame + 1]]) for frame in (1, 3)
    }
    assert lake.drain().damaged == ()


def test_refused_requests_and_dropped_events_are_booked(lake: Lake) -> None:
    writer = lake.spool_writer()
    append(writer, "a", consent={"analytics": False})
    append(writer, "b")
    writer.roll()
    lake.drain()
    assert booked(lake) == {"received": 4, "bronze": 1, "quarantined": 2, "dropped": 1}
    assert len(bronze(lake, "quarantine")) == 2
