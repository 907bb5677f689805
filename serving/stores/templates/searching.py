"""Templates are found by what they have in common: lists of ids are compared before a template is read."""

from collections.abc import Callable, Mapping, Sequence

from serving.logic.templates.changes import Page, Wanted
from serving.logic.templates.model import Template
from serving.stores.table import Table
from serving.stores.templates import keys

ROUNDS = 5
"""A search reads lists and then templates, so often at most; then it says how to go on."""

_IDS = 1_000
"""Ids in a page, where several lists are compared: they are short."""

Read = Callable[[Sequence[str]], Mapping[str, Template]]
"""Templates by their ids, in the order of these; who is gone is left out."""


def search(table: Table, read: Read, environment: str, wanted: Wanted, after: str, limit: int) -> Page:
    """Templates in the order of their ids. A page may hold fewer than ``limit`` and still not be the last."""
    lists = [_List(table, partition, wanted.prefix) for partition in _partitions(environment, wanted)]
    size = limit if len(lists) == 1 else _IDS
    found: list[Template] = []
    for _ in range(ROUNDS):
        pages = [one.beyond(after, size) for one in lists]
        # Beyond the end of a full page there may be more: so far, and no further, all lists tell who is in each.
        ends = [page[-1] for page, one in zip(pages, lists, strict=True) if not one.is_whole]
        common = sorted(set.intersection(*map(set, pages)))
        ids = [template_id for template_id in common if not ends or template_id <= min(ends)]
        wanting = ids[: limit - len(found)]
        # Written meanwhile, one may be listed and not fit any more.
        found += [template for template in read(wanting).values() if wanted.fits(template)]
        if wanting != ids:
            return Page(found, wanting[-1])
        if not ends or any(one.is_over(min(ends)) for one in lists):
            return Page(found, None)
        after = min(ends)
        if len(found) == limit:
            break
    return Page(found, after)


class _List:
    """The ids in one partition, read page by page, and no further than to its end."""

    def __init__(self, table: Table, partition: str, prefix: str) -> None:
        self._table, self._partition, self._prefix = table, partition, prefix
        self._ids: list[str] = []
        self.is_whole = False
        """Whether what was read reaches to its end."""

    def beyond(self, after: str, size: int) -> list[str]:
        """The next ids after one: ``size`` of them, or all that there are."""
        if self.is_whole:
            self._ids = [template_id for template_id in self._ids if template_id > after]
        else:
            rows = self._table.query(self._partition, self._prefix, after, size)
            self._ids = [sort for sort, _ in rows]
            self.is_whole = len(rows) < size
        return self._ids

    def is_over(self, after: str) -> bool:
        """Whether it is known to have nothing after an id."""
        return self.is_whole and (not self._ids or self._ids[-1] <= after)


def _partitions(environment: str, wanted: Wanted) -> list[str]:
    """The lists of ids that a search is common to."""
    asked = {"tag": wanted.tag, "owner": wanted.owner, "state": wanted.state}
    listed = [keys.index(environment, kind, value) for kind, value in asked.items() if value is not None]
    return listed or [keys.index(environment, "all")]
