"""Whatever a sink does, an event that was emitted is stored once or counted as lost."""

import random
from collections import Counter
from collections.abc import Sequence
from threading import Thread

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from promptlake_emitter import Answer, Emitter, Parcel

from tests.ingest.clients.sinks import SMALL, MemorySink

TYPES = ("behavior", "feedback", "evaluation")


class Moody:
    """Takes, refuses and fails records at random, and is down now and then; keeps account of both."""

    def __init__(self, seed: int, is_down: float, fails: float, refuses: float) -> None:
        self._chance = random.Random(seed)  # noqa: S311
        self._is_down, self._fails, self._refuses = is_down, fails, refuses
        self.stored: list[int] = []
        self.refused: list[int] = []

    def __call__(self, parcels: Sequence[Parcel]) -> Answer:
        if self._chance.random() < self._is_down:
            return Answer(again=parcels, reason="down", retry_after_s=self._chance.choice([0, 0.001]))
        answer = Answer(reason="some failed")
        again = []
        for parcel in parcels:
            mood = self._chance.random()
            if mood < self._fails:
                again.append(parcel)
                continue
            numbers = [orjson.loads(line)["number"] for line in parcel.data.splitlines()]
            first = 1 if mood < self._fails + self._refuses else 0  # refuses the first event of the record
            self.refused += numbers[:first]
            self.stored += numbers[first:]
            answer.taken += len(numbers) - first
            answer.refused += Counter({"bad": first} if first else {})
        answer.again = again
        return answer


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    is_down=st.sampled_from([0.0, 0.2, 1.0]),
    fails=st.sampled_from([0.0, 0.3]),
    refuses=st.sampled_from([0.0, 0.3]),
    threads=st.integers(1, 4),
    events=st.integers(0, 300),
    max_events=st.sampled_from([20, 1_000]),
    max_bytes=st.sampled_from([2_000, 1 << 20]),
    give_up_after_s=st.sampled_from([0.0, 0.3]),
    close_after_s=st.sampled_from([0.0, 0.3]),
)
def test_an_event_is_stored_once_or_counted(
    seed: int,
    is_down: float,
    fails: float,
    refuses: float,
    threads: int,
    events: int,
    max_events: int,
    max_bytes: int,
    give_up_after_s: float,
    close_after_s: float,
) -> None:
    moody = Moody(seed, is_down, fails, refuses)
    emitter = Emitter(
        MemorySink(moody, SMALL),
        max_events=max_events,
        max_bytes=max_bytes,
        linger_s=0.01,
        give_up_after_s=give_up_after_s,
        report_every_s=3600,
    )

    def work(worker: int) -> None:
        for number in range(worker, events, threads):
            text = "x" * 600 if number % 29 == 0 else "short"  # over the limit of a record
            emitter.emit({"event_type": TYPES[number % 3], "number": number, "text": text})

    workers = [Thread(target=work, args=(worker,)) for worker in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers[1:]:
        worker.join()
    emitter.close(close_after_s)  # while the first still emits
    workers[0].join()
    stats = emitter.stats()
    assert stats.waiting == 0
    answered = moody.stored + moody.refused
    assert len(set(answered)) == len(answered)
    assert stats.taken == len(moody.stored)
    assert sum(stats.refused.values()) == len(moody.refused)
    assert stats.taken + stats.lost == events
