"""Answers already given. A publication never changes, so neither does what it answers: many people who look at the
same page cost one query.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from sql.publication import Publication

MAX_ANSWERS = 256
MAX_CHARS = 65_536
"""A longer one is rarely asked for twice, and 256 of these are 16 MB."""


class Answers:
    """The latest answers of one publication. Safe to use from several threads; none waits while another one makes an
    answer, so that one asked for by two at the same time may be made twice.
    """

    def __init__(self) -> None:
        self._publication: Publication | None = None
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()

    def get(self, publication: Publication, asked: Hashable, make: Callable[[], str]) -> str:
        """The answer to ``asked``, made anew where it is not kept or of another publication."""
        with self._lock:
            if publication != self._publication:
                self._publication = publication
                self._kept.clear()
            if asked in self._kept:
                self._kept.move_to_end(asked)
                return self._kept[asked]
        answer = make()
        if len(answer) <= MAX_CHARS:
            self._keep(publication, asked, answer)
        return answer

    def _keep(self, publication: Publication, asked: Hashable, answer: str) -> None:
        with self._lock:
            if publication != self._publication:  # another came while this was made
                return
            self._kept[asked] = answer
            if len(self._kept) > MAX_ANSWERS:
                self._kept.popitem(last=False)
