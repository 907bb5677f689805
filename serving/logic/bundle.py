"""All templates, budgets, experiments and surveys in one file: checksummed, and readable without us.

The file is gzipped JSON Lines: a head, a line for each template with all that is kept of it, one for each other record
with its kind, and a foot with their numbers and the SHA-256 of all lines before it.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from serving.logic.record import Record
from serving.logic.templates.changes import Whole
from serving.stores.environments import environments
from serving.stores.kinds import KINDS, every_kind
from serving.stores.table import Table
from serving.stores.templates.store import TemplateStore
from serving.stores.templates.wholes import everything

FORMAT, FORMAT_VERSION = "promptlake-templates", 2
_TEMPLATES_ONLY = 1
"""The version before, which is read as what it is."""

TEMPLATE = "template"
"""The kind of a line that names none."""


class BadBundle(Exception):
    """The file is no whole bundle. The message is one sentence that says where it fails."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record of a kind other than templates."""

    kind: str
    record: Record


def write_bundle(store: TemplateStore, file: BinaryIO, made_at: datetime) -> Mapping[str, int]:
    """Write everything and return how many that is, by kind. The same store makes the same file, but for ``made_at``.

    Args:
        store: what to write, with the other records in its table.
        file: to where.
        made_at: for the head.
    """
    digest, counts = sha256(), Counter[str]()
    with gzip.GzipFile("", fileobj=file, mode="wb", mtime=0) as packed:

        def write(line: str) -> None:
            digest.update(line.encode() + b"\n")
            packed.write(line.encode() + b"\n")

        write(json.dumps({"format": FORMAT, "version": FORMAT_VERSION, "made_at": made_at.isoformat()}))
        for whole in everything(store):
            write(whole.model_dump_json())
            counts[TEMPLATE] += 1
        for kept in _records(store.table):
            write(json.dumps({"kind": kept.kind, "record": kept.record.model_dump(mode="json")}))
            counts[kept.kind] += 1
        packed.write(json.dumps(_foot(counts, digest.hexdigest())).encode() + b"\n")
    return counts


def _records(table: Table) -> Iterator[Kept]:
    for environment in environments(table):
        for kind, store in every_kind(table).items():
            for record in store.everything(environment):
                yield Kept(kind, record)


def _foot(counts: Mapping[str, int], digest: str) -> dict[str, Any]:
    records = sum(count for kind, count in counts.items() if kind != TEMPLATE)
    return {"templates": counts[TEMPLATE], "records": records, "sha256": digest}


def check_bundle(path: Path) -> Mapping[str, int]:
    """Read a bundle to its end and return how many of each kind it has.

    Raises:
        BadBundle: it is none, of another version, cut off or changed.
    """
    return Counter(one.kind if isinstance(one, Kept) else TEMPLATE for one in read_bundle(path))


def read_bundle(path: Path) -> Iterator[Whole | Kept]:
    """What is in a bundle. What is wrong may be known only at its end: see :func:`check_bundle`.

    Raises:
        BadBundle: it is none, of another version, cut off or changed.
    """
    digest, counts = sha256(), Counter[str]()
    try:
        with gzip.open(path) as lines:
            head = next(lines, b"")
            version = _check_head(path, head)
            digest.update(head)
            for number, line in enumerate(lines, 2):
                if line.startswith(b'{"templates"'):
                    foot = _foot(counts, digest.hexdigest())
                    if version == _TEMPLATES_ONLY:
                        del foot["records"]
                    _check_foot(path, line, foot)
                    return
                digest.update(line)
                found = _kept(path, number, line) if line.startswith(b'{"kind"') else _whole(path, number, line)
                counts[found.kind if isinstance(found, Kept) else TEMPLATE] += 1
                yield found
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise BadBundle(f"{path} is no whole bundle ({error}); take another copy.") from error
    raise BadBundle(f"{path} ends before its last line; take another copy.")


def _check_head(path: Path, line: bytes) -> int:
    """The version of the format."""
    try:
        head = json.loads(line)
        said, version = head["format"], head["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadBundle(f"{path} is no bundle of templates; `promptlake backup` makes one.") from error
    if said != FORMAT or version not in (_TEMPLATES_ONLY, FORMAT_VERSION):
        raise BadBundle(f"{path} is {said} {version}, and this reads {FORMAT} {FORMAT_VERSION}.")
    return int(version)


def _check_foot(path: Path, line: bytes, expected: Mapping[str, Any]) -> None:
    try:
        foot = json.loads(line)
    except ValueError as error:
        raise BadBundle(f"{path} ends in the middle of its last line; take another copy.") from error
    if foot != expected:
        raise BadBundle(f"{path} was changed since it was made: its checksum is another; take another copy.")


def _kept(path: Path, number: int, line: bytes) -> Kept:
    try:
        said = json.loads(line)
        kind, record = said["kind"], said["record"]
        return Kept(kind, KINDS[kind].model_validate(record))
    except ValidationError as error:
        raise BadBundle(f"{path} has in line {number} no {kind}: {_first(error)}.") from error
    except (ValueError, KeyError, TypeError) as error:
        known = ", ".join(KINDS)
        raise BadBundle(f"{path} has in line {number} no record of a kind that is known here: {known}.") from error


def _whole(path: Path, number: int, line: bytes) -> Whole:
    try:
        whole = Whole.model_validate_json(line)
    except ValidationError as error:
        raise BadBundle(f"{path} has in line {number} no template: {_first(error)}.") from error
    numbers = [version.number for version in whole.versions]
    revisions = [entry.revision for entry in whole.log]
    if sorted(whole.template.states) != numbers or revisions != list(range(1, whole.template.revision + 1)):
        raise BadBundle(f"{path} lacks versions or lines of the audit log of {whole.template.id}, in line {number}.")
    return whole


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
