"""Every instant that a lake's clock gives is later than all before, whoever asks."""

import os
import time
from pathlib import Path

import pytest

from ingest.delivery.clock import LakeClock


@pytest.fixture
def machine_us(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the machine's clock says, in µs: the one item."""
    told_us = [1_000]
    monkeypatch.setattr(time, "time_ns", lambda: told_us[0] * 1000)
    return told_us


def test_instants_grow_for_all_that_share_the_file(tmp_path: Path, machine_us: list[int]) -> None:
    one, other = LakeClock(tmp_path), LakeClock(tmp_path)
    assert [one.tick_us(), other.tick_us(), one.tick_us()] == [1_000, 1_001, 1_002]
    machine_us[0] = 500
    assert [other.tick_us(), LakeClock(tmp_path).tick_us(), one.tick_us()] == [1_003, 1_004, 1_005]
    assert one.behind_us == 505
    machine_us[0] = 2_000
    assert (other.tick_us(), other.behind_us) == (2_000, 0)


@pytest.mark.parametrize("left", [b"", b"\0" * 20, b"-1", b"12x"])
def test_what_a_power_cut_left_of_the_file_stops_nobody(tmp_path: Path, machine_us: list[int], left: bytes) -> None:
    (tmp_path / "clock").write_bytes(left)
    clock = LakeClock(tmp_path)
    assert [clock.tick_us(), clock.tick_us()] == [1_000, 1_001]
    clock.sync()
    assert (tmp_path / "clock").read_bytes() == b"%020d" % 1_001


def test_an_instant_that_can_not_be_remembered_is_not_given(tmp_path: Path) -> None:
    clock = LakeClock(tmp_path)
    clock.tick_us()
    descriptor = os.open(tmp_path / "clock", os.O_RDONLY)
    os.dup2(descriptor, clock._file.fileno())
    os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        clock.tick_us()
