"""How ``send`` says that it could not."""

from collections.abc import Sequence
from typing import Any


class NotTaken(Exception):
    """Some events were not taken.

    Attributes:
        count: how many of those sent.
        refused: how many of these for good: to send them again is of no use.
        again: the others, with the id and time that they were sent with. Send these, not the originals: what was stored
            although its answer was lost is then known for a duplicate.
    """

    def __init__(self, message: str, refused: int, again: Sequence[dict[str, Any]]) -> None:
        super().__init__(message)
        self.refused, self.again = refused, list(again)
        self.count = refused + len(self.again)
