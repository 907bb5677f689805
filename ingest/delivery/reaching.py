"""Calls of AWS services whose failure passes."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from ingest.delivery.unavailable import Unavailable


@contextmanager
def reaching(service: str) -> Iterator[None]:
    """Let what a service refuses be known as ``Unavailable``."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(f"{service} can't be asked: {error}") from error
