"""What every Iceberg table of ours is made with, whoever makes it."""

from collections.abc import Iterable

_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
    "write.metadata.metrics.default": "none",
}
_BOUNDED = ("occurred_at", "day")
"""Columns of which a table's metadata say the smallest and largest value of each file. Queries leave out files by time;
by anything else hardly ever, and bounds of forty columns a file make each commit read and write megabytes."""


def properties_of(columns: Iterable[str]) -> dict[str, str]:
    """The properties of a table of these columns."""
    return _PROPERTIES | {f"write.metadata.metrics.column.{name}": "full" for name in _BOUNDED if name in columns}


def partition_of(text: str) -> tuple[str, str]:
    """``day(occurred_at)`` as column and transform."""
    transform, _, column = text.removesuffix(")").partition("(")
    return column, transform
