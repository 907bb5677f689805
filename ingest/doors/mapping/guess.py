"""Drafts a mapping for a file never seen. The draft loads and imports as it is; its comments say what to check."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import yaml

from ingest.contracts.validate import Refusal
from ingest.delivery.reader import Reader
from ingest.doors.mapping import guess_fields as fields
from ingest.doors.mapping import guess_names as names
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.guess_fields import Guess
from ingest.doors.mapping.guess_rules import RuleDraft, draft_rules
from ingest.doors.mapping.guess_sample import Place, Sample, places, take_sample
from ingest.doors.mapping.guess_usage import refuse_usage_export
from ingest.doors.mapping.ids import ContentIds
from ingest.doors.mapping.load import parse
from ingest.doors.refused import ImportRefused


@dataclass(frozen=True, slots=True)
class Draft:
    """A mapping, and what became of the sample by it: the reader need not find out."""

    file: str
    body: str
    rows: int
    fit: int
    refusal: str | None
    """The first row's that did not fit."""

    def text(self) -> str:
        """The mapping file."""
        lines = [
            f"# Drafted by `promptlake import --guess` from the first {self.rows:,} rows of {self.file!r}.",
            f"# {self.fit:,} of them fit. See to what is UNCERTAIN, try it with --dry-run (docs/mappings.md).",
        ]
        if self.refusal:
            lines.append("# The first that did not: " + " ".join(self.refusal.split()))
        return "\n".join([*lines, self.body])

    def as_json(self) -> str:
        """The same for a program."""
        counts = {"rows": self.rows, "fit": self.fit, "refusal": self.refusal}
        return orjson.dumps({"file": self.file, **counts, "mapping": self.text()}).decode()


def guess(path: Path) -> Draft:
    """A mapping for a log, tried on its first rows.

    Raises:
        ImportRefused: the file can't be read, is neither JSON nor CSV, holds nothing like a time, or sums calls up.
    """
    sample = take_sample(path)
    body = "\n".join(_body(sample)) + "\n"
    mapping, now = parse(body, "the draft"), datetime.now(UTC)
    mapper = RowMapper(mapping, ContentIds(mapping.source))
    placed = [item for row in sample.read for item in mapper.items(path.name, row)]
    reader = Reader(now, None)
    read = [(place, item, reader.read(item)) for place, item in placed]
    # What the mapping itself refused says where it stood.
    refusals = [
        result.message if result is item else f"{place}: {result.message}"
        for place, item, result in read
        if isinstance(result, Refusal)
    ]
    first = refusals[0] if refusals else None
    return Draft(path.name, body, len(placed), len(placed) - len(refusals), first)


def _body(sample: Sample) -> Iterator[str]:
    seen = places(sample.rows)
    refuse_usage_export(sample, seen)
    when = fields.time(seen)
    if when is None:
        raise ImportRefused(
            f"No place in {sample.path} looks like a time (found: {', '.join(list(seen)[:12])}); add one, "
            f"since nothing can be counted by day without it."
        )
    name = "-".join(Place(sample.path.name.split(".")[0]).names()[0].split("_"))[:64] or "log"
    yield f"name: {name}"
    yield f"source: {name}   # identity of the log, part of every id: choose it once, never change it"
    yield f"format: {sample.format}"
    if sample.format == "csv" and (sample.delimiter != "," or sample.encoding != "utf-8"):
        yield f"csv: {_flow({'delimiter': sample.delimiter, 'encoding': sample.encoding})}"
    yield f"expect: {_flow([when.spec['from']])}   # what a file must hold to be this log; add what is always there"
    row_id = fields.pick(seen, names.ID, lambda p: _is_id(p, len(sample.rows)))
    if row_id is not None:
        yield f"id: {_flow(row_id.path)}   # UNCERTAIN: differs in every row seen; remove it if it can repeat"
    yield "\nfields:   # of every event"
    yield from _fields({"occurred_at": when, **_envelope(seen)}, "  ")
    yield "\nrules:   # the first that fits a row makes its event"
    dropped = _content(sample.rows)
    for rule in draft_rules(sample):
        yield from _rule(rule, dropped)


def _is_id(place: Place, rows: int) -> bool:
    return fields.is_identifier(place) and len(place.values) == rows == len(place.distinct())


def _envelope(seen: fields.Places) -> dict[str, Guess]:
    found: dict[str, Guess] = {}
    for name, wanted in names.ENVELOPE.items():
        fits = fields.is_identifier if name == "trace_id" else fields.is_text
        place = fields.pick(seen, wanted, fits)
        if place is not None:
            found[name] = Guess({"from": place.path}, "by its name")
    return found


def _rule(rule: RuleDraft, dropped: list[str]) -> Iterator[str]:
    yield f"  # {rule.why}"
    yield f"  - when: {_flow(rule.when)}"
    yield f"    event: {rule.event}"
    yield "    fields:"
    yield from _fields(rule.fields, "      ")
    if rule.tokens:
        yield f"    tokens: {_flow(rule.tokens)}   # {rule.tokens_why}"
    if dropped:
        yield "    # What people wrote stays out until you take it off this list."
    yield f"    properties: {_flow({'rest': True, **({'drop': dropped} if dropped else {})})}"


def _fields(drafted: dict[str, Guess], indent: str) -> Iterator[str]:
    for name, found in drafted.items():
        why = ("" if found.sure else "UNCERTAIN: ") + (found.why or ("" if found.sure else "by its name"))
        yield f"{indent}{name}: {_flow(found.spec)}{f'   # {why}' if why else ''}"


def _content(rows: list[dict[str, Any]]) -> list[str]:
    """Places whose name says that people's words are in them: texts, lists and objects, not counts."""
    found: dict[str, None] = {}
    for row in rows:
        _content_in(row, "", found)
    return list(found)


def _content_in(value: dict[str, Any], path: str, found: dict[str, None]) -> None:
    for key, child in value.items():
        place = f"{path}.{key}" if path else key
        if not key:
            continue
        if Place(key).names()[0] in names.CONTENT and _is_words(child):
            found[place] = None
        elif isinstance(child, dict):
            _content_in(child, place, found)


def _is_words(value: Any) -> bool:
    return bool(value) and (
        isinstance(value, str | list) or (isinstance(value, dict) and "tokens" not in str(list(value)))
    )


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**9)
    return text.removesuffix("\n").removesuffix("\n...")
