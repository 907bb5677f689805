"""DynamoDB Local: Amazon's own engine behind DynamoDB's API."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.services.maven import jars, java
from tests.services.ports import free_port

ARTIFACT = "software.amazon.dynamodb:DynamoDBLocal:3.1.0"
_START_S = 60
_ACCOUNT = {"region_name": "eu-central-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}


@contextmanager
def dynamodb_local() -> Iterator[str]:
    """The address of a server in memory."""
    folder = jars(ARTIFACT)
    port = free_port()
    main = "software.amazon.dynamodb.services.local.main.ServerRunner"
    command = [java(), f"-Djava.library.path={folder}", "-cp", f"{folder}/*", main, "-inMemory", "-port", str(port)]
    with TemporaryDirectory() as leavings:  # it writes about itself where it starts
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=leavings)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def client(url: str) -> Any:
    """boto3's client of such a server."""
    return boto3.client("dynamodb", endpoint_url=url, config=Config(retries={"total_max_attempts": 2}), **_ACCOUNT)


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    asked, end = client(url), time.monotonic() + _START_S
    while True:
        try:
            asked.list_tables()
        except (BotoCoreError, ClientError):
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
