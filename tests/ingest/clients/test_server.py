"""Through each sink into the embedded lake: what was said is what is stored."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from promptlake_emitter import Emitter, FirehoseSink, HttpSink, KinesisSink, NotTaken, Sink

from tests.aws import environment
from tests.commands import Up, run_json, up
from tests.lakes import event

EVENTS = 3_000
SINKS: dict[str, Callable[[str], Sink]] = {
    "native": HttpSink,
    "firehose": lambda _: FirehoseSink(prefix="promptlake-"),
    "kinesis": lambda _: KinesisSink(stream="promptlake"),
}
COLUMNS = "event_id, uncached_input_tokens, cache_read_tokens, output_tokens, occurred_at_us, feature, door"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Up]:
    with up(tmp_path / "lake", "--build-every", "0") as running:
        for name, value in environment(running.url).items():
            monkeypatch.setenv(name, value)
        yield running


def stored(server: Up, lake: Path, query: str) -> list[tuple[Any, ...]]:
    server.process.terminate()
    server.process.wait(timeout=60)
    run_json("build", "--lake", lake)
    return [tuple(row.values()) for row in run_json("sql", query, "--lake", lake)]


def execution(door: str, number: int) -> dict[str, Any]:
    return event(
        event_id=f"{door}-{number}",
        occurred_at=f"2026-03-02T10:00:00.{number % 1000:03d}Z",
        feature=f"f{number % 7}",
        uncached_input_tokens=number,
        cache_read_tokens=number * 2,
        output_tokens=number * 3,
    )


def test_every_event_is_stored_as_it_was_said(server: Up, tmp_path: Path) -> None:
    first_us = 1_772_445_600_000_000  # 2026-03-02T10:00:00Z
    for door, make in SINKS.items():
        with Emitter(make(server.url)) as emitter:
            for number in range(EVENTS):
                emitter.emit(execution(door, number))
            emitter.send(event("feedback", event_id=f"{door}-sent"))
            assert emitter.flush()
            assert emitter.stats().taken == EVENTS + 1
            assert emitter.stats().lost == 0
    found = stored(server, tmp_path / "lake", f"SELECT {COLUMNS} FROM bronze.prompt_execution")
    said = [
        (f"{door}-{n}", n, n * 2, n * 3, first_us + n % 1000 * 1000, f"f{n % 7}", door)
        for door in SINKS
        for n in range(EVENTS)
    ]
    assert sorted(found) == sorted(said)
    sent = run_json("sql", "SELECT event_id, door FROM bronze.feedback ORDER BY ALL", "--lake", tmp_path / "lake")
    assert [tuple(row.values()) for row in sent] == [(f"{door}-sent", door) for door in sorted(SINKS)]


def test_what_breaks_its_contract_is_told_where_the_door_can_tell(server: Up, tmp_path: Path) -> None:
    """HTTP answers for each event; a stream takes whatever it is, and the event is found in quarantine."""
    for door, make in SINKS.items():
        with Emitter(make(server.url)) as emitter:
            emitter.emit(event(event_id=f"{door}-good"))
            emitter.emit(event(event_id=f"{door}-bad", output_token=1))
            assert emitter.flush()
            stats = emitter.stats()
            told = {"unknown_field": 1} if door == "native" else {}
            assert (stats.taken, stats.refused) == (2 - len(told), told)
            if told:
                with pytest.raises(NotTaken, match=r"1 of 1 events were not taken, 1 of them for good; .*output_token"):
                    emitter.send(event(event_id="native-bad-too", output_token=1))
    query = "SELECT event_id, code FROM bronze.quarantine ORDER BY event_id"
    assert stored(server, tmp_path / "lake", query) == [
        (name, "unknown_field") for name in ("firehose-bad", "kinesis-bad", "native-bad", "native-bad-too")
    ]
    good = run_json("sql", "SELECT event_id FROM bronze.prompt_execution ORDER BY ALL", "--lake", tmp_path / "lake")
    assert [row["event_id"] for row in good] == ["firehose-good", "kinesis-good", "native-good"]


def test_a_lake_that_was_down_for_a_while_gets_all_of_it(tmp_path: Path) -> None:
    """The emitter outlives its server: same port, another process."""
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as first:
        port = first.url.rpartition(":")[2].strip("/")
        emitter = Emitter(HttpSink(first.url), linger_s=0)
        emitter.emit(event(event_id="before"))
        assert emitter.flush()
    for number in range(100):
        emitter.emit(event(event_id=f"during-{number}"))
    assert not emitter.flush(0.3)
    with up(lake, "--build-every", "0", "--port", port) as second:
        assert emitter.close(30)
        assert emitter.stats().taken == 101
        assert emitter.stats().lost == 0
        rows = stored(second, lake, "SELECT count(*), count(DISTINCT event_id) FROM bronze.prompt_execution")
    assert rows == [(101, 101)]
