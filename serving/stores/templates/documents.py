"""A change of a template, as what is written for it; and what is read, as it stands by now."""

from collections.abc import Iterator
from typing import TypeVar

from serving.logic.templates.changes import Change
from serving.logic.templates.model import Comment, Entry, Run, Template, Version
from serving.stores.environments import listing
from serving.stores.table import Delete, Expect, Key, Put, Write
from serving.stores.templates import keys

Record = TypeVar("Record", Version, Comment, Run, Entry)
_LISTED = "{}"


def template_writes(before: Template | None, after: Template) -> list[Write]:
    """A template, and where it is listed."""
    place, now = keys.template(after.environment, after.id), keys.indexed(after)
    then = keys.indexed(before) if before else set[Key]()
    return [
        Put(place, after.model_dump_json(), after.revision, before.revision if before else 0),
        *(Put(key, _LISTED) for key in sorted(now - then)),
        *(Delete(key) for key in sorted(then - now)),
        *([] if before else [listing(after.environment)]),
    ]


def writes_of(change: Change) -> Iterator[Write]:
    """All that a change writes, and what must still be as it was for that."""
    yield from template_writes(change.before, change.after)
    # The condition on the template's revision guards these as well: nobody else can be writing the same.
    environment, template_id = place = (change.after.environment, change.after.id)
    yield Put(keys.entry(*place, change.entry.revision), change.entry.model_dump_json())
    if change.version:
        yield Put(keys.version(*place, change.version.number), without_state(change.version))
        yield from use_writes(environment, change.version)
    if change.comment:
        yield Put(keys.comment(*place, change.comment), change.comment.model_dump_json())
    if change.run:
        yield Put(keys.run(*place, change.run), change.run.model_dump_json())
    if replay := change.replay:
        until_s = int(replay.until.timestamp())
        yield Put(keys.replay(replay.who, replay.key), replay.model_dump_json(), expires_at_s=until_s)
    for part_id, revision in change.relies_on.items():
        if part_id != template_id:  # whose revision is a condition already
            yield Expect(keys.template(environment, part_id), revision)


def use_writes(environment: str, version: Version) -> Iterator[Write]:
    """Where a version is listed as composed of its parts. As the version itself, that never changes."""
    for part in version.parts:
        yield Put(keys.use(environment, part, version.template_id, version.number), _LISTED)


def without_state(version: Version) -> str:
    """What of a version is written once."""
    return version.model_dump_json(exclude={"state", "deprecation"})


def in_state(version: Version, template: Template) -> Version:
    """A version with its state."""
    return version.model_copy(update={"state": template.states[version.number]})


def as_it_stands(version: Version, template: Template) -> Version:
    """A version with all that its template keeps of it."""
    deprecation = template.deprecations.get(version.number)
    return version.model_copy(update={"state": template.states[version.number], "deprecation": deprecation})


def known(template: Template, records: list[Record]) -> list[Record]:
    """Without what a restore that was cut off has left: its template does not know of it."""
    return [
        record
        for record in records
        if (record.number in template.states if isinstance(record, Version) else record.revision <= template.revision)
    ]
