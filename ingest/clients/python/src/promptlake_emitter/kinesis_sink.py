"""Kinesis: one stream for all event types, or one for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from .aws import Client, split, stream_of
from .exchange import Answer
from .identity import new_id
from .packing import Limits, Parcel

RECORD_MAX_BYTES = 1 << 20
REQUEST_MAX_RECORDS = 500
REQUEST_MAX_BYTES = 5 << 20
KEY_BYTES = 32
"""The partition key counts towards record and request."""

_ROOM_BYTES = RECORD_MAX_BYTES - KEY_BYTES


class KinesisSink:
    """Puts packed records into data streams; a random key spreads them over the shards, for each is many people's.

    Args:
        stream: takes all types that have no other.
        streams: which event type goes to which stream.
        prefix: for every other type, the stream is this and the type.
        client: boto3's client, if not the default one. It is used in forked children too.
    """

    limits = Limits(_ROOM_BYTES, REQUEST_MAX_RECORDS, REQUEST_MAX_BYTES - REQUEST_MAX_RECORDS * KEY_BYTES, _ROOM_BYTES)

    def __init__(
        self,
        *,
        stream: str | None = None,
        streams: Mapping[str, str] | None = None,
        prefix: str | None = None,
        client: Any = None,
    ) -> None:
        if not stream and not streams and prefix is None:
            raise ValueError("A KinesisSink needs stream=, streams={type: stream} or prefix=.")
        self._stream, self._streams, self._prefix = stream, streams, prefix
        self._client = Client("kinesis", client)

    def group(self, event_type: object) -> str | None:
        """The type, if there is a stream for it: also in a stream for all, a record holds events of one type."""
        return event_type if isinstance(event_type, str) and self._stream_of(event_type) else None

    def put(self, parcels: Sequence[Parcel]) -> Answer:
        """One ``PutRecords``."""
        answered = self._client.call(
            "put_records",
            parcels,
            StreamName=self._stream_of(parcels[0].group),
            Records=[{"Data": parcel.data, "PartitionKey": new_id()} for parcel in parcels],
        )
        return answered if isinstance(answered, Answer) else split(answered["Records"], parcels)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _stream_of(self, event_type: str) -> str | None:
        return stream_of(event_type, self._streams, self._prefix) or self._stream
