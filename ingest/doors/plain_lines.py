"""A plain-text log as a stream of rows: what a regular expression finds in each line."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from ingest.doors.files import NOT_UTF8, Broken, Row, Skipped, broken, lines, too_long

_NO_MATCH = "does not match the mapping's `pattern`; mend that, or pass such lines over with `skip` or `else: ignore`"


def read_lines(
    stream: BinaryIO, pattern: re.Pattern[str], skip: re.Pattern[str] | None, *, ignore_others: bool
) -> Iterator[Row | Broken | Skipped]:
    """Rows of the pattern's named groups; blank lines are passed over.

    Args:
        stream: UTF-8.
        pattern: must match a whole line.
        skip: lines in which this is found are passed over.
        ignore_others: pass over what does not match, rather than refuse it.
    """
    for number, raw in lines(stream):
        if raw is None:
            yield too_long(number)
            continue
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            yield broken(number, NOT_UTF8, raw)
            continue
        if not line.strip():
            continue
        if skip is not None and skip.search(line):
            yield Skipped(number, len(raw))
        elif (match := pattern.fullmatch(line)) is not None:
            yield Row(number, match.groupdict(), len(raw))
        elif ignore_others:
            yield Skipped(number, len(raw))
        else:
            yield broken(number, _NO_MATCH, raw)
