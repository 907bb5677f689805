"""What was last published, out of the bucket; and feedback, into the stream."""

import os
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import boto3
import orjson
from botocore.exceptions import BotoCoreError, ClientError

from ingest.contracts import layout
from ingest.contracts.validate import Refusal, validate
from serving.lambdas.variables import BUCKET_VARIABLE
from sql.publication import read_publication
from sql.reader import NothingPublished, PublishedTables, Reader

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

    def current(self) -> PublishedTables:
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


@cache
def reader() -> BucketReader:
    """The one of this function, of the bucket that its environment names."""
    folder = Path(mkdtemp(prefix="promptlake-"))  # goes when the function's environment does
    return BucketReader(boto3.client("s3"), os.environ[BUCKET_VARIABLE], folder)


class Streams:
    """Take feedback and executions as they take what an owner's application puts there: the transform of each treats
    it as theirs.

    Args:
        client: boto3's Firehose client.
        prefix: what the streams are called before the event type.
    """

    def __init__(self, client: Any, prefix: str) -> None:
        self._client, self._prefix = client, prefix

    def record(self, event: dict[str, Any]) -> Refusal | None:
        """Return once it is in its stream, or say why it is not taken.

        Raises:
            OSError: the stream can't be reached.
        """
        checked = validate(event, datetime.now(UTC))
        if isinstance(checked, Refusal):
            return checked
        try:
            self._client.put_record(
                DeliveryStreamName=self._prefix + event["event_type"], Record={"Data": orjson.dumps(event) + b"\n"}
            )
        except (BotoCoreError, ClientError) as error:
            raise OSError(str(error)) from error
        return None
