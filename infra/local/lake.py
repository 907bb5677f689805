"""One folder that is a lake: what makes it one, and how it is opened."""

import fcntl
import json
import math
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from infra.local.ledger import SqliteLedger
from ingest.contracts import layout
from ingest.delivery.drain import Drained, drain
from ingest.delivery.spool import SpoolWriter, waiting_bytes

FORMAT_VERSION = 1
"""Raised when an older program could no longer read what a newer one wrote, or the other way round."""

DEFAULT_LAKE = "lake"


class LakeError(Exception):
    """The lake can't be used as asked. The message is one sentence that says where and what to do."""


class NotWritable(LakeError):
    """Nothing can be moved or built now: the disk is full, say, or read-only. What is stored can be read."""


@dataclass(frozen=True, slots=True)
class Lake:
    """An opened lake. Holds no file or connection open by itself, so that it can go anywhere."""

    root: Path
    lake_id: str

    def ledger(self) -> SqliteLedger:
        """The lake's memory; the caller closes it.

        Raises:
            LakeError: it can't be read; ``NotWritable``: or not be written.
        """
        path = self.root / layout.STATE_FILE
        if not path.exists() and (self.root / layout.BRONZE).exists():
            raise LakeError(f"{path} is gone, and with it what was counted and built; restore it from a backup.")
        try:
            return SqliteLedger(path)
        except sqlite3.OperationalError as error:
            raise NotWritable(f"{path} can't be opened ({error}); check the disk and who may write there.") from error
        except sqlite3.DatabaseError as error:
            raise LakeError(
                f"{path} can't be used as the lake's ledger ({error}); restore it from a backup, and check the disk."
            ) from error

    def check_writable(self) -> None:
        """Refuse to begin what would fail at its first event.

        Raises:
            LakeError: nobody may write here, or not this user.
        """
        for folder in (self.root, *(self.root / name for name in (layout.SPOOL, layout.STAGING, layout.BRONZE))):
            if folder.exists() and not os.access(folder, os.W_OK):
                raise LakeError(f"{folder} can't be written; check who owns it, and whether its disk is read-only.")

    def check_catalog(self) -> None:
        """Refuse to go on without the catalog that built tables are known by.

        Raises:
            LakeError: it is gone, or is no database.
        """
        path = self.root / layout.CATALOG_FILE
        if not path.exists():
            if (self.root / layout.SILVER).exists():
                raise LakeError(f"{path} is gone, and with it what the tables are made of; restore it from a backup.")
            return
        catalog = sqlite3.connect(path)
        try:
            catalog.execute("PRAGMA schema_version")
        except sqlite3.DatabaseError as error:
            raise LakeError(
                f"{path} can't be used as the lake's catalog ({error}); restore it from a backup."
            ) from error
        finally:
            catalog.close()

    def spool_writer(self) -> SpoolWriter:
        return SpoolWriter(self.root / layout.SPOOL)

    def spool_bytes(self) -> int:
        """What is on its way to bronze."""
        return waiting_bytes(self.root / layout.SPOOL)

    def bronze_objects(self, tables: Iterable[str]) -> dict[str, list[Path]]:
        """The objects of some tables of bronze. Those that were struck out lie there for a while, and don't count."""
        ledger = self.ledger()
        try:
            struck = {self.root / path for path in ledger.objects_to_remove(math.inf)}
        finally:
            ledger.close()
        folders = {table: self.root / layout.bronze_table(table) for table in tables}
        return {table: sorted({*folder.rglob("*.parquet")} - struck) for table, folder in folders.items()}

    def drain(self) -> Drained:
        """Move what the spool holds into bronze.

        Raises:
            LakeError: the ledger can't be used; ``NotWritable``: it, the spool or bronze can't be written.
        """
        ledger = self.ledger()
        try:
            return drain(self.root, ledger)
        except (OSError, sqlite3.DatabaseError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or error
            raise NotWritable(
                f"The spool of {self.root} can't be drained ({reason}); check the disk and who may write there."
            ) from error
        finally:
            ledger.close()


def lake_path(given: str | None) -> Path:
    """The folder that ``--lake`` or ``PROMPTLAKE_LAKE`` names, else ``lake`` below the current one."""
    return Path(given or os.environ.get("PROMPTLAKE_LAKE") or DEFAULT_LAKE).expanduser().resolve()


def open_lake(path: Path, *, create: bool = False) -> Lake:
    """Open a lake, or make one where ``create`` says so.

    Raises:
        LakeError: it is missing, not a lake, of another version, or not writable.
    """
    marker = path / layout.LAKE_FILE
    try:
        if path.exists() and not path.is_dir():
            raise _not_a_folder(path)
        if not marker.exists():
            if not create:
                raise LakeError(f"There is no lake at {path}; make one with `promptlake up --lake {path}`.")
            _make(path, marker)
        return _read(path, marker)
    except PermissionError as error:
        raise LakeError(f"{error.filename} can't be accessed ({error.strerror}); check who owns the folder.") from error
    except (NotADirectoryError, FileExistsError) as error:
        raise _not_a_folder(path) from error
    except OSError as error:
        raise LakeError(
            f"{error.filename or path} can't be used as a lake ({error.strerror}); name another."
        ) from error


def _not_a_folder(path: Path) -> LakeError:
    return LakeError(f"{path} is a file, not a folder; name a folder for the lake.")


def _make(path: Path, marker: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        if marker.exists():
            return  # another command made it meanwhile
        foreign = next((p for p in path.iterdir() if p.suffix != ".tmp"), None)
        if foreign is not None:
            raise LakeError(
                f"{path} holds other files ({foreign.name}) and no {layout.LAKE_FILE}; name an empty or new folder."
            )
        document = {
            "format_version": FORMAT_VERSION,
            "lake_id": str(uuid.uuid4()),
            "made_by": f"promptlake {version('promptlake')}",
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        fresh = marker.with_suffix(".tmp")
        fresh.write_text(json.dumps(document, indent=2) + "\n")
        fresh.rename(marker)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path, marker: Path) -> Lake:
    try:
        document = json.loads(marker.read_text())
        found, lake_id = document["format_version"], str(document["lake_id"])
    except (ValueError, KeyError, TypeError, IsADirectoryError) as error:
        raise LakeError(f"{marker} can't be read as a lake's description; restore it from a backup.") from error
    if found != FORMAT_VERSION:
        raise LakeError(
            f"The lake at {path} has format {found!r}, made by {document.get('made_by', 'an unknown version')}, "
            f"but this is promptlake {version('promptlake')}, which reads format {FORMAT_VERSION}; "
            "use the version that made it."
        )
    return Lake(path, lake_id)
