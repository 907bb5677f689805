"""The owner's price files, which lie in the bucket beside the lake's data as they do in an embedded lake's folder."""

from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.contracts import layout
from sql.prices.book import PriceBook, open_book
from transforms.engines.store import Store


def book_in(store: Store) -> PriceBook:
    """The project's prices with the owner's own, if there are any.

    Raises:
        PriceError: a file says nonsense; the message names file and line.
    """
    with TemporaryDirectory() as folder:
        for name in (layout.PRICES_FILE, layout.PROFILES_FILE):
            if (content := store.read(name)) is not None:
                (Path(folder) / name).write_bytes(content)
        return open_book(Path(folder))
