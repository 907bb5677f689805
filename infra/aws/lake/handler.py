"""The jobs as a Lambda function, in a container since its libraries have no room in a zip.

It is asked with ``{"job": "build"}``, ``{"job": "maintain"}``, ``{"job": "backfill", "from": "2026-11-01", "to":
"2026-11-03"}``, or ``{"job": "erase", "users": ["u-4711"]}``; and with ``{"job": "pseudonyms", "users": [...]}`` it
only tells under which names the lake keeps a person.
"""

import logging
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Any, Literal, Self

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from infra.aws.lake.function import jobs_of
from infra.aws.lake.lake import AwsLake, open_lake
from infra.aws.lake.limits import Limits, make_room
from infra.aws.lake.lock import Busy

_DUCKDB_SHARE = 0.6
"""Of the function's memory; the rest is for Python, the gate's frames, and the catalog."""

_NOTHING_COMMITTED = "Nothing of this build was committed."

_log = logging.getLogger(__name__)


class NotAsked(Exception):
    """What the function was asked with is none of its jobs. One sentence that says what is wrong."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Routine(_Asked):
    job: Literal["build", "maintain"]


class _OfDays(_Asked):
    job: Literal["backfill"]
    first: date = Field(alias="from", strict=False)
    last: date = Field(alias="to", strict=False)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError(f"from {self.first} lies after to {self.last}; swap them")
        return self


class _OfPerson(_Asked):
    job: Literal["erase", "pseudonyms"]
    users: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    """As the application names one person."""


_Request = _Routine | _OfDays | _OfPerson
_ASKED: TypeAdapter[_Request] = TypeAdapter(Annotated[_Request, Field(discriminator="job")])


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do one job.

    Raises:
        NotAsked: or ``GateFailed``, ``TooLarge``; the message is the function's error.
        Busy: a person can't be erased while another job is running.
    """
    asked = read_request(event)
    root = Path(gettempdir()) / "lake"
    lake = open_lake(os.environ, root)
    if not isinstance(asked, _OfPerson):
        return _do(asked, lake, _limits(asked.job, root, context))
    names = sorted({name for user in asked.users for name in lake.keys().pseudonyms(user)})
    if asked.job == "pseudonyms":
        return {"pseudonyms": names}
    with jobs_of(lake, _limits(asked.job, root, context)) as jobs:
        return jobs.erase(names)


def read_request(event: dict[str, Any]) -> _Request:
    """What the function is asked for.

    Raises:
        NotAsked: it is none of its jobs.
    """
    try:
        return _ASKED.validate_python(event)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise NotAsked(f"The event names no job that can be done: {place and f'{place}: '}{first['msg']}.") from None


def _limits(job: str, root: Path, context: LambdaContext) -> Limits:
    make_room(root)
    memory_mb = int(float(context.memory_limit_in_mb) * _DUCKDB_SHARE)
    limits = Limits(memory_mb, lambda: context.get_remaining_time_in_millis() / 1000, _log.info)
    return replace(limits, left=_NOTHING_COMMITTED) if job == "build" else limits


def _do(asked: _Routine | _OfDays, lake: AwsLake, limits: Limits) -> dict[str, Any]:
    done = "maintained" if asked.job == "maintain" else "built"
    again: dict[str, Any] = {}
    try:
        with jobs_of(lake, limits) as jobs:
            if asked.job == "maintain":
                return {done: True, **jobs.maintain().to_dict()}
            if isinstance(asked, _OfDays):
                read_again, result = jobs.backfill(asked.first, asked.last)
                again = read_again.to_dict()
            else:
                result = jobs.build()
    except Busy as busy:
        return {done: False, "reason": str(busy)}
    for warning in result.warnings:
        _log.warning(warning.sentence)
    return {done: True, **again, **result.to_dict()}
