"""Objects of bronze that can't be read, told by name: an engine only says that something is wrong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from transforms.engines.duck import literal


class UnreadableObjects(Exception):
    """Something of bronze can't be read. One sentence that names the first object and says what to do."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        path, reason = found[0]
        others = f", nor can {len(found) - 1} others" if len(found) > 1 else ""
        super().__init__(
            f"{path} can't be read ({reason}){others}; restore it from a backup, or set it aside with `promptlake "
            f"quarantine aside {path}`, which counts its events as damaged."
        )
        self.paths = [path for path, _ in found]


@contextmanager
def naming_unreadable(root: Path, objects: Sequence[str]) -> Iterator[None]:
    """Where reading fails, look for the objects that it fails at.

    Raises:
        UnreadableObjects: there are such.
    """
    try:
        yield
    except duckdb.Error as error:
        found = unreadable(root, objects)
        if not found:
            raise
        raise UnreadableObjects(found) from error


def unreadable(root: Path, objects: Sequence[str]) -> list[tuple[str, str]]:
    """Those of some objects that can't be read to the end, each with the reason."""
    found = []
    with duckdb.connect(":memory:", config={"threads": 1}) as db:
        for path in objects:
            try:
                db.execute(f"SELECT max(hash(o)) FROM read_parquet({literal(str(root / path))}) AS o").fetchall()
            except duckdb.Error as error:
                found.append((path, _reason(error, root)))
    return found


def _reason(error: duckdb.Error, root: Path) -> str:
    said = " ".join(str(error).partition("\n")[0].split()).partition(": ")[2] or str(error)
    return said.replace(f"{root}/", "").rstrip(".")
