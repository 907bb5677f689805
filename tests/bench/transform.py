"""The transform step by itself, both ways, beside orjson's parser alone over the same records; one core, no disk."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import orjson

from ingest.contracts.parse import parse
from ingest.delivery.quick import Read, read_line
from tests.bench.native import bodies
from tests.steps import step

EVENTS, BATCH = 20_000, 500
_TURNS = 5
_WORDS = ("the", "customer", "order", "wants", "please", "summarise", "ticket", "reply", "refund", "was", "not")
_PROMPT_WORDS, _ANSWER_WORDS = 220, 110


@dataclass(frozen=True)
class Took:
    """µs of an event."""

    bytes_per_event: float
    parse_only_us: float
    """Baseline: ``orjson.loads`` of each line."""
    plain_us: float
    """Read by pydantic alone."""
    fast_us: float
    """Read by the structs."""


@dataclass(frozen=True)
class Step:
    bare: Took
    """Executions without what was said."""
    with_texts: Took
    """With a prompt and an answer, of which nothing is kept."""


def run() -> Step:
    lines = [line for body in bodies(EVENTS) for line in body.split(b"\n")]
    dice = Random(1)
    said = [orjson.dumps({**orjson.loads(line), **_texts(dice)}) for line in lines]
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)  # as the server does
    return Step(_took(lines), _took(said))


def _texts(dice: Random) -> dict[str, str]:
    return {
        name: "\n".join(" ".join(dice.choices(_WORDS, k=10)) for _ in range(words // 10))
        for name, words in (("prompt", _PROMPT_WORDS), ("answer", _ANSWER_WORDS))
    }


def _took(lines: Sequence[bytes]) -> Took:
    transform, now = step(), datetime.now(UTC)
    batches = [lines[first : first + BATCH] for first in range(0, len(lines), BATCH)]

    def parse() -> None:
        for line in lines:
            orjson.loads(line)

    def plain() -> None:
        for batch in batches:
            transform([_by_pydantic(line) for line in batch], now)

    def fast() -> None:
        for batch in batches:
            transform([read_line(line) or orjson.loads(line) for line in batch], now)

    least: dict[Callable[[], None], float] = {}
    for _ in range(_TURNS):
        for work in (parse, plain, fast):  # in turn, so that a slow moment of the machine meets all
            started = time.process_time()
            work()
            took = (time.process_time() - started) / len(lines) * 1e6
            least[work] = min(least.get(work, took), took)
    return Took(sum(map(len, lines)) / len(lines), least[parse], least[plain], least[fast])


def _by_pydantic(line: bytes) -> Read:
    event = parse(line)
    assert event is not None
    return Read(event.event_type, event, line)


if __name__ == "__main__":
    print(run())
