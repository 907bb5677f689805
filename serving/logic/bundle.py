"""All templates, budgets, experiments and surveys in one file: checksummed, readable without us, and restored into an
empty or a living store.

The file is gzipped JSON Lines: a head, a line for each template with all that is kept of it, one for each other record
with its kind, and a foot with their numbers and the SHA-256 of all lines before it.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
from serving.stores.templates.wholes import everything, put_whole
from serving.stores.templates.wholes import whole as whole_of

FORMAT, FORMAT_VERSION = "promptlake-templates", 2
_OLDER_VERSIONS = {1}
"""Those held templates only, and are read as what they are."""

TEMPLATE = "template"
"""The kind of a line that names none."""


class BadBundle(Exception):
    """The file is no whole bundle. The message is one sentence that says where it fails."""


class Standing(StrEnum):
    """How what is in the store stands to the same in the bundle."""

    MISSING = "missing"
    SAME = "same"
    BEHIND = "behind"
    """The bundle's goes on from it."""
    AHEAD = "ahead"
    """It goes on from the bundle's."""
    CONFLICT = "conflict"
    """They were changed apart from each other."""


RESTORED = frozenset({Standing.MISSING, Standing.BEHIND})
"""Where the bundle has what the store has not. Everything else is left as it is."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One template or other record of a bundle, beside the store."""

    kind: str
    environment: str
    id: str
    standing: Standing


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
                    if version in _OLDER_VERSIONS:
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


def restore(store: TemplateStore, path: Path, *, is_rehearsal: bool) -> list[Compared]:
    """Bring back what the store lacks; what it has of its own stays. Done again, it changes nothing.

    Args:
        store: an empty one, or one that lives.
        path: the bundle, which is read whole before anything is written.
        is_rehearsal: only say what would be.

    Raises:
        BadBundle: nothing was written.
    """
    check_bundle(path)
    return [
        _restore_record(store.table, found, is_rehearsal=is_rehearsal)
        if isinstance(found, Kept)
        else _restore_template(store, found, is_rehearsal=is_rehearsal)
        for found in read_bundle(path)
    ]


def _restore_template(store: TemplateStore, whole: Whole, *, is_rehearsal: bool) -> Compared:
    template = whole.template
    living = whole_of(store, template.environment, template.id)
    standing = _standing(living, whole)
    if standing in RESTORED and not is_rehearsal:
        put_whole(store, whole, living.template if living else None)
    return Compared(TEMPLATE, template.environment, template.id, standing)


def _restore_record(table: Table, kept: Kept, *, is_rehearsal: bool) -> Compared:
    store, record = every_kind(table)[kept.kind], kept.record
    living = store.find(record.environment, record.id)
    standing = _standing_of_record(living, record)
    if standing in RESTORED and not is_rehearsal:
        store.replace(record, living.revision if living else 0)
    return Compared(kept.kind, record.environment, record.id, standing)


def _standing_of_record(living: Record | None, record: Record) -> Standing:
    if living is None:
        return Standing.MISSING
    if living == record:
        return Standing.SAME
    # It has no log. What was made at one moment is one record, whose changes are counted.
    if living.created_at != record.created_at or living.revision == record.revision:
        return Standing.CONFLICT
    return Standing.BEHIND if living.revision < record.revision else Standing.AHEAD


def _standing(living: Whole | None, whole: Whole) -> Standing:
    if living is None:
        return Standing.MISSING
    if living == whole:
        return Standing.SAME
    if _goes_on(living, whole):
        return Standing.BEHIND
    return Standing.AHEAD if _goes_on(whole, living) else Standing.CONFLICT


def _goes_on(old: Whole, new: Whole) -> bool:
    """Whether all that was ever done to the old was done to the new as well, and more: the log never lies."""
    written = {version.number: version.content for version in new.versions}
    return (
        len(old.log) < len(new.log)
        and list(old.log) == list(new.log[: len(old.log)])
        and all(written.get(version.number) == version.content for version in old.versions)
    )


def _check_head(path: Path, line: bytes) -> int:
    """The version of the format."""
    try:
        head = json.loads(line)
        said, version = head["format"], head["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadBundle(f"{path} is no bundle of templates; `promptlake backup` makes one.") from error
    if said != FORMAT or version not in {*_OLDER_VERSIONS, FORMAT_VERSION}:
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
        kind = str(said["kind"])
        return Kept(kind, KINDS[kind].model_validate(said["record"]))
    except (ValueError, KeyError) as error:  # pydantic's is a ValueError
        raise BadBundle(f"{path} has in line {number} no record of a kind that is known here.") from error


def _whole(path: Path, number: int, line: bytes) -> Whole:
    try:
        whole = Whole.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BadBundle(f"{path} has in line {number} no template: {place}: {first['msg']}.") from error
    numbers = [version.number for version in whole.versions]
    revisions = [entry.revision for entry in whole.log]
    if sorted(whole.template.states) != numbers or revisions != list(range(1, whole.template.revision + 1)):
        raise BadBundle(f"{path} lacks versions or lines of the audit log of {whole.template.id}, in line {number}.")
    return whole
