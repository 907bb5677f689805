"""What was last published, out of the bucket; and feedback, into the stream."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from ingest.contracts import layout
from ingest.contracts.validate import Refusal, validate
from serving.logic.answer import Tables
from sql.publication import read_publication
from sql.reader import NothingPublished, Reader

REFRESH_S = 15.0
"""An answer is at most so much older than what is published."""


class BucketReader:
    """Follows the pointer in a bucket, and keeps the extracts that it names in a folder.

    Args:
        client: boto3's S3 client.
        bucket: the lake's.
        folder: where extracts are kept while the function lives.
        clock: seconds that never run backwards.
    """

    def __init__(self, client: Any, bucket: str, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._bucket, self._folder, self._clock = client, bucket, folder, clock
        self._reader = Reader(folder)
        self._looked_at_s = float("-inf")

    def current(self) -> Tables:
        """The tables last published.

        Raises:
            NothingPublished: nothing has been, or the bucket can't be read.
        """
        if self._clock() - self._looked_at_s >= REFRESH_S:
            try:
                self._refresh()
            except (BotoCoreError, ClientError) as error:
                raise NothingPublished(f"What was published can't be read ({error}); try again.") from error
            self._looked_at_s = self._clock()
        return self._reader.current()

    def _refresh(self) -> None:
        try:
            pointer = self._client.get_object(Bucket=self._bucket, Key=layout.POINTER)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return
        extracts = read_publication(pointer).paths
        for name in extracts:
            path = self._folder / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                fresh = path.with_suffix(".tmp")
                self._client.download_file(self._bucket, name, str(fresh))
                fresh.replace(path)
        place = self._folder / layout.POINTER
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(pointer)
        self._sweep(extracts)

    def _sweep(self, in_use: Collection[str]) -> None:
        """Who still reads others has them in memory; the disk of a function is small."""
        for path in self._folder.rglob("*.parquet"):
            if path.relative_to(self._folder).as_posix() not in in_use:
                path.unlink()


class Stream:
    """Takes feedback as the stream's other senders do; its consumer treats it as theirs.

    Args:
        client: boto3's Kinesis client.
        name: the stream's.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def record(self, event: dict[str, Any]) -> Refusal | None:
        """Return once it is in the stream, or say why it is not taken.

        Raises:
            OSError: the stream can't be reached.
        """
        checked = validate(event, datetime.now(UTC))
        if isinstance(checked, Refusal):
            return checked
        try:
            self._client.put_record(StreamName=self._name, Data=orjson.dumps(event), PartitionKey=event["event_id"])
        except (BotoCoreError, ClientError) as error:
            raise OSError(str(error)) from error
        return None
