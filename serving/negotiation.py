"""Which form of an answer the client takes, by its ``Accept`` (RFC 9110)."""

from collections.abc import Sequence


def chosen(accept: str | None, offered: Sequence[str]) -> str:
    """The media type that the client likes best of those offered, the first where it does not care or takes none."""
    wanted = [_weighed(part) for part in (accept or "").split(",")]
    return max(offered, key=lambda media: _weight(media, wanted))  # of equals the first


def _weight(media: str, wanted: Sequence[tuple[str, float]]) -> float:
    by_exactness = (media, f"{media.partition('/')[0]}/*", "*/*")
    known = dict(wanted)
    return next((known[pattern] for pattern in by_exactness if pattern in known), 0.0)


def _weighed(part: str) -> tuple[str, float]:
    media, *parameters = part.split(";")
    given = [text.partition("=")[2] for text in map(str.strip, parameters) if text.lower().startswith("q=")]
    try:
        weight = float(given[0]) if given else 1.0
    except ValueError:
        weight = 0.0
    return media.strip().lower(), weight
