"""Where a lake's objects lie, apart from the tables that an engine keeps: the pointer, extracts, quarantine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the lake, by its path in it."""

    path: str
    age_s: float


class Store(Protocol):
    """Objects by their path below the lake's root, with ``/``."""

    def read(self, path: str) -> bytes | None:
        """The object's bytes, or None where there is none."""

    def replace(self, path: str, content: bytes) -> None:
        """Write an object; a reader sees what was there before, or this, whole."""

    def exists(self, path: str) -> bool: ...

    def move(self, source: str, target: str) -> None:
        """Give an object another path. It may be done already: then nothing happens."""

    def below(self, prefix: str) -> Iterator[str]:
        """The paths of all objects below a folder."""

    def remove(self, path: str) -> None:
        """Remove an object, if it is there."""


class FolderStore:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, path: str, content: bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".tmp")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)

    def exists(self, path: str) -> bool:
        return (self.root / path).exists()

    def move(self, source: str, target: str) -> None:
        (self.root / target).parent.mkdir(parents=True, exist_ok=True)
        if (self.root / source).exists():
            (self.root / source).replace(self.root / target)

    def below(self, prefix: str) -> Iterator[str]:
        for path in (self.root / prefix).rglob("*"):
            if path.is_file():
                yield path.relative_to(self.root).as_posix()

    def remove(self, path: str) -> None:
        target = self.root / path
        target.unlink(missing_ok=True)
        if target.parent != self.root and not any(target.parent.iterdir()):
            target.parent.rmdir()
