"""``POST /v1/consent``: what a person decided, in force from the answer on.

A body is one decision, an array or NDJSON: ``{"user_id": "ann", "analytics": false}``. Whoever is named by several ids
has decided for all of them. What a decision does not mention stays as it was.
"""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ingest.contracts.types import Text, Time
from ingest.contracts.validate import CLOCK_SKEW, Refusal
from ingest.delivery.delivery import Delivery
from ingest.delivery.privacy.consent import PURPOSES, Choice, Purpose
from ingest.delivery.scope import ScopeError
from ingest.doors.exchange import LINES, Door, Request, Response, answer_json, media_type, problem, unsupported
from ingest.doors.native import TAKEN, decode
from ingest.doors.request_refused import RequestRefused

_IDS = ("user_id", "anonymous_id", "recipient")


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    environment: Text | None = None
    user_id: Text | None = None
    anonymous_id: Text | None = None
    recipient: Text | None = None
    analytics: bool | None = None
    content: bool | None = None
    personalisation: bool | None = None
    decided_at: Time | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.ids:
            raise ValueError(f"a decision needs one of {', '.join(_IDS)}")
        if not self.purposes:
            raise ValueError(f"a decision needs one of {', '.join(PURPOSES)}, true or false")
        return self

    @property
    def ids(self) -> list[str]:
        return [given for name in _IDS if (given := getattr(self, name)) is not None]

    @property
    def purposes(self) -> dict[Purpose, bool]:
        return {purpose: given for purpose in PURPOSES if (given := getattr(self, purpose)) is not None}


def _take(request: Request, delivery: Delivery, received_at: datetime) -> Response:
    """Answer 200 once all of them are in force; where one can't be, none is."""
    said = media_type(request)
    if said not in TAKEN:
        raise unsupported(request, "application/json, application/x-ndjson, application/jsonl or text/plain")
    items = decode(request.body, by_line=said in LINES, reads=False)
    choices = [_read(item, number, received_at) for number, item in enumerate(items)]
    try:
        delivery.decide(choices)
    except ScopeError as error:
        raise RequestRefused(403, "wrong_environment", f"Nothing was recorded: {error}.") from error
    return answer_json(200, {"recorded": len(choices)})


def _read(item: Any, number: int, received_at: datetime) -> Choice:
    if isinstance(item, Refusal):
        raise RequestRefused(400, item.code, f"Nothing was recorded: {item.message}")
    try:
        said = _Said.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        reason = first["msg"].removeprefix("Value error, ")
        raise _invalid(number, f"{field}: {reason}" if field else reason) from error
    decided_at = said.decided_at or received_at
    if decided_at > received_at + CLOCK_SKEW:
        raise _invalid(number, "decided_at lies in the future; check the source's clock")
    return Choice(said.environment, tuple(said.ids), said.purposes, decided_at)


def _invalid(number: int, reason: str) -> RequestRefused:
    return RequestRefused(400, "invalid_decision", f"Nothing was recorded: decision {number}: {reason}.")


DOOR = Door("consent", _take, problem)
