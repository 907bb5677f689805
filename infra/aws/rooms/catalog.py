"""Glue's catalog: databases, and tables whose columns follow from a contract. The jobs make the Iceberg ones."""

from typing import Any

from aws_cdk import aws_glue as glue
from constructs import Construct

from infra.aws.names import BRONZE_TABLES, DATABASES, Names
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE, glue_table, table_columns
from ingest.contracts.registry import EVENTS
from sql.operations import gate_results_table

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_QUARANTINE_TITLE = "What was refused, and why"


class Catalog(Construct):
    """Partitions are not listed anywhere but projected, so a new hour needs nobody to add it."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Catalog")
        self._names = names
        databases = {name: self._database(name) for name in DATABASES}
        for name in BRONZE_TABLES:
            self._table(databases[layout.BRONZE], layout.BRONZE, bronze_table(name), layout.bronze_table(name))
        self._table(databases[layout.OPERATIONS], layout.OPERATIONS, gate_results_table(), layout.GATE_RESULTS)

    def _database(self, name: str) -> glue.CfnDatabase:
        described = glue.CfnDatabase.DatabaseInputProperty(
            name=name, description=f"promptlake's {name} tables, stage {self._names.stage.name}"
        )
        return glue.CfnDatabase(self, name.capitalize(), catalog_id=self._names.stage.account, database_input=described)

    def _table(self, database: glue.CfnDatabase, layer: str, table: dict[str, Any], folder: str) -> None:
        location = f"s3://{self._names.lake}/{folder}"
        (key,) = (column["Name"] for column in table["PartitionKeys"])
        parameters = {**table["Parameters"], "storage.location.template": f"{location}/{key}=${{{key}}}"}
        of_glue = glue.CfnTable(
            self,
            f"{layer.capitalize()}-{table['Name']}",
            catalog_id=self._names.stage.account,
            database_name=layer,
            table_input={
                "name": table["Name"],
                "description": table["Description"],
                "tableType": "EXTERNAL_TABLE",
                "parameters": parameters,
                "partitionKeys": [_lowered(column) for column in table["PartitionKeys"]],
                "storageDescriptor": {
                    "columns": [_lowered(column) for column in table["StorageDescriptor"]["Columns"]],
                    "location": location,
                    "inputFormat": f"{_PARQUET}.MapredParquetInputFormat",
                    "outputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
                    "serdeInfo": {"serializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
                },
            },
        )
        of_glue.add_resource_dependency(database)


def bronze_table(name: str) -> dict[str, Any]:
    """Glue's description of a bronze table, without where it lies."""
    title = _QUARANTINE_TITLE if name == QUARANTINE_TABLE else EVENTS[name].TITLE
    key = f"projection.{layout.HOUR_KEY}"
    return glue_table(name, title, table_columns(name)) | {
        "Parameters": {
            "classification": "parquet",
            "projection.enabled": "true",
            f"{key}.type": "date",
            f"{key}.format": layout.PROJECTION_HOUR_FORMAT,
            f"{key}.range": f"{layout.PROJECTED_FROM:{layout.HOUR_FORMAT}},NOW+1HOURS",
            f"{key}.interval": "1",
            f"{key}.interval.unit": "HOURS",
        }
    }


def _lowered(column: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in column.items()}
