"""The source's input tokens become the contract's disjoint buckets, by the convention that the mapping states."""

from collections.abc import Callable
from typing import Any

from ingest.doors.mapping.convert import EMPTY, integer, with_point
from ingest.doors.mapping.field_spec import DecimalMark
from ingest.doors.mapping.model import Tokens
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.times import ConversionError


def compile_tokens(tokens: Tokens, mark: DecimalMark = ".") -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function from a row to token fields; it raises `ConversionError`. ``mark`` is the file's decimal mark."""
    cached = {
        "cache_read_tokens": tokens.cache_read,
        "cache_write_5m_tokens": tokens.cache_write_5m,
        "cache_write_1h_tokens": tokens.cache_write_1h,
    }
    paths = {name: path for name, path in cached.items() if path is not None}
    includes = tokens.input_includes_cached

    def fields(row: dict[str, Any]) -> dict[str, Any]:
        buckets = {name: _count(row, path, mark) for name, path in paths.items()}
        found = {name: count for name, count in buckets.items() if count is not None}
        total = _count(row, tokens.input, mark)
        if total is None:
            return found
        cached_sum = sum(found.values())
        if includes and cached_sum > total:
            raise ConversionError(
                f"{tokens.input} is {total}, fewer than the {cached_sum} cached ones that it should include; if the "
                f"source counts them apart, set `input_includes_cached: false`"
            )
        return {
            **found,
            "uncached_input_tokens": total - cached_sum if includes else total,
            "usage_convention": "input_includes_cached" if includes else "input_excludes_cached",
        }

    return fields


def _count(row: dict[str, Any], path: str, mark: DecimalMark) -> int | None:
    raw = get(row, path)
    if raw in EMPTY:
        return None
    try:
        return integer(with_point(raw) if mark == "," else raw)
    except ConversionError as error:
        raise ConversionError(f"{path} {error}") from error
