"""What one record of a stream holds: contract events, or what AWS itself writes about the owner's own services.

A record may carry several JSON documents, one a line or one directly after the other, and may be compressed, as
CloudWatch Logs does.
"""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text, is_too_deep
from ingest.doors import aws_records
from ingest.doors.body import decompress
from ingest.doors.request_refused import RequestRefused

_GZIP_MAGIC = b"\x1f\x8b"
_DECODER = json.JSONDecoder()


def decode(data: bytes) -> list[Any]:
    """Items for the transform step: decoded events, and a ``Refusal`` for each part that can't be decoded.

    Never raises: a stream has taken the record already, so whatever it is, it is stored or refused as data.
    """
    if data.startswith(_GZIP_MAGIC):
        try:
            data = decompress(data, "gzip")
        except RequestRefused as refused:
            return [Refusal(refused.code, refused.message.replace("body", "record"), payload="")]
    items: list[Any] = []
    for document in _documents(data):
        items.extend([document] if _is_ours(document) else aws_records.items(document))
    return items


def _is_ours(document: Any) -> bool:
    return isinstance(document, Refusal) or (isinstance(document, dict) and "event_type" in document)


def _documents(data: bytes) -> Iterator[Any]:
    for line in data.split(b"\n"):
        if not line or line.isspace():
            continue
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            # A document over several lines, or several on one: the standard library can go on where one ends.
            yield from _one_after_the_other(data)
            return
        yield _checked(document)


def _one_after_the_other(data: bytes) -> Iterator[Any]:
    text = data.decode(errors="replace")
    place = _skip_space(text, 0)
    while place < len(text):
        try:
            document, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            if aws_records.is_text_log(text[place:]):
                yield text[place:]
            else:
                yield _broken(text, place, error)
            return
        yield _checked(document)
        place = _skip_space(text, end)


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,":
        place += 1
    return place


def _checked(document: Any) -> Any:
    if isinstance(document, dict | list) and is_too_deep(document):
        message = "A document of the record is nested too deep to be stored; flatten its properties."
        return Refusal("too_deep", message, payload=as_text(document))
    return document


def _broken(text: str, place: int, error: Exception) -> Refusal:
    reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep"
    where = f"at character {place + 1}" if place else "at its start"
    message = f"The record can't be read on {where} as JSON documents one after the other: {reason}."
    return Refusal("invalid_json", message, payload=text[place:])
