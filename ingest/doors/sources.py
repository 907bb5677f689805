"""Whatever a shipped mapping can read, over HTTP: ``POST /v1/sources/{name}``, as a webhook or as a piece of a log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial

from ingest.contracts.validate import Refusal
from ingest.delivery.delivery import Delivery
from ingest.doors import native
from ingest.doors.aws_records import opened
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.exchange import (
    LINES,
    PLAIN,
    UNSAID,
    Door,
    Request,
    Response,
    answer_json,
    media_type,
    problem,
    unsupported,
)
from ingest.doors.mapping import live
from ingest.doors.mapping.placed import apart
from ingest.doors.mapping.problem import did_you_mean
from ingest.doors.mapping.rule import Placed
from ingest.doors.refused import ImportRefused
from ingest.doors.request_refused import RequestRefused
from ingest.doors.tally import tally

PREFIX = "/v1/sources/"
PATTERN = f"{PREFIX}{{name}}"
"""The paths of this door, for people."""

_OF_FORMAT = {"csv": frozenset({"text/csv"}) | PLAIN, "lines": PLAIN, "": native.TAKEN}
_PLACE = "body"


@dataclass(slots=True)
class _Body:
    """What a body holds: mapped rows, and which row each event came from."""

    placed: list[Placed] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    passed_over: int = 0

    def take(self, row: int, placed: list[Placed]) -> None:
        self.placed += placed
        self.rows += [row] * len(placed)
        self.passed_over += not placed
        if len(self.placed) > EVENTS_MAX:
            raise too_many("events")


def find(path: str) -> Door | None:
    """The door of a source, also of one that does not exist; None for a path that is no source's."""
    if not path.startswith(PREFIX):
        return None
    name = path.removeprefix(PREFIX)
    return _door(name) if name in live.names() else Door("source", partial(_unknown, name), problem)


@cache
def _door(name: str) -> Door:
    return Door(f"source:{name}", partial(_take, name), problem)


def _unknown(name: str, _: Request, __: Delivery, ___: datetime) -> Response:
    known = list(live.names())
    hint = did_you_mean(name, known)
    raise RequestRefused(
        404, "unknown_source", f"There is no source {name[:80]!a}{hint}; known are {', '.join(known)}."
    )


def _take(name: str, request: Request, delivery: Delivery, received_at: datetime) -> Response:
    """Answers as the native door does: 200 where all was stored, else 207."""
    body = _Body()
    for row, placed in enumerate(_rows(name, request)):
        body.take(row, placed)
    items, place_of = apart(body.placed)
    outcome = delivery.take(f"source:{name}", items, received_at, place_of)
    answer = tally(outcome)
    for error in answer["errors"]:
        error["index"] = body.rows[error["index"]]
    return answer_json(207 if outcome.refusals else 200, {**answer, "passed_over": body.passed_over})


def _rows(name: str, request: Request) -> Iterator[list[Placed]]:
    said, form = media_type(request), live.mapper(name).mapping.format
    taken = _OF_FORMAT.get(form, _OF_FORMAT[""])
    if said not in taken:
        raise unsupported(request, ", ".join(sorted(taken - UNSAID)))
    if form in ("csv", "lines"):
        yield from _text_rows(name, request.body)
        return
    for number, value in enumerate(native.decode(request.body, by_line=said in LINES, reads=False), 1):
        if isinstance(value, Refusal):
            yield [(_PLACE, value)]
            continue
        # As a webhook, SNS and EventBridge send what they wrap.
        inner = opened(value)
        yield [placed for row in inner for placed in live.of_value(name, row, f"{_PLACE} row {number}")]


def _text_rows(name: str, body: bytes) -> Iterator[list[Placed]]:
    if not body.strip():
        raise RequestRefused(400, "empty_body", "The body is empty; send the log's own text.")
    if body.count(b"\n") > EVENTS_MAX:
        raise too_many("lines")
    try:
        yield from live.of_text(name, body, _PLACE)
    except ImportRefused as refused:
        raise RequestRefused(400, "invalid_text", str(refused)) from refused
