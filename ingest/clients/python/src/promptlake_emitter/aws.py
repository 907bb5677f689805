"""What the two streams of AWS have in common. boto3 is imported when a sink is made, not before."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .exchange import Answer
from .packing import Parcel

PASSES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalFailure",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestExpired",
        "RequestTimeout",
        "ServiceUnavailableException",
        "ThrottlingException",
    }
)
"""Errors of a 4xx answer that another attempt may not meet."""


class Client:
    """boto3's client of one service, made anew after a fork unless it was given."""

    def __init__(self, service: str, given: Any = None) -> None:
        try:
            import botocore.exceptions
        except ImportError as error:
            message = "Firehose and Kinesis need boto3; install it with: pip install 'promptlake-emitter[aws]'"
            raise ImportError(message) from error
        self._failed = botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError
        self._service, self._given = service, given
        self._made: tuple[int, Any] | None = None
        self._client()

    def call(self, operation: str, parcels: Sequence[Parcel], **arguments: Any) -> Mapping[str, Any] | Answer:
        """What the service answers, or what its failure means for the parcels."""
        try:
            answered: Mapping[str, Any] = getattr(self._client(), operation)(**arguments)
        except self._failed as error:
            return _failure(error, parcels)
        return answered

    def close(self) -> None:
        """Close connections; a client that was given stays as it is."""
        if self._made:
            self._made[1].close()
            self._made = None

    def _client(self) -> Any:
        if self._given is not None:
            return self._given
        if self._made is None or self._made[0] != os.getpid():
            import boto3
            from botocore.config import Config

            # Repeated is here, where it can be counted. The default session is not for threads, so one of its own.
            config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})
            self._made = os.getpid(), boto3.session.Session().client(self._service, config=config)
        return self._made[1]


def _failure(error: Exception, parcels: Sequence[Parcel]) -> Answer:
    said = getattr(error, "response", {})
    code = said.get("Error", {}).get("Code", type(error).__name__)
    # Without an answer the service could not be reached, or boto3 found the call itself to be wrong.
    unanswered = 400 if code == "ParamValidationError" else 503
    status = said.get("ResponseMetadata", {}).get("HTTPStatusCode", unanswered)
    if status >= 500 or status == 429 or code in PASSES:
        return Answer(again=parcels, reason=str(error))
    return Answer(refused=Counter({code: events(parcels)}), reason=str(error))


def split(entries: Sequence[Mapping[str, Any]], parcels: Sequence[Parcel]) -> Answer:
    """What a batch's entries, in the order of its records, say of each."""
    again = [parcel for parcel, entry in zip(parcels, entries, strict=True) if entry.get("ErrorCode")]
    failed = next((entry for entry in entries if entry.get("ErrorCode")), {})
    reason = f"{failed['ErrorCode']}: {failed.get('ErrorMessage', '')}" if failed else ""
    return Answer(taken=events(parcels) - events(again), again=again, reason=reason)


def events(parcels: Sequence[Parcel]) -> int:
    """How many events parcels hold."""
    return sum(len(parcel.rows) for parcel in parcels)


def stream_of(event_type: object, streams: Mapping[str, str] | None, prefix: str | None) -> str | None:
    """The stream of a type: the one named for it, else prefix and type, else None."""
    if not isinstance(event_type, str):
        return None
    named = (streams or {}).get(event_type)
    return named or (None if prefix is None else prefix + event_type)
