"""Ids for events that came without one."""

from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from ingest.delivery.nesting import as_text
from ingest.delivery.privacy.treatment import MADE

_BYTES = 16


def digest(content: Any) -> str:
    """``MADE`` and 32 hex digits that follow from a decoded JSON value, times included; delivery puts a key to them."""
    return made(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


def made(content: bytes) -> str:
    """The same of bytes."""
    return MADE + blake2b(content, digest_size=_BYTES).hexdigest()


def made_id(event: Any, position: int, received_at: datetime | None) -> str:
    """The id of an event at this position of a body: the same body sent again gives the same ids.

    Args:
        received_at: arrival, where the event has no time of its own. Its id is then new each time, because it gets
            another time each time too, and one id at two times would be a conflict.
    """
    # As text, for an event may be nested as deep as can just be written, and one list around it is one too many.
    return digest([as_text(event), position, received_at])
