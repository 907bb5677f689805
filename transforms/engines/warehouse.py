"""Where the files of Iceberg tables lie, seen from a local folder in which each has the path that it has in the lake.

Embedded, that folder is the lake. Elsewhere it holds a part of it: what is read is fetched, what was written is stored.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

from ingest.contracts import layout
from transforms.engines.store import StoredFile


class Warehouse(Protocol):
    """The files of one lake's tables, and their catalog. Paths are relative to the lake."""

    @property
    def root(self) -> Path:
        """The local folder."""

    @property
    def location(self) -> str:
        """What Iceberg's metadata have before a path, with the slash between them."""

    def catalog(self) -> Catalog:
        """The catalog; the caller closes it."""

    def fetch(self, paths: Iterable[str]) -> None:
        """Return once these files lie in the local folder. No file of a table ever changes, so one that lies there is
        right; of bronze, one that was fetched under the same build lock.
        """

    def store(self, paths: Iterable[str]) -> None:
        """Return once these files of the local folder are where they are for good."""

    def listed(self, folder: str) -> Iterator[StoredFile]:
        """Every file below a folder, of those that are there for good."""

    def discard(self, paths: Collection[str]) -> None:
        """Remove files, here and there; those that are gone already stay so."""


class LakeFileIO(PyArrowFileIO):
    """Reads and writes ``lake:/path`` as the file ``path`` below the lake's root."""

    @staticmethod
    def parse_location(location: str, properties: Properties = EMPTY_DICT) -> tuple[str, str, str]:
        return "file", "", f"{properties['lake.root']}/{location.removeprefix(FolderWarehouse.location)}"


class FolderWarehouse:
    """A lake that is one folder, with a catalog of one SQLite file.

    Iceberg metadata holds absolute paths. Ours are absolute below the lake's root (``lake:/silver/…``), so that a lake
    folder can be moved or copied and still be read; see ``docs/adr/0003-lake-paths.md``.
    """

    location = "lake:/"

    def __init__(self, root: Path) -> None:
        self.root = root

    def catalog(self) -> SqlCatalog:
        return SqlCatalog(
            "lake",
            **{
                "uri": f"sqlite:///{quote(str(self.root / layout.CATALOG_FILE), safe='/ ')}",
                "warehouse": self.location,
                "py-io-impl": f"{__name__}.{LakeFileIO.__name__}",
                "lake.root": str(self.root),
            },
        )

    def fetch(self, paths: Iterable[str]) -> None:
        """Nothing to do: they lie here."""

    def store(self, paths: Iterable[str]) -> None:
        """Nothing to do: they lie here."""

    def listed(self, folder: str) -> Iterator[StoredFile]:
        now_s = time.time()
        for path in (self.root / folder).rglob("*"):
            if path.is_file():
                yield StoredFile(path.relative_to(self.root).as_posix(), now_s - path.stat().st_mtime)

    def discard(self, paths: Collection[str]) -> None:
        for path in paths:
            (self.root / path).unlink(missing_ok=True)
