"""Backup and recovery: templates with all that is kept of them."""

from collections.abc import Iterator, Sequence

from serving.logic.templates.changes import Whole
from serving.logic.templates.model import Comment, Entry, Run, Template, Version
from serving.stores.environments import environments
from serving.stores.table import Key, Lost, Put, Table, every
from serving.stores.templates import keys
from serving.stores.templates.documents import (
    Record,
    in_state,
    known,
    template_writes,
    use_writes,
    without_state,
)
from serving.stores.templates.store import TemplateStore

_ATTEMPTS = 5


def everything(store: TemplateStore) -> Iterator[Whole]:
    """Every template of every environment, in order."""
    for environment in environments(store.table):
        for template_id, _ in every(store.table, keys.index(environment, "all")):
            if found := whole(store, environment, template_id):
                yield found


def whole(store: TemplateStore, environment: str, template_id: str) -> Whole | None:
    """All that is kept of a template, as of one revision; None where there is none.

    Raises:
        Lost: it is changed all the time.
    """
    for _ in range(_ATTEMPTS):
        template = store.template(environment, template_id)
        if template is None:
            return None
        found = Whole(
            template=template,
            versions=[in_state(v, template) for v in _all(store.table, template, Version, keys.VERSION)],
            comments=_all(store.table, template, Comment, keys.COMMENT),
            runs=_all(store.table, template, Run, keys.RUN),
            log=_all(store.table, template, Entry, keys.ENTRY),
        )
        again = store.template(environment, template_id)
        if again is not None and again.revision == template.revision:
            return found
    raise Lost


def put_whole(store: TemplateStore, found: Whole, replaces: Template | None) -> None:
    """Keep a template as a backup has it. Until the last write nobody sees any of it.

    Args:
        store: where.
        found: what to keep.
        replaces: the template as it is now, which must be an earlier state of it; None where there is none.

    Raises:
        Lost: the template is not as ``replaces`` says.
    """
    place = (found.template.environment, found.template.id)
    revision = replaces.revision if replaces else 0
    numbers = replaces.states if replaces else {}
    versions = [version for version in found.versions if version.number not in numbers]
    _add(
        store.table,
        [
            *((keys.version(*place, v.number), without_state(v)) for v in versions),
            *((keys.comment(*place, c), c.model_dump_json()) for c in found.comments if c.revision > revision),
            *((keys.run(*place, r), r.model_dump_json()) for r in found.runs if r.revision > revision),
            *((keys.entry(*place, e.revision), e.model_dump_json()) for e in found.log if e.revision > revision),
        ],
    )
    for version in versions:
        if uses := list(use_writes(found.template.environment, version)):
            store.table.write(uses)
    store.table.write(template_writes(replaces, found.template))


def _add(table: Table, items: Sequence[tuple[Key, str]]) -> None:
    # Ten at a time stay below the 4 MB of a transaction.
    for start in range(0, len(items), 10):
        page = dict(items[start : start + 10])
        # An earlier restore that was cut off may have left the same; anything else was written meanwhile.
        found = table.get(page.keys())
        if any(document != page[key] for key, document in found.items()):
            raise Lost
        table.write([Put(key, document, replaces=0) for key, document in page.items() if key not in found])


def _all(table: Table, template: Template, kind: type[Record], prefix: str) -> list[Record]:
    rows = every(table, keys.partition(template.environment, template.id), prefix)
    return known(template, [kind.model_validate_json(document) for _, document in rows])
