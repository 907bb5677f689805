"""How a mapping's `format` is read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ingest.doors.delimited import read_csv
from ingest.doors.document import read_json
from ingest.doors.files import Broken, Row, Skipped, read_jsonl
from ingest.doors.mapping.model import Mapping
from ingest.doors.plain_lines import read_lines

FORMATS = {"jsonl": "JSON Lines", "csv": "CSV", "json": "a JSON document", "lines": "a log of such lines"}
"""What people call them."""


def read_rows(path: Path, stream: BinaryIO, mapping: Mapping) -> Iterator[Row | Broken | Skipped]:
    """The rows of an opened file; ``path`` is its name, for errors.

    Raises:
        ImportRefused: it can't be read this way at all.
    """
    if mapping.format == "csv":
        csv = mapping.csv
        return read_csv(path, stream, csv.delimiter, csv.encoding, repeated=csv.repeated == "list")
    if mapping.format == "json":
        return read_json(path, stream)
    if mapping.format == "lines":
        skip = re.compile(mapping.skip) if mapping.skip else None
        return read_lines(stream, re.compile(mapping.pattern or ""), skip, ignore_others=mapping.else_ == "ignore")
    return read_jsonl(stream, re.compile(mapping.skip.encode()) if mapping.skip else None)
