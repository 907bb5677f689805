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
from ingest.delivery.quick import Read, read_line
from ingest.doors import aws_records
from ingest.doors.body import BODY_MAX_BYTES, decompress
from ingest.doors.request_refused import RequestRefused

_GZIP_MAGIC = b"\x1f\x8b"
DOCUMENTS_MAX = BODY_MAX_BYTES // 64
"""No event fits into 64 bytes, so what holds more documents than this does not hold events."""
_SPACE = " \t\r\n,"
_BROKEN_MAX = 1_000
"""After so many places of a record that are no JSON, what is left of it is none: looking on would take too long."""


def unpack(data: bytes, room_bytes: int = BODY_MAX_BYTES) -> bytes | Refusal:
    """A record as it was before compression, unless it is broken or has no room."""
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        return decompress(data, "gzip", room_bytes)
    except RequestRefused as refused:
        return Refusal(refused.code, refused.message.replace("body", "record"), payload="")


def decode(data: bytes) -> list[Any]:
    """Items for the transform step: decoded events, and a ``Refusal`` for each part that can't be decoded.

    Never raises: a stream has taken the record already, so whatever it is, it is stored or refused as data.
    """
    unpacked = unpack(data)
    return [unpacked] if isinstance(unpacked, Refusal) else items(unpacked)


def items(data: bytes) -> list[Any]:
    """The same for a record that is unpacked."""
    found: list[Any] = []
    for document in _documents(data):
        found.extend([document] if _is_ours(document) else aws_records.items(document))
        if len(found) > DOCUMENTS_MAX:
            message = f"The record holds more than {DOCUMENTS_MAX:,} documents; those after them were not read."
            return [*found[:DOCUMENTS_MAX], Refusal("too_many_events", message, payload="")]
    return found


def _is_ours(document: Any) -> bool:
    return isinstance(document, Refusal | Read) or (isinstance(document, dict) and "event_type" in document)


def _documents(data: bytes) -> Iterator[Any]:
    place = 0
    for line in data.split(b"\n"):
        if line and not line.isspace():
            if (read := read_line(line)) is not None:
                yield read
                place += len(line) + 1
                continue
            try:
                document = orjson.loads(line)
            except orjson.JSONDecodeError:
                # A document over several lines, or several on one: the standard library can go on where one ends.
                yield from _one_after_the_other(data[place:].decode(errors="replace"))
                return
            yield _checked(document)
        place += len(line) + 1


def _one_after_the_other(text: str) -> Iterator[Any]:
    """The documents of a text. What is none is refused up to the end of its line, and the next line is looked at."""
    place, broken = _skip_space(text, 0), 0
    while place < len(text):
        try:
            document, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            broken += 1
            end = _end_of_line(text, place) if broken < _BROKEN_MAX else len(text)
            line = text[place:end].rstrip()
            yield line if aws_records.is_text_log(line) else _broken(line, error)
        else:
            yield _checked(document)
        place = _skip_space(text, end)


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _checked(document: Any) -> Any:
    if isinstance(document, dict | list) and is_too_deep(document):
        message = "A document of the record can't be stored: it is nested too deep, or holds half a character."
        return Refusal("too_deep", message, payload=as_text(document))
    return document


def _broken(line: str, error: Exception) -> Refusal:
    reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep, or no number"
    return Refusal("invalid_json", f"A part of the record is not JSON: {reason}.", payload=line)


def _no_number(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_number)
