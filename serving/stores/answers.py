"""Answers already given. A publication never changes, so neither does what it answers: many people who look at the
same page cost one query.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from sql.publication import Publication

MAX_ANSWERS = 256
MAX_CHARS = 65_536
"""A longer one is rarely asked for twice, and 256 of these are 16 MB."""


class Answers:
    """The latest answers of one publication. Not thread-safe, as the resolver is not."""

    def __init__(self) -> None:
        self._publication: Publication | None = None
        self._kept: OrderedDict[Hashable, str] = OrderedDict()

    def get(self, publication: Publication, asked: Hashable, make: Callable[[], str]) -> str:
        """The answer to ``asked``, made anew where it is not kept or of another publication."""
        if publication != self._publication:
            self._publication = publication
            self._kept.clear()
        if asked in self._kept:
            self._kept.move_to_end(asked)
            return self._kept[asked]
        answer = make()
        if len(answer) <= MAX_CHARS:
            self._kept[asked] = answer
            if len(self._kept) > MAX_ANSWERS:
                self._kept.popitem(last=False)
        return answer
