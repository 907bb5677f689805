"""The body of a request as it was before compression, never more of it than the limit."""

import zlib

from ingest.doors.request_refused import RequestRefused

BODY_MAX_BYTES = 10 << 20
"""A body may not be longer, as sent or decompressed."""

EVENTS_MAX = 100_000
"""More events than this fit into a body only if they are empty; refusing each would cost more memory than there is."""

_GZIP = 31  # zlib's name for: the largest window, with a gzip header
_MEMBERS_MAX = 100  # `cat a.gz b.gz` is valid gzip too, but each further part copies the rest once


def too_large() -> RequestRefused:
    """What a body over the limit gets. Also for a server that stops reading before it has one."""
    limit = f"{BODY_MAX_BYTES >> 20} MiB ({BODY_MAX_BYTES:,} bytes)"
    return RequestRefused(
        413, "body_too_large", f"The body is larger than {limit}, as sent or decompressed; send smaller batches."
    )


def too_many(what: str) -> RequestRefused:
    """What a body with more than ``EVENTS_MAX`` events, or spans, gets."""
    return RequestRefused(
        413, "too_many_events", f"The body holds more than {EVENTS_MAX:,} {what}; send smaller batches."
    )


def decompress(body: bytes, encoding: str, room_bytes: int = BODY_MAX_BYTES) -> bytes:
    """Undo ``Content-Encoding``, up to ``room_bytes`` of content.

    Raises:
        RequestRefused: 413 over ``BODY_MAX_BYTES``, 415 for an encoding other than gzip, 400 for gzip that is broken.
    """
    if len(body) > BODY_MAX_BYTES:
        raise too_large()
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _gunzip(body, room_bytes)
        case _:
            raise RequestRefused(
                415,
                "unknown_encoding",
                f"Content-Encoding {encoding[:40]!a} is not accepted; use gzip or none.",
                {"accept-encoding": "gzip"},
            )


def _gunzip(body: bytes, room: int) -> bytes:
    parts: list[bytes] = []
    for _ in range(_MEMBERS_MAX):
        decoder = zlib.decompressobj(_GZIP)
        try:
            part = decoder.decompress(body, room + 1)  # one byte more tells a body at the limit from one over it
        except zlib.error as error:
            raise RequestRefused(
                400, "broken_gzip", "The body says it is gzip but can't be decompressed; nothing of it was taken."
            ) from error
        room -= len(part)
        if room < 0:
            raise too_large()
        if not decoder.eof:
            raise RequestRefused(
                400, "truncated_gzip", "The gzip body ends before its end; send it again whole, nothing was taken."
            )
        parts.append(part)
        body = decoder.unused_data
        if not body:
            return b"".join(parts)
    raise RequestRefused(400, "broken_gzip", f"The gzip body has more than {_MEMBERS_MAX} parts; compress it as one.")
