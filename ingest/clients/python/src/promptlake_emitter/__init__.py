"""Sends an application's events to a promptlake without ever making it wait."""

from .emitter import Emitter
from .exchange import Answer, Parcel, Row, Sink
from .firehose_sink import FirehoseSink
from .http_sink import HttpSink
from .kinesis_sink import KinesisSink
from .not_taken import NotTaken
from .packing import Limits
from .tally import Stats

__all__ = [
    "Answer",
    "Emitter",
    "FirehoseSink",
    "HttpSink",
    "KinesisSink",
    "Limits",
    "NotTaken",
    "Parcel",
    "Row",
    "Sink",
    "Stats",
]
