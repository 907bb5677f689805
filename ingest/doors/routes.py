"""Which door a request is for."""

from collections.abc import Mapping

from ingest.doors import aws_api, beacon, consent, langfuse_http, native, otlp_http, segment, sources
from ingest.doors.exchange import Door, Request

_OWN = {
    "/v1/events": native.DOOR,
    "/v1/beacon": beacon.DOOR,
    "/v1/traces": otlp_http.TRACES,
    "/v1/logs": otlp_http.LOGS,
    "/v1/consent": consent.DOOR,
}
DOORS: Mapping[str, Door] = {**_OWN, **langfuse_http.DOORS, **segment.DOORS}
"""Doors that are a path of their own."""

KNOWN = (
    *(f"POST {path}" for path in (*_OWN, sources.PATTERN)),
    "and what the clients of Langfuse, Segment, Kinesis and Firehose ask for",
)
"""What there is, for whoever asked for something else."""


def find(request: Request) -> Door | None:
    """The door that a request is for, whatever its method; None where there is none."""
    path = request.path.partition("?")[0]
    return DOORS.get(path) or sources.find(path) or (aws_api.find(request) if path == "/" else None)
