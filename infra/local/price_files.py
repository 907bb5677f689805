"""The price files of a lake's folder, for commands and the build."""

from pathlib import Path

from infra.local.lake import LakeError
from sql.prices.book import PriceBook, open_book
from sql.prices.file import PriceError


def book_in(folder: Path) -> PriceBook:
    """The project's prices with the owner's own of a folder, if there are any.

    Raises:
        LakeError: a file says nonsense; the message names file and line.
    """
    try:
        return open_book(folder)
    except PriceError as error:
        raise LakeError(f"{error}.") from error
