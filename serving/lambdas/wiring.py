"""What the functions are wired with: a DynamoDB table, a bucket, and Firehose streams, named by the environment."""

import json
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import orjson

from serving.lambdas.variables import (
    BACKUP_BUCKET_VARIABLE,
    BUS_VARIABLE,
    DEFERRED,
    FUNCTION_VARIABLE,
    MODELS_VARIABLE,
    PEOPLE_VARIABLE,
    SMALLEST_GROUP_VARIABLE,
    STREAMS_VARIABLE,
    TABLE_VARIABLE,
)
from serving.logic.templates.desk import Desk
from serving.logic.templates.model import Checks, Content, Part, Run, Source, Variable, Version
from serving.stores.dynamo import DynamoTable
from serving.stores.templates.store import TemplateStore

if TYPE_CHECKING:
    from serving.lambdas.publishing import BucketReader, Streams
    from serving.logic.budgets.notices import Notice


def smallest_group() -> int:
    """As set; a ``ValueError`` says what can't be."""
    from sql.small_groups import SMALLEST_GROUP

    text = os.environ.get(SMALLEST_GROUP_VARIABLE, str(SMALLEST_GROUP))
    if not (text.isascii() and text.isdecimal() and int(text) >= 1):
        raise ValueError(f"{SMALLEST_GROUP_VARIABLE} is {text[:20]!r}; give a number of people, 1 or more.")
    return int(text)


@cache
def store() -> TemplateStore:
    return TemplateStore(DynamoTable(boto3.client("dynamodb"), os.environ[TABLE_VARIABLE]))


class _Checks:
    """:class:`serving.logic.templates.model.Checks`, of which who only reads loads nothing."""

    def parts(self, template_id: str, content: Content, source: Source) -> tuple[Part, ...]:
        return _checks().parts(template_id, content, source)

    def variables(self, version: Version, source: Source) -> Mapping[str, Variable]:
        return _checks().variables(version, source)

    def rewritten(self, body: str, old: frozenset[Part], new: Part) -> str:
        return _checks().rewritten(body, old, new)

    def publishable(self, version: Version, runs: tuple[Run, ...], source: Source) -> None:
        _checks().publishable(version, runs, source)


@cache
def _checks() -> Checks:
    from serving.logic.testing.checks import RenderedAndTested

    return RenderedAndTested()


@cache
def desk() -> Desk:
    from serving.logic.models.settings import models_of

    models, people = _table(MODELS_VARIABLE, "models"), _table(PEOPLE_VARIABLE, "people")
    return Desk(store(), _Checks(), models_of(models, os.environ), people)


def _table(variable: str, name: str) -> dict[str, Any]:
    path = os.environ.get(variable)
    if not path:
        return {}
    found = tomllib.loads(Path(path).read_text())
    if name not in found:
        raise ValueError(f"{path}, which {variable} names, has no table [{name}]; write it.")
    table: dict[str, Any] = found[name]
    return table


def reader() -> "BucketReader":
    from serving.lambdas import publishing

    return publishing.reader()


@cache
def streams() -> "Streams":
    from serving.lambdas.publishing import Streams

    return Streams(boto3.client("firehose"), os.environ[STREAMS_VARIABLE])


@cache
def backups() -> tuple[Any, str]:
    """S3's client, and the bucket."""
    return boto3.client("s3"), os.environ[BACKUP_BUCKET_VARIABLE]


def defer(environment: str, execution_id: str) -> None:
    """Have this function called once more, for one execution. Raises ``OSError`` where Lambda can't be reached."""
    from botocore.exceptions import BotoCoreError, ClientError

    payload = {DEFERRED: {"environment": environment, "execution_id": execution_id}}
    try:
        _lambda().invoke(
            FunctionName=os.environ[FUNCTION_VARIABLE], InvocationType="Event", Payload=json.dumps(payload).encode()
        )
    except (BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from error


def notify(notice: "Notice") -> None:
    """Put one event on the bus: who wants to hear of it makes a rule. Raises ``OSError`` where it can't be reached."""
    from botocore.exceptions import BotoCoreError, ClientError

    entry = {
        "Source": "promptlake",
        "DetailType": "Budget threshold reached",
        "Detail": orjson.dumps(notice).decode(),
        "EventBusName": os.environ.get(BUS_VARIABLE, "default"),
    }
    try:
        answer = _events().put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from error
    if answer["FailedEntryCount"]:
        raise OSError(str(answer["Entries"][0].get("ErrorMessage")))


@cache
def _lambda() -> Any:
    return boto3.client("lambda")


@cache
def _events() -> Any:
    return boto3.client("events")
