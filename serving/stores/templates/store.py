"""Templates, kept in a table: each change in one transaction, with its line of the audit log."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from serving.logic.templates.changes import Change, Page, Replay, Wanted
from serving.logic.templates.model import Comment, Entry, Run, Selector, Template, Version
from serving.stores.table import Table, every
from serving.stores.templates import keys
from serving.stores.templates.documents import as_it_stands, known, writes_of
from serving.stores.templates.searching import search

_USES = 1_000
"""In a page: they are short."""


class TemplateStore:
    """Keeps the templates of all environments."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def template(self, environment: str, template_id: str) -> Template | None:
        return self.templates(environment, [template_id]).get(template_id)

    def templates(self, environment: str, ids: Sequence[str]) -> dict[str, Template]:
        """Those of at most 100 that are there, in the order of ``ids``."""
        found = self.table.get([keys.template(environment, template_id) for template_id in ids])
        templates = map(Template.model_validate_json, found.values())
        by_id = {template.id: template for template in templates}
        return {template_id: by_id[template_id] for template_id in ids if template_id in by_id}

    def version(self, environment: str, template_id: str, selector: Selector) -> Version | None:
        """A version as it stands; None where there is none."""
        found = self.find(environment, template_id, selector)
        return found and found[1]

    def find(self, environment: str, template_id: str, selector: Selector) -> tuple[Template, Version] | None:
        """A version as it stands, with its template; None where there is none."""
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
        return template, as_it_stands(Version.model_validate_json(document), template)

    def versions(self, template: Template, before: int | None = None, limit: int = 50) -> list[Version]:
        """The versions below a number, the newest first."""
        partition = keys.partition(template.environment, template.id)
        after = keys.version(template.environment, template.id, before).sort if before else ""
        rows = self.table.query(partition, keys.VERSION, after, limit, newest_first=True)
        found = known(template, [Version.model_validate_json(document) for _, document in rows])
        return [as_it_stands(version, template) for version in found]

    def search(self, environment: str, wanted: Wanted, after: str = "", limit: int = 50) -> Page:
        """Templates in the order of their ids. A page may hold fewer than ``limit`` and still not be the last."""

        def read(ids: Sequence[str]) -> dict[str, Template]:
            return self.templates(environment, ids)

        return search(self.table, read, environment, wanted, after, limit)

    def uses(
        self, environment: str, template_id: str, selector: Selector | None = None, after: str = ""
    ) -> Iterator[keys.Use]:
        """Each version that was ever written with a part of a template in it.

        Args:
            environment: of both.
            template_id: the part's.
            selector: only of this number, or label; then they come in the order of their ids and numbers.
            after: with a selector: only those of templates beyond this id.
        """
        prefix = "" if selector is None else keys.uses(selector)
        start = keys.uses_after(selector, after) if selector is not None and after else ""
        for sort, _ in every(self.table, keys.users(environment, template_id), prefix, start, _USES):
            yield keys.Use.of(sort)

    def audit(self, template: Template, after: int = 0, limit: int = 100) -> list[Entry]:
        """Lines of the log beyond a revision, the oldest first."""
        start = keys.entry(template.environment, template.id, after)
        rows = self.table.query(start.partition, keys.ENTRY, start.sort if after else "", limit)
        return known(template, [Entry.model_validate_json(document) for _, document in rows])

    def comments(self, template: Template, number: int, after: int = 0, limit: int = 100) -> list[Comment]:
        """Those beyond a revision, the oldest first."""
        partition = keys.partition(template.environment, template.id)
        start = keys.comment_at(number, after) if after else ""
        rows = self.table.query(partition, keys.comments(number), start, limit)
        return known(template, [Comment.model_validate_json(document) for _, document in rows])

    def runs(self, template: Template, number: int, limit: int = 20) -> list[Run]:
        """The newest first."""
        partition = keys.partition(template.environment, template.id)
        rows = self.table.query(partition, keys.runs(number), limit=limit, newest_first=True)
        return known(template, [Run.model_validate_json(document) for _, document in rows])

    def replay(self, who: str, key: str, at: datetime) -> Replay | None:
        """What was answered to a request with this key; None where there was none of late."""
        place = keys.replay(who, key)
        document = self.table.get([place]).get(place)
        found = Replay.model_validate_json(document) if document else None
        return found if found and found.until > at else None

    def commit(self, change: Change) -> None:
        """All of it or nothing.

        Raises:
            Lost: the template, or one that the change relies on, is no longer as it was.
            Full: a version is too large.
        """
        self.table.write(list(writes_of(change)))
