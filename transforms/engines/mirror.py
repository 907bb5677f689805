"""A lake in S3 and Glue's catalog, of which a local folder holds what a build on one machine reads and writes."""

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyiceberg.catalog.glue import GlueCatalog

from ingest.contracts import layout
from transforms.engines.bucket import Bucket
from transforms.engines.mirror_io import MIRROR, MirrorFileIO
from transforms.engines.store import FolderStore, StoredFile

_AT_ONCE = 8


class Mirror:
    """Implements :class:`transforms.engines.warehouse.Warehouse`.

    Args:
        root: the local folder.
        bucket: where the files are for good.
        catalog: what pyiceberg's Glue catalog is configured with besides, such as a region.
    """

    def __init__(self, root: Path, bucket: Bucket, catalog: Mapping[str, str] | None = None) -> None:
        self.root, self.bucket, self._configured = root, bucket, catalog or {}

    @property
    def location(self) -> str:
        return self.bucket.location

    def catalog(self) -> GlueCatalog:
        files = {"py-io-impl": f"{MirrorFileIO.__module__}.{MirrorFileIO.__name__}", MIRROR: self}
        return GlueCatalog("lake", **{"warehouse": self.location, **self._configured, **files})

    def fetch(self, paths: Iterable[str]) -> None:
        """Bring those here that are not.

        Raises:
            OSError: with ``ENOSPC``: they have no room.
        """
        missing = [path for path in paths if not (self.root / path).exists()]
        self._each(lambda path: self.bucket.download(path, self.root / path), missing)

    def forget(self, paths: Iterable[str]) -> None:
        """Have these files here no longer: they may have changed."""
        for path in paths:
            (self.root / path).unlink(missing_ok=True)

    def forget_bronze(self) -> None:
        """Have none of bronze here. Its objects alone may change, and while the build lock is held nobody else
        changes any.
        """
        shutil.rmtree(self.root / layout.BRONZE, ignore_errors=True)

    def store(self, paths: Iterable[str]) -> None:
        self._each(lambda path: self.bucket.upload(self.root / path, path), list(paths))

    def write(self, path: str, content: bytes) -> None:
        """Have a small file there and here."""
        self.bucket.replace(path, content)
        FolderStore(self.root).replace(path, content)

    def listed(self, folder: str) -> Iterator[StoredFile]:
        return self.bucket.listed(folder)

    def discard(self, paths: Collection[str]) -> None:
        self.bucket.remove_all(paths)
        self.forget(paths)

    def _each(self, do: Callable[[str], None], paths: list[str]) -> None:
        if paths:
            with ThreadPoolExecutor(min(_AT_ONCE, len(paths))) as threads:
                list(threads.map(do, paths))  # `list` raises what a thread raised
