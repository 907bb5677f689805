"""Firehose, direct PUT: one stream for each event type, because a stream writes one schema."""

from collections.abc import Mapping, Sequence
from typing import Any

from .aws import Client, split, stream_of
from .exchange import Answer
from .packing import Limits, Parcel

RECORD_MAX_BYTES = 1_000 << 10
REQUEST_MAX_RECORDS = 500
REQUEST_MAX_BYTES = 4 << 20


class FirehoseSink:
    """Puts packed records into delivery streams.

    Args:
        streams: which event type goes to which stream.
        prefix: for every other type, the stream is this and the type.
        client: boto3's client, if not the default one. It is used in forked children too.
    """

    limits = Limits(RECORD_MAX_BYTES, REQUEST_MAX_RECORDS, REQUEST_MAX_BYTES, RECORD_MAX_BYTES)

    def __init__(
        self, *, streams: Mapping[str, str] | None = None, prefix: str | None = None, client: Any = None
    ) -> None:
        if not streams and prefix is None:
            raise ValueError(
                "A FirehoseSink needs streams={type: stream}, or prefix= for streams named <prefix><type>."
            )
        self._streams, self._prefix = streams, prefix
        self._client = Client("firehose", client)

    def group(self, event_type: object) -> str | None:
        """The name of the type's stream."""
        return stream_of(event_type, self._streams, self._prefix)

    def put(self, parcels: Sequence[Parcel]) -> Answer:
        """One ``PutRecordBatch``."""
        answered = self._client.call(
            "put_record_batch",
            parcels,
            DeliveryStreamName=parcels[0].group,
            Records=[{"Data": parcel.data} for parcel in parcels],
        )
        return answered if isinstance(answered, Answer) else split(answered["RequestResponses"], parcels)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()
