"""Templates, kept in a table: each change in one transaction, with its line of the audit log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from serving.logic.templates.changes import Change, Page, Replay, Wanted, Whole
from serving.logic.templates.model import Comment, Entry, Run, Selector, Template, Version
from serving.stores.templates import keys
from serving.stores.templates.table import Delete, Key, Lost, Put, Table, Write, every

_Record = TypeVar("_Record", Version, Comment, Run, Entry)
ROUNDS = 5
"""A search reads the index and then templates, so often at most; then it says how to go on."""

_PAGE = 100
_IDS = 1_000
"""Ids in a page, where several lists are compared: they are short."""
_LISTED = "{}"


class TemplateStore:
    """Keeps the templates of all environments."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def template(self, environment: str, template_id: str) -> Template | None:
        return self._templates(environment, [template_id]).get(template_id)

    def version(self, environment: str, template_id: str, selector: Selector) -> Version | None:
        """A version with its state; None where there is none."""
        about = keys.template(environment, template_id)
        wanted = [about, *([keys.version(environment, template_id, selector)] if isinstance(selector, int) else [])]
        found = self.table.get(wanted)
        if about not in found:
            return None
        template = Template.model_validate_json(found[about])
        number = template.resolve(selector)
        if number is None:
            return None
        key = keys.version(environment, template_id, number)
        document = found.get(key) or self.table.get([key])[key]
        return _in_state(Version.model_validate_json(document), template)

    def versions(self, template: Template, before: int | None = None, limit: int = 50) -> list[Version]:
        """The versions below a number, the newest first."""
        partition = keys.partition(template.environment, template.id)
        after = keys.version(template.environment, template.id, before).sort if before else ""
        rows = self.table.query(partition, keys.VERSION, after, limit, newest_first=True)
        found = _known(template, [Version.model_validate_json(document) for _, document in rows])
        return [_in_state(version, template) for version in found]

    def search(self, environment: str, wanted: Wanted, after: str = "", limit: int = 50) -> Page:
        """Templates in the order of their ids. A page may hold fewer than ``limit`` and still not be the last."""
        partitions = _partitions(environment, wanted)
        size = limit if len(partitions) == 1 else _IDS
        found: list[Template] = []
        for _ in range(ROUNDS):
            pages = [[sort for sort, _ in self.table.query(p, wanted.prefix, after, size)] for p in partitions]
            # Beyond the end of a full page there may be more: so far, and no further, all pages tell who is in each.
            ends = [page[-1] for page in pages if len(page) == size]
            common = sorted(set.intersection(*map(set, pages)))
            ids = [template_id for template_id in common if not ends or template_id <= min(ends)]
            wanting = ids[: limit - len(found)]
            known = self._templates(environment, wanting)
            # Written meanwhile, one may be listed and not fit any more.
            found += [template for template in known.values() if wanted.fits(template)]
            if wanting != ids:
                return Page(found, wanting[-1])
            if not ends:
                return Page(found, None)
            after = min(ends)
            if len(found) == limit:
                break
        return Page(found, after)

    def dependants(self, environment: str, template_id: str) -> list[Template]:
        """Every template whose latest version is composed of another."""
        ids = [sort for sort, _ in every(self.table, keys.index(environment, "uses", template_id))]
        pages = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
        return [template for page in pages for template in self._templates(environment, page).values()]

    def audit(self, template: Template, after: int = 0, limit: int = 100) -> list[Entry]:
        """Lines of the log beyond a revision, the oldest first."""
        start = keys.entry(template.environment, template.id, after)
        rows = self.table.query(start.partition, keys.ENTRY, start.sort if after else "", limit)
        return _known(template, [Entry.model_validate_json(document) for _, document in rows])

    def comments(self, template: Template, number: int) -> list[Comment]:
        """The oldest first."""
        partition = keys.partition(template.environment, template.id)
        rows = every(self.table, partition, keys.comments(number))
        return _known(template, [Comment.model_validate_json(document) for _, document in rows])

    def runs(self, template: Template, number: int, limit: int = 20) -> list[Run]:
        """The newest first."""
        partition = keys.partition(template.environment, template.id)
        rows = self.table.query(partition, keys.runs(number), limit=limit, newest_first=True)
        return _known(template, [Run.model_validate_json(document) for _, document in rows])

    def replay(self, who: str, key: str, at: datetime) -> Replay | None:
        """What was answered to a request with this key; None where there was none of late."""
        place = keys.replay(who, key)
        document = self.table.get([place]).get(place)
        found = Replay.model_validate_json(document) if document else None
        return found if found and found.until > at else None

    def commit(self, change: Change) -> None:
        """All of it or nothing.

        Raises:
            Lost: the template is no longer as it was before the change.
            Full: a version is too large.
        """
        self.table.write([*_template_writes(change.before, change.after), *_parts_of(change)])

    # Backup and recovery

    def environments(self) -> list[str]:
        return [sort for sort, _ in every(self.table, keys.ENVIRONMENTS)]

    def everything(self) -> Iterator[Whole]:
        """Every template of every environment, in order."""
        for environment in self.environments():
            for template_id, _ in every(self.table, keys.index(environment, "all")):
                if whole := self.whole(environment, template_id):
                    yield whole

    def whole(self, environment: str, template_id: str) -> Whole | None:
        """All that is kept of a template, as of one revision; None where there is none.

        Raises:
            Lost: it is changed all the time.
        """
        for _ in range(ROUNDS):
            template = self.template(environment, template_id)
            if template is None:
                return None
            whole = Whole(
                template=template,
                versions=[_in_state(v, template) for v in self._all(template, Version, keys.VERSION)],
                comments=self._all(template, Comment, keys.COMMENT),
                runs=self._all(template, Run, keys.RUN),
                log=self._all(template, Entry, keys.ENTRY),
            )
            again = self.template(environment, template_id)
            if again is not None and again.revision == template.revision:
                return whole
        raise Lost

    def put_whole(self, whole: Whole, replaces: Template | None) -> None:
        """Keep a template as a backup has it. Until the last write nobody sees any of it.

        Args:
            whole: what to keep.
            replaces: the template as it is now, which must be an earlier state of it; None where there is none.

        Raises:
            Lost: the template is not as ``replaces`` says.
        """
        place = (whole.template.environment, whole.template.id)
        known = replaces.revision if replaces else 0
        numbers = replaces.states if replaces else {}
        self._add(
            [
                *(
                    (keys.version(*place, v.number), _without_state(v))
                    for v in whole.versions
                    if v.number not in numbers
                ),
                *((keys.comment(*place, c), c.model_dump_json()) for c in whole.comments if c.revision > known),
                *((keys.run(*place, r), r.model_dump_json()) for r in whole.runs if r.revision > known),
                *((keys.entry(*place, e.revision), e.model_dump_json()) for e in whole.log if e.revision > known),
            ]
        )
        self.table.write(_template_writes(replaces, whole.template))

    def _add(self, items: Sequence[tuple[Key, str]]) -> None:
        # Ten at a time stay below the 4 MB of a transaction.
        for start in range(0, len(items), 10):
            page = dict(items[start : start + 10])
            # An earlier restore that was cut off may have left the same; anything else was written meanwhile.
            found = self.table.get(page.keys())
            if any(document != page[key] for key, document in found.items()):
                raise Lost
            self.table.write([Put(key, document, replaces=0) for key, document in page.items() if key not in found])

    def _all(self, template: Template, kind: type[_Record], prefix: str) -> list[_Record]:
        rows = every(self.table, keys.partition(template.environment, template.id), prefix)
        return _known(template, [kind.model_validate_json(document) for _, document in rows])

    def _templates(self, environment: str, ids: Sequence[str]) -> dict[str, Template]:
        found = self.table.get([keys.template(environment, template_id) for template_id in ids])
        templates = map(Template.model_validate_json, found.values())
        by_id = {template.id: template for template in templates}
        return {template_id: by_id[template_id] for template_id in ids if template_id in by_id}


@dataclass(frozen=True)
class OfEnvironment:
    """The templates of one environment: :class:`serving.logic.templates.model.Source`."""

    store: TemplateStore
    environment: str

    def template(self, template_id: str) -> Template | None:
        return self.store.template(self.environment, template_id)

    def version(self, template_id: str, selector: Selector) -> Version | None:
        return self.store.version(self.environment, template_id, selector)


def _partitions(environment: str, wanted: Wanted) -> list[str]:
    """The lists of ids that a search is common to."""
    asked = {"tag": wanted.tag, "owner": wanted.owner, "state": wanted.state}
    listed = [keys.index(environment, kind, value) for kind, value in asked.items() if value is not None]
    return listed or [keys.index(environment, "all")]


def _known(template: Template, records: list[_Record]) -> list[_Record]:
    """Without what a restore that was cut off has left: its template does not know of it."""
    return [
        record
        for record in records
        if (record.number in template.states if isinstance(record, Version) else record.revision <= template.revision)
    ]


def _template_writes(before: Template | None, after: Template) -> list[Write]:
    place, now = keys.template(after.environment, after.id), keys.indexed(after)
    then = keys.indexed(before) if before else set[Key]()
    return [
        Put(place, after.model_dump_json(), after.revision, before.revision if before else 0),
        *(Put(key, _LISTED) for key in sorted(now - then)),
        *(Delete(key) for key in sorted(then - now)),
        *([] if before else [Put(Key(keys.ENVIRONMENTS, after.environment), _LISTED)]),
    ]


def _parts_of(change: Change) -> Iterator[Write]:
    # The condition on the template's revision guards these as well: nobody else can be writing the same.
    place = (change.after.environment, change.after.id)
    yield Put(keys.entry(*place, change.entry.revision), change.entry.model_dump_json())
    if change.version:
        yield Put(keys.version(*place, change.version.number), _without_state(change.version))
    if change.comment:
        yield Put(keys.comment(*place, change.comment), change.comment.model_dump_json())
    if change.run:
        yield Put(keys.run(*place, change.run), change.run.model_dump_json())
    if change.replay:
        until_s = int(change.replay.until.timestamp())
        yield Put(
            keys.replay(change.replay.who, change.replay.key), change.replay.model_dump_json(), expires_at_s=until_s
        )


def _without_state(version: Version) -> str:
    return version.model_dump_json(exclude={"state"})


def _in_state(version: Version, template: Template) -> Version:
    return version.model_copy(update={"state": template.states[version.number]})
