"""What a caller of ``emit`` and ``send`` notices: it never waits, and every event is accounted for."""

import logging
import re
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from promptlake_emitter import Answer, Emitter, NotTaken, Parcel, Row, Stats
from promptlake_emitter.retry import Patience, deliver

from tests.ingest.clients.sinks import SMALL, Gate, MemorySink, be_down, take_all

WAIT_S = 30.0


def waiting(emitter: Emitter, done: str) -> Stats:
    """The snapshot once something was lost under this name."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        stats = emitter.stats()
        if done in stats.dropped:
            return stats
        time.sleep(0.01)
    raise AssertionError(f"Nothing was dropped as {done}: {emitter.stats()}")


def test_id_and_time_are_filled_in_at_the_moment_of_the_call() -> None:
    gate = Gate()
    sink = MemorySink(gate)
    given: dict[str, Any] = {"event_type": "behavior", "action": "click", "event_id": None}
    own = {"event_type": "behavior", "event_id": "mine", "occurred_at": "2026-03-02T10:00:00Z"}
    with Emitter(sink, linger_s=0) as emitter:
        before = datetime.now(UTC)
        emitter.emit(given)
        after = datetime.now(UTC)
        emitter.emit(own)
        assert gate.reached.wait(WAIT_S)
        given["action"] = "changed later"
        gate.open.set()
        assert emitter.flush(WAIT_S)
    made, kept = sink.stored
    assert given == {"event_type": "behavior", "action": "changed later", "event_id": None}
    assert made["action"] == "click"
    assert re.fullmatch(r"[0-9a-f]{32}", made["event_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", made["occurred_at"])
    assert before - timedelta(milliseconds=1) <= datetime.fromisoformat(made["occurred_at"]) <= after
    assert kept == own
    assert sink.is_closed


def test_a_sink_that_hangs_holds_up_nobody_and_the_queue_stays_bounded(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    sink = MemorySink(gate)
    emitter = Emitter(sink, max_events=50, linger_s=0)
    for number in range(200):  # would never end if one call waited for the sink
        emitter.emit({"event_type": "behavior", "number": number})
    lost = emitter.stats().dropped["queue_full"]
    gate.open.set()
    assert emitter.close(WAIT_S)
    assert 25 <= 200 - lost <= 51  # events that just move on may count twice towards the limit, and one not at all
    assert emitter.stats() == Stats(200 - lost, {}, {"queue_full": lost}, 0)
    numbers = [event["number"] for event in sink.stored]
    assert len(numbers) == 200 - lost
    assert numbers == sorted(set(numbers))
    (said,) = [record.getMessage() for record in caplog.records]
    assert f"{lost} events were dropped (queue_full {lost})" in said


def test_the_queue_is_bounded_by_bytes_too() -> None:
    gate = Gate()
    sink = MemorySink(gate)
    emitter = Emitter(sink, max_bytes=10_000, linger_s=0)
    emitter.emit({"event_type": "behavior", "text": "x" * 6_000})
    assert gate.reached.wait(WAIT_S)
    emitter.emit({"event_type": "behavior", "text": "x" * 6_000})
    emitter.emit({"event_type": "behavior", "text": "short"})
    waiting(emitter, "queue_full")
    gate.open.set()
    assert emitter.close(WAIT_S)
    assert [len(event["text"]) for event in sink.stored] == [6_000, 5]
    assert emitter.stats() == Stats(2, {}, {"queue_full": 1}, 0)


def test_what_can_never_be_sent_is_dropped_by_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    sink = MemorySink(limits=SMALL)
    emitter = Emitter(sink)
    emitter.emit({"event_type": "behavior", "value": {1, 2}})
    emitter.emit({"event_type": "behavior", "text": "x" * 600})
    emitter.emit({"action": "has no type"})
    emitter.emit(["no", "dict"])  # type: ignore[arg-type]
    emitter.emit({"event_type": "behavior"})
    assert emitter.close(WAIT_S)
    emitter.emit({"event_type": "behavior"})
    dropped = {"not_json": 1, "too_large": 1, "no_stream": 1, "not_a_dict": 1, "closed": 1}
    assert emitter.stats() == Stats(1, {}, dropped, 0)
    (said,) = [record.getMessage() for record in caplog.records]
    assert "4 events were dropped" in said
    assert "; the first reason: emit() takes a dict, not list." in said


def test_a_sink_that_stays_down_is_given_up_and_said_so_while_running(caplog: pytest.LogCaptureFixture) -> None:
    sink = MemorySink(be_down)
    lost = Emitter(sink, linger_s=3600, give_up_after_s=0.5, report_every_s=0.05)
    with caplog.at_level(logging.WARNING), lost:
        for _ in range(3):
            lost.emit({"event_type": "behavior"})
        assert lost.flush(WAIT_S)
        assert lost.stats() == Stats(0, {}, {"gave_up": 3}, 0)
        assert len(sink.puts) > 1
        until = time.monotonic() + WAIT_S
        while not caplog.records and time.monotonic() < until:
            time.sleep(0.01)
        assert "3 events were dropped (gave_up 3); the first reason: nobody is there." in caplog.text
    assert len(caplog.records) == 1


def test_a_flush_that_takes_too_long_says_so_and_what_is_left_at_the_end_is_counted() -> None:
    emitter = Emitter(MemorySink(be_down))
    emitter.emit({"event_type": "behavior"})
    assert not emitter.flush(0.2)
    assert emitter.stats().waiting == 1
    assert not emitter.close(0.2)
    assert emitter.stats() == Stats(0, {}, {"closed": 1}, 0)
    assert emitter.close()


def test_what_is_on_its_way_at_the_end_is_neither_taken_nor_lost(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    emitter = Emitter(MemorySink(gate), linger_s=0)
    emitter.emit({"event_type": "behavior"})
    assert gate.reached.wait(WAIT_S)
    emitter.emit({"event_type": "behavior"})
    assert not emitter.close(0)
    assert emitter.stats() == Stats(0, {}, {"closed": 1}, 1)
    assert "Closed while 1 events were being sent; whether they were taken is not known." in caplog.text
    gate.open.set()
    until = time.monotonic() + WAIT_S
    while emitter.stats().waiting and time.monotonic() < until:
        time.sleep(0.01)
    assert emitter.stats() == Stats(1, {}, {"closed": 1}, 0)


def test_only_what_failed_is_sent_again_with_growing_pauses_and_as_late_as_asked() -> None:
    """Of four records two fail, then one twice; the sink asks for 7 s once."""
    answers = iter([({1, 3}, 0.0), ({0}, 7.0), ({0}, 0.0), (set(), 0.0)])

    def behave(parcels: Sequence[Parcel]) -> Answer:
        failing, retry_after_s = next(answers)
        again = [parcel for index, parcel in enumerate(parcels) if index in failing]
        return Answer(taken=len(parcels) - len(again), again=again, reason="slow down", retry_after_s=retry_after_s)

    pauses: list[tuple[float, bool]] = []

    def pause(wait_s: float, is_asked: bool) -> bool:
        pauses.append((wait_s, is_asked))
        return True

    sink = MemorySink(behave)
    rows = [Row("t", b'{"n":%d,"text":"%s"}' % (n, b"x" * 600_000)) for n in range(4)]
    answer = deliver(rows, sink, Patience(60, first_wait_s=1), pause)
    assert answer.taken == 4
    assert not answer.again
    assert [[parcel.rows[0] for parcel in put] for put in sink.puts] == [rows, [rows[1], rows[3]], [rows[1]], [rows[1]]]
    assert sorted(event["n"] for event in sink.stored) == [0, 1, 2, 3]
    (first_s, first_asked), asked, (third_s, third_asked) = pauses
    assert 0.5 <= first_s <= 1
    assert asked == (7.0, True)
    assert 2 <= third_s <= 4
    assert not first_asked
    assert not third_asked


def test_one_stream_that_is_down_holds_up_no_other() -> None:
    def behave(parcels: Sequence[Parcel]) -> Answer:
        return be_down(parcels) if parcels[0].group == "behavior" else take_all(parcels)

    sink = MemorySink(behave)
    with Emitter(sink, give_up_after_s=0.2, linger_s=3600) as emitter:
        for event_type in ("behavior", "feedback", "evaluation"):
            emitter.emit({"event_type": event_type})
        assert emitter.flush(WAIT_S)
        assert [event["event_type"] for event in sink.stored] == ["feedback", "evaluation"]
        assert emitter.stats() == Stats(2, {}, {"gave_up": 1}, 0)


def test_send_returns_when_all_is_taken() -> None:
    sink = MemorySink()
    with Emitter(sink) as emitter:
        emitter.send({"event_type": "feedback"})
        assert len(sink.stored) == 1
        emitter.send([{"event_type": "feedback", "event_id": "a"}, {"event_type": "behavior", "event_id": "b"}])
        assert [event["event_id"] for event in sink.stored[1:]] == ["a", "b"]
        assert emitter.stats() == Stats(3, {}, {}, 0)


def test_send_says_what_was_not_taken_and_what_to_send_again() -> None:
    def behave(parcels: Sequence[Parcel]) -> Answer:
        if parcels[0].group == "feedback":
            return Answer(refused=Counter({"unknown_field": 1}), reason="rating is no field.")
        return be_down(parcels) if parcels[0].group == "behavior" else take_all(parcels)

    sink = MemorySink(behave)
    events = [{"event_type": kind} for kind in ("evaluation", "feedback", "behavior", "behavior")]
    with Emitter(sink) as emitter:
        with pytest.raises(NotTaken) as caught:
            emitter.send([*events, {"event_type": "behavior", "bad": object()}], timeout_s=0.3)
        assert (caught.value.count, caught.value.refused) == (4, 2)
        assert str(caught.value).startswith(
            "4 of 5 events were not taken, 2 of them for good; the first reason: an event can't be written as JSON"
        )
        sink.behave = take_all
        emitter.send(caught.value.again)
        ids = [event["event_id"] for event in sink.stored]
        assert ids[1:] == [event["event_id"] for event in caught.value.again]
        assert len(set(ids)) == 3
        assert emitter.stats() == Stats(3, {}, {}, 0)
