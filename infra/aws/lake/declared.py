"""The owner's own funnels, which lie in the bucket beside the lake's data as they do in an embedded lake's folder."""

from pathlib import Path

from ingest.contracts import layout
from sql.funnels.file import SHIPPED, funnels_written, read_funnels
from sql.funnels.model import Funnel
from transforms.engines.store import Store


def funnels_in(store: Store) -> tuple[Funnel, ...]:
    """The owner's own, else those that every lake has.

    Raises:
        FunnelError: the file says nonsense; the message names file and line.
    """
    content = store.read(layout.FUNNELS_FILE)
    return read_funnels(SHIPPED) if content is None else funnels_written(content, Path(layout.FUNNELS_FILE))
