"""Iceberg's own files of a lake in S3."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pyiceberg.io import FileIO, InputFile, OutputFile
from pyiceberg.typedef import EMPTY_DICT, Properties

if TYPE_CHECKING:
    from transforms.engines.mirror import Mirror

MIRROR = "lake.mirror"


class MirrorFileIO(FileIO):
    """Reads from the mirror's folder, where a file is brought once, and writes to the bucket and there.

    None of these files ever changes, and a build looks at each many times: at the footers of the data it has just
    written, and at the manifests that it has just committed.
    """

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties)
        self._mirror: Mirror = properties[MIRROR]

    def new_input(self, location: str) -> InputFile:
        return _File(location, self._mirror)

    def new_output(self, location: str) -> OutputFile:
        return _File(location, self._mirror)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        name = location if isinstance(location, str) else location.location
        self._mirror.discard([name.removeprefix(self._mirror.location)])


class _File(InputFile, OutputFile):
    def __init__(self, location: str, mirror: "Mirror") -> None:
        super().__init__(location)
        self._mirror, self._path = mirror, location.removeprefix(mirror.location)

    def __len__(self) -> int:
        return self._here().stat().st_size

    def exists(self) -> bool:
        return (self._mirror.root / self._path).exists() or self._mirror.bucket.exists(self._path)

    def open(self, seekable: bool = True) -> Any:  # noqa: ARG002 - it always is
        return self._here().open("rb")

    def to_input_file(self) -> InputFile:
        return self

    def create(self, overwrite: bool = False) -> Any:
        if not overwrite and self.exists():
            raise FileExistsError(f"{self.location} is there already.")
        return _Upload(self._mirror, self._path)

    def _here(self) -> Path:
        try:
            self._mirror.fetch([self._path])
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            raise FileNotFoundError(f"{self.location} is not in the bucket.") from error
        return self._mirror.root / self._path


class _Upload(io.BytesIO):
    """Bytes that become an object, whole, when they are closed; none when what writes them fails."""

    def __init__(self, mirror: "Mirror", path: str) -> None:
        super().__init__()
        self._mirror, self._path = mirror, path

    def __exit__(self, kind: Any, *error: object) -> None:
        if kind is None:
            self.close()
        else:
            super().close()

    def close(self) -> None:
        if not self.closed:
            content = self.getvalue()
            super().close()
            self._mirror.write(self._path, content)

    def __del__(self) -> None:
        super().close()  # what nobody has closed was never finished
