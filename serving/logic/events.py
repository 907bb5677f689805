"""How the API hands on what it has to tell the lake."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.contracts.validate import Refusal  # and with it every contract

RecordEvent = Callable[[dict[str, Any]], "Refusal | None"]
"""Takes one event as a client would send it. Returns once it is safe, or says why the contract refuses it; that, too,
is kept, in quarantine. Raises ``OSError`` where nothing can be kept now.
"""
