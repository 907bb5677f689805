"""What a bundle holds comes back into an empty or a living store."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from serving.logic.bundle import TEMPLATE, Kept, check_bundle, read_bundle
from serving.logic.record import Record
from serving.logic.templates.changes import Whole
from serving.stores.kinds import every_kind
from serving.stores.table import Table
from serving.stores.templates.store import TemplateStore
from serving.stores.templates.wholes import put_whole
from serving.stores.templates.wholes import whole as whole_of

_Found = TypeVar("_Found", Whole, Record)


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
    standing = _standing(living, whole, _log_goes_on)
    if standing in RESTORED and not is_rehearsal:
        put_whole(store, whole, living.template if living else None)
    return Compared(TEMPLATE, template.environment, template.id, standing)


def _restore_record(table: Table, kept: Kept, *, is_rehearsal: bool) -> Compared:
    store, record = every_kind(table)[kept.kind], kept.record
    living = store.find(record.environment, record.id)
    standing = _standing(living, record, _count_goes_on)
    if standing in RESTORED and not is_rehearsal:
        store.replace(record, living.revision if living else 0)
    return Compared(kept.kind, record.environment, record.id, standing)


def _standing(living: _Found | None, found: _Found, goes_on: Callable[[_Found, _Found], bool]) -> Standing:
    """How the living stands to what was found; ``goes_on`` says whether the second follows from the first."""
    if living is None:
        return Standing.MISSING
    if living == found:
        return Standing.SAME
    if goes_on(living, found):
        return Standing.BEHIND
    return Standing.AHEAD if goes_on(found, living) else Standing.CONFLICT


def _log_goes_on(old: Whole, new: Whole) -> bool:
    """Whether all that was ever done to the old was done to the new as well, and more: the log never lies."""
    written = {version.number: version.content for version in new.versions}
    return (
        len(old.log) < len(new.log)
        and list(old.log) == list(new.log[: len(old.log)])
        and all(written.get(version.number) == version.content for version in old.versions)
    )


def _count_goes_on(old: Record, new: Record) -> bool:
    """The same of what has no log: made at one moment it is one record, whose changes are counted."""
    return old.created_at == new.created_at and old.revision < new.revision
