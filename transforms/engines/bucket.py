"""A lake's objects in S3."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from transforms.engines.store import StoredFile

_ONE_THREAD = TransferConfig(use_threads=False)
"""For each object; whoever has many moves several at once."""
_REMOVED_AT_ONCE = 1000
"""S3's own limit."""


class Bucket:
    """Implements :class:`transforms.engines.store.Store`.

    Args:
        s3: boto3's S3 client, which several threads may use.
        name: of the bucket.
        prefix: where the lake is in it: empty, or with a slash at its end.
    """

    def __init__(self, s3: Any, name: str, prefix: str = "") -> None:
        self._s3, self.name, self.prefix = s3, name, prefix

    @property
    def location(self) -> str:
        """What stands before a path."""
        return f"s3://{self.name}/{self.prefix}"

    def read(self, path: str) -> bytes | None:
        try:
            answer = self._s3.get_object(Bucket=self.name, Key=self.prefix + path)
        except self._s3.exceptions.NoSuchKey:
            return None
        return bytes(answer["Body"].read())

    def replace(self, path: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self.name, Key=self.prefix + path, Body=content)

    def exists(self, path: str) -> bool:
        try:
            self._s3.head_object(Bucket=self.name, Key=self.prefix + path)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False
        return True

    def move(self, source: str, target: str) -> None:
        if self.exists(source):
            there = {"Bucket": self.name, "Key": self.prefix + source}
            self._s3.copy_object(Bucket=self.name, Key=self.prefix + target, CopySource=there)
            self.remove(source)

    def below(self, prefix: str) -> Iterator[str]:
        return (file.path for file in self.listed(prefix))

    def remove(self, path: str) -> None:
        self.remove_all([path])

    def remove_all(self, paths: Collection[str]) -> None:
        """Remove objects; those that are gone already stay so."""
        keys = [{"Key": self.prefix + path} for path in paths]
        for start in range(0, len(keys), _REMOVED_AT_ONCE):
            some = {"Objects": keys[start : start + _REMOVED_AT_ONCE], "Quiet": True}
            self._s3.delete_objects(Bucket=self.name, Delete=some)

    def listed(self, folder: str, after: str = "") -> Iterator[StoredFile]:
        """The objects below a folder in the order of their paths, from the one after ``after``."""
        now_s = time.time()
        start = {"StartAfter": self.prefix + after} if after else {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=f"{self.prefix}{folder}/", **start
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                path = str(entry["Key"]).removeprefix(self.prefix)
                yield StoredFile(path, now_s - entry["LastModified"].timestamp())

    def folders(self) -> Iterator[str]:
        """What the lake's first level is made of, without the files that lie there."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix, Delimiter="/")
        for page in pages:
            for entry in page.get("CommonPrefixes", ()):
                yield str(entry["Prefix"]).removeprefix(self.prefix).rstrip("/")

    def old_versions_kept(self, folders: Iterable[str]) -> timedelta | None:
        """How long the bucket keeps what was replaced or removed in some folders; None where no rule ends it."""
        if "Status" not in self._s3.get_bucket_versioning(Bucket=self.name):
            return timedelta(0)
        try:
            rules = self._s3.get_bucket_lifecycle_configuration(Bucket=self.name)["Rules"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
                raise
            return None
        days = [_noncurrent_days(rules, f"{self.prefix}{folder}/") for folder in folders]
        return None if None in days else timedelta(days=max(filter(None, days)))

    def download(self, path: str, to: Path) -> None:
        """Write an object to a file, which has another name until it is whole."""
        to.parent.mkdir(parents=True, exist_ok=True)
        self._s3.download_file(self.name, self.prefix + path, str(to), Config=_ONE_THREAD)

    def upload(self, file: Path, path: str) -> None:
        self._s3.upload_file(str(file), self.name, self.prefix + path, Config=_ONE_THREAD)


def _noncurrent_days(rules: Sequence[Mapping[str, Any]], prefix: str) -> int | None:
    """After how many days the first of a bucket's lifecycle rules removes old versions below a prefix."""
    days = [
        int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        for rule in rules
        if rule["Status"] == "Enabled"
        and rule.get("NoncurrentVersionExpiration", {}).keys() == {"NoncurrentDays"}  # or it keeps some for ever
        and rule.get("Filter", {}).keys() <= {"Prefix"}  # or it is about some objects only
        and prefix.startswith(rule.get("Filter", rule).get("Prefix", ""))
    ]
    return min(days, default=None)
