"""Spark as Glue 5 has it, in this process, over a stand-in's S3 and Glue catalog."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.services.java import java_home
from tests.services.maven import jars
from tests.services.moto import ACCOUNT
from transforms.engines.spark_session import CATALOG, settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ICEBERG = "1.10.0"
_ARTIFACTS = (
    f"org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:{ICEBERG}",
    f"org.apache.iceberg:iceberg-aws-bundle:{ICEBERG}",
    "org.apache.hadoop:hadoop-aws:3.3.4",
)


@contextmanager
def spark(url: str, warehouse: str, others: Mapping[str, str] | None = None) -> Iterator["SparkSession"]:
    """A session whose catalog and objects are at ``url``, the lake's at ``warehouse``.

    Args:
        others: settings that are otherwise than tests of a few rows want them.
    """
    sql = pytest.importorskip("pyspark.sql", reason="There is no pyspark here; `make spark` adds it.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(java_home(17, below=18)))
        patch.delenv("SPARK_HOME", raising=False)
        builder = sql.SparkSession.builder.master("local[2]")
        for key, value in (settings(warehouse) | _here(url) | dict(others or {})).items():
            builder = builder.config(key, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


def _here(url: str) -> dict[str, str]:
    found = jars(*_ARTIFACTS)
    catalog, s3a = f"spark.sql.catalog.{CATALOG}", "spark.hadoop.fs.s3a"
    account = {
        "aws.region": ACCOUNT["region_name"],
        "aws.accessKeyId": ACCOUNT["aws_access_key_id"],
        "aws.secretAccessKey": ACCOUNT["aws_secret_access_key"],
    }
    return {
        "spark.jars": ",".join(str(jar) for jar in sorted(found.glob("*.jar"))),
        "spark.driver.extraJavaOptions": " ".join(["-XX:+UseSerialGC", *(f"-D{k}={v}" for k, v in account.items())]),
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Tables of a few rows: compiling and spreading a query takes longer than running it.
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        f"{catalog}.glue.endpoint": url,
        f"{catalog}.s3.endpoint": url,
        f"{catalog}.s3.path-style-access": "true",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        f"{s3a}.endpoint": url,
        f"{s3a}.path.style.access": "true",
        f"{s3a}.access.key": ACCOUNT["aws_access_key_id"],
        f"{s3a}.secret.key": ACCOUNT["aws_secret_access_key"],
    }
