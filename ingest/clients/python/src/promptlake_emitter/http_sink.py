"""The HTTP door: events as newline-delimited JSON, all types together."""

import gzip
import os
import ssl
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from urllib.parse import urlsplit

import orjson

from .exchange import Answer
from .packing import Limits, Parcel

PATH = "/v1/events"
BODY_MAX_BYTES = 10 << 20
"""What the door takes, as sent or decompressed."""

BATCH_BYTES = 4 << 20
"""Also behind API Gateway, whose function gets at most 6 MB, encoded in base64 if compressed."""

GZIP_FROM_BYTES = 1_024
IDLE_MAX_S = 4.0
"""Servers hang up on idle connections, some after 5 s, and a request that meets that is a failed attempt."""

_IDLE_MAX = 4


class HttpSink:
    """Posts to a promptlake's HTTP door.

    Args:
        url: the server's address; ``/v1/events`` is added where it is missing.
        write_key: sent as ``Authorization: Bearer …``.
        headers: added to each request.
        timeout_s: how long one request may take to connect, and the answer to come.
    """

    limits = Limits(BATCH_BYTES, request_records=1, request_bytes=BATCH_BYTES, event_max_bytes=BODY_MAX_BYTES)

    def __init__(
        self, url: str, *, write_key: str = "", headers: Mapping[str, str] | None = None, timeout_s: float = 10.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("The url of an HttpSink begins with http:// or https:// and names a host.")
        path = parts.path.rstrip("/")
        self._path = path if path.endswith(PATH) else path + PATH
        self._host, self._port, self._timeout_s = parts.hostname, parts.port, timeout_s
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        key = {"authorization": f"Bearer {write_key}"} if write_key else {}
        self._headers = {"content-type": "application/x-ndjson", **key, **(headers or {})}
        self._idle: list[tuple[float, HTTPConnection]] = []
        self._pid = os.getpid()

    def group(self, _: object) -> str:
        """All types share a body; one without a type goes too, for the door to refuse as data."""
        return PATH

    def put(self, parcels: Sequence[Parcel]) -> Answer:
        """Post one body."""
        (parcel,) = parcels
        body, headers = parcel.data, self._headers
        if len(body) >= GZIP_FROM_BYTES:
            body, headers = gzip.compress(body, 5, mtime=0), {**headers, "content-encoding": "gzip"}
        connection = self._connection()
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as error:
            connection.close()
            return Answer(again=parcels, reason=f"{self._host} can't be reached: {type(error).__name__}: {error}")
        if response.will_close or len(self._idle) >= _IDLE_MAX:
            connection.close()
        else:
            self._idle.append((time.monotonic(), connection))
        return _read(parcel, response.status, response.headers, answer)

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._idle.pop()[1].close()

    def _connection(self) -> HTTPConnection:
        if self._pid != os.getpid():
            # After a fork: these are the parent's, and what both write into one connection is garbage.
            self._pid, self._idle = os.getpid(), []
        try:
            since, connection = self._idle.pop()
        except IndexError:
            if self._tls:
                return HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._tls)
            return HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        if time.monotonic() - since > IDLE_MAX_S:
            connection.close()  # which connects again when it is used
        return connection


def _read(parcel: Parcel, status: int, headers: HTTPMessage, body: bytes) -> Answer:
    count = len(parcel.rows)
    if status == 207:
        return _partly(count, body)
    if 200 <= status < 300:
        return Answer(taken=count)
    reason = f"the door answered {status}{_detail(body)}"
    if status in (408, 425, 429) or status >= 500:
        return Answer(again=[parcel], reason=reason, retry_after_s=_retry_after_s(headers.get("retry-after", "")))
    return Answer(refused=Counter({f"http_{status}": count}), reason=reason)


def _partly(count: int, body: bytes) -> Answer:
    """The good ones are stored, and the others were refused for good."""
    try:
        errors = orjson.loads(body)["errors"]
        refused = Counter(str(error["code"]) for error in errors)
        reason = str(errors[0]["message"]) if errors else ""
    except (orjson.JSONDecodeError, KeyError, TypeError):
        # It says that not all was stored and not which: none can be counted as taken.
        return Answer(refused=Counter({"http_207": count}), reason="the door answered 207 and not what it refused")
    return Answer(taken=count - refused.total(), refused=refused, reason=reason[:300])


def _detail(body: bytes) -> str:
    try:
        return f": {str(orjson.loads(body)['detail'])[:300]}"
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def _retry_after_s(said: str) -> float:
    """Seconds, or the time of day that HTTP allows as well; 0 where it is neither."""
    said = said.strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
