"""All templates in one file: checksummed, readable without us, and restored into an empty or a living store.

The file is gzipped JSON Lines: a head, a line for each template with all that is kept of it, and a foot with their
number and the SHA-256 of all lines before it.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from serving.logic.templates.changes import Whole
from serving.stores.templates.store import TemplateStore
from serving.stores.templates.wholes import everything, put_whole
from serving.stores.templates.wholes import whole as whole_of

FORMAT, FORMAT_VERSION = "promptlake-templates", 1


class BadBundle(Exception):
    """The file is no whole bundle. The message is one sentence that says where it fails."""


class Standing(StrEnum):
    """How a template in the store stands to the one in the bundle."""

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
    """One template of a bundle, beside the store."""

    environment: str
    template_id: str
    standing: Standing


def write_bundle(store: TemplateStore, file: BinaryIO, made_at: datetime) -> int:
    """Write everything and return how many templates that is. The same store makes the same file, but for ``made_at``.

    Args:
        store: what to write.
        file: to where.
        made_at: for the head.
    """
    digest, count = sha256(), 0
    with gzip.GzipFile("", fileobj=file, mode="wb", mtime=0) as packed:

        def write(line: str) -> None:
            digest.update(line.encode() + b"\n")
            packed.write(line.encode() + b"\n")

        write(json.dumps({"format": FORMAT, "version": FORMAT_VERSION, "made_at": made_at.isoformat()}))
        for whole in everything(store):
            write(whole.model_dump_json())
            count += 1
        packed.write(json.dumps({"templates": count, "sha256": digest.hexdigest()}).encode() + b"\n")
    return count


def check_bundle(path: Path) -> int:
    """Read a bundle to its end and return how many templates it has.

    Raises:
        BadBundle: it is none, of another version, cut off or changed.
    """
    return sum(1 for _ in read_bundle(path))


def read_bundle(path: Path) -> Iterator[Whole]:
    """The templates of a bundle. What is wrong may be known only at its end: see :func:`check_bundle`.

    Raises:
        BadBundle: it is none, of another version, cut off or changed.
    """
    digest, count = sha256(), 0
    try:
        with gzip.open(path) as lines:
            head = next(lines, b"")
            _check_head(path, head)
            digest.update(head)
            for number, line in enumerate(lines, 2):
                if line.startswith(b'{"templates"'):
                    _check_foot(path, line, count, digest.hexdigest())
                    return
                digest.update(line)
                count += 1
                yield _whole(path, number, line)
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise BadBundle(f"{path} is no whole bundle ({error}); take another copy.") from error
    raise BadBundle(f"{path} ends before its last line; take another copy.")


def compare(store: TemplateStore, whole: Whole) -> tuple[Compared, Whole | None]:
    """How the store stands to one template of a bundle, and what it has."""
    template = whole.template
    living = whole_of(store, template.environment, template.id)
    return Compared(template.environment, template.id, _standing(living, whole)), living


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
    report = []
    for whole in read_bundle(path):
        compared, living = compare(store, whole)
        if compared.standing in RESTORED and not is_rehearsal:
            put_whole(store, whole, living.template if living else None)
        report.append(compared)
    return report


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


def _check_head(path: Path, line: bytes) -> None:
    try:
        head = json.loads(line)
        found = head["format"], head["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadBundle(f"{path} is no bundle of templates; `promptlake backup` makes one.") from error
    if found != (FORMAT, FORMAT_VERSION):
        raise BadBundle(f"{path} is {found[0]} {found[1]}, and this reads {FORMAT} {FORMAT_VERSION}.")


def _check_foot(path: Path, line: bytes, count: int, digest: str) -> None:
    try:
        foot = json.loads(line)
    except ValueError as error:
        raise BadBundle(f"{path} ends in the middle of its last line; take another copy.") from error
    if foot != {"templates": count, "sha256": digest}:
        raise BadBundle(f"{path} was changed since it was made: its checksum is another; take another copy.")


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
