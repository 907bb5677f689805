"""What every Iceberg table of ours is made with, whoever makes it."""

PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
}


def partition_of(text: str) -> tuple[str, str]:
    """``day(occurred_at)`` as column and transform."""
    transform, _, column = text.removesuffix(")").partition("(")
    return column, transform
