"""moto's server: S3, Glue's catalog and others behind their own APIs, in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from tests.services.ports import free_port, wait_for_port

ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}
_START_S = 60


@contextmanager
def moto() -> Iterator[str]:
    """The address of a server with nothing in it."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, server, _START_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def client(service: str, url: str) -> Any:
    """boto3's client of a service there."""
    return boto3.client(service, endpoint_url=url, **ACCOUNT)
