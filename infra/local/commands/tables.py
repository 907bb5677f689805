"""How commands show tables of counts."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_ELSEWHERE = 160

HEADINGS = {
    "received": "re-\nceived",
    "replayed": "re-\nplayed",
    "quarantined": "quaran-\ntined",
    "duplicates": "dupli-\ncates",
}
"""Kinds of counts in two lines, so that eighty columns hold the numbers."""


def console() -> "Console":
    """Standard output. Into a file or a pipe, nothing is folded."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE)
