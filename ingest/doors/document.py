"""A file that is one JSON document: an array of objects as a stream of rows, or one object as the only row.

What is wrong with the document as a whole is told of the file, for nothing behind the fault can be found again.
"""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from ingest.doors.files import LINE_MAX_BYTES, Broken, Row, json_row
from ingest.doors.refused import ImportRefused

_CHUNK_BYTES = 1 << 20
_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


def read_json(path: Path, stream: BinaryIO) -> Iterator[Row | Broken]:
    """The rows, each with the line that it begins at; an array of any length is never whole in memory.

    Raises:
        ImportRefused: it is no JSON, is cut short, or holds one object that is too large.
    """
    text = _Text(path, stream)
    if text.peek() == "[":
        yield from _array(text)
    else:
        yield _object(text)


class _Text:
    """Decoded text, as much of it as is needed, and the line that has been reached."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path, self.line = path, 1
        self.buffer, self.at = "", 0
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode

    def more(self) -> bool:
        """Read on; whether there was anything."""
        chunk = self._stream.read(_CHUNK_BYTES)
        try:
            self.buffer = self.buffer[self.at :] + self._decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise self.refused("is not UTF-8 from here on; convert the file with `iconv -t UTF-8`") from error
        self.at = 0
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is no blank; nothing at the end."""
        while True:
            while self.at < len(self.buffer) and self.buffer[self.at] in _SPACE:
                self.take(self.at + 1)
            if self.at < len(self.buffer) or not self.more():
                return self.buffer[self.at : self.at + 1]

    def take(self, end: int) -> str:
        """The text up to there, which is done with."""
        taken, self.at = self.buffer[self.at : end], end
        self.line += taken.count("\n")
        return taken

    def left(self) -> int:
        """Characters at hand."""
        return len(self.buffer) - self.at

    def refused(self, reason: str) -> ImportRefused:
        """What stops the reading here."""
        return ImportRefused(f"{self.path}:{self.line} {reason}.")


def _array(text: _Text) -> Iterator[Row | Broken]:
    text.take(text.at + 1)
    number = 0
    if text.peek() == "]":
        return
    while True:
        number += 1
        text.peek()
        line = text.line
        length = _length_of_value(text)
        raw = text.take(text.at + length)
        # Decoded once more: what finds the end takes NaN and halves of characters, which are no JSON.
        yield json_row(line, raw.encode(), number)
        match text.peek():
            case ",":
                text.take(text.at + 1)
            case "]":
                break
            case "":
                raise text.refused("ends before its JSON array does; fetch the file again")
            case _:
                raise text.refused("is not JSON: between two elements of an array stands a comma")
    text.take(text.at + 1)
    if text.peek():
        raise text.refused("goes on after the end of its JSON array; if it is one document a line, say `format: jsonl`")


def _length_of_value(text: _Text) -> int:
    """How long the value is that begins here; reads on until it is all there."""
    while True:
        try:
            _, end = _DECODER.raw_decode(text.buffer, text.at)
        except RecursionError as error:
            raise text.refused("is nested too deep; flatten it") from error
        except json.JSONDecodeError as error:
            if text.left() > LINE_MAX_BYTES:
                limit = LINE_MAX_BYTES >> 20
                raise text.refused(f"is not JSON ({error.msg}), or one element of more than {limit} MiB") from error
            if not text.more():
                raise text.refused(
                    f"is not JSON ({error.msg}), or ends too early; repair it or fetch it again"
                ) from error
        else:
            length = end - text.at
            # A number could go on in what is not yet read.
            if length < text.left() or not text.more():
                return length


def _object(text: _Text) -> Row | Broken:
    while text.left() <= LINE_MAX_BYTES and text.more():
        pass
    if text.left() > LINE_MAX_BYTES:
        raise text.refused(
            f"is one JSON object of more than {LINE_MAX_BYTES >> 20} MiB; make it an array, or JSON Lines"
        )
    line, raw = text.line, text.take(len(text.buffer)).strip()
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        hint = "; if it is one document a line, say `format: jsonl`" if raw.startswith("{") else ""
        raise ImportRefused(f"{text.path}:{line} is not one JSON document ({error.msg}){hint}.") from error
    if not isinstance(value, dict):
        raise ImportRefused(f"{text.path}:{line} is JSON, but neither an object nor an array of objects.")
    return Row(line, value, len(raw))
