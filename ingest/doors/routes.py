"""Which door a request is for."""

from collections.abc import Mapping

from ingest.doors import native, otlp_http
from ingest.doors.exchange import Door, Request

DOORS: Mapping[str, Door] = {
    "/v1/events": native.DOOR,
    "/v1/traces": otlp_http.TRACES,
}
"""Doors that are a path of their own."""

KNOWN = tuple(f"{'/'.join(door.methods)} {path}" for path, door in DOORS.items())
"""What there is, for whoever asked for something else."""


def find(request: Request) -> Door | None:
    """The door that a request is for, whatever its method; None where there is none."""
    return DOORS.get(request.path.partition("?")[0])
