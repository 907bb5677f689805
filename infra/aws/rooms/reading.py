"""Athena, for analysts: a workgroup that scans no more than it may, and the questions that are asked first."""

from aws_cdk import aws_athena as athena
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.storage import RESULTS
from sql.catalog import metrics, models

SCAN_MAX_BYTES = 100 << 30
"""Of one query: half a dollar."""


class Reading(Construct):
    """Results are encrypted and live for a week."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Reading")
        cfn = athena.CfnWorkGroup
        group = cfn(
            self,
            "Analysts",
            name=names.workgroup,
            description=f"promptlake, stage {names.stage.name}",
            recursive_delete_option=True,
            work_group_configuration=cfn.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=SCAN_MAX_BYTES,
                engine_version=cfn.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
                result_configuration=cfn.ResultConfigurationProperty(
                    output_location=f"s3://{names.passing}/{RESULTS}/",
                    encryption_configuration=cfn.EncryptionConfigurationProperty(encryption_option="SSE_S3"),
                    expected_bucket_owner=names.stage.account,
                ),
            ),
        )
        for title, query in queries().items():
            named = athena.CfnNamedQuery(
                self, title.title().replace(" ", ""), name=title, database="gold", query_string=query,
                work_group=names.workgroup,
            )  # fmt: skip
            named.add_resource_dependency(group)


def queries() -> dict[str, str]:
    """By title. Each follows from what the models and metrics say, so none names a column that there is not."""
    quarantine = (
        "SELECT code, message, COUNT(*) AS events FROM bronze.quarantine\n"
        "WHERE received_hour >= DATE_FORMAT(CURRENT_TIMESTAMP - INTERVAL '1' DAY, '%Y-%m-%d-%H')\n"
        "GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 100"
    )
    gaps = " OR ".join(f"{name} <> 0" for name in models()["gold.reconciliation"].columns if name.endswith("_gap"))
    return {
        "Cost by feature and model, last week": _by_week("cost_usd", ("feature", "model")),
        "Error rate by feature, last week": _by_week("error_rate", ("feature",)),
        "What was refused since yesterday": quarantine,
        "Hand-overs at which something is missing": f"SELECT * FROM gold.reconciliation WHERE {gaps}",
        "What the gate found yesterday": "SELECT * FROM operations.gate_results\n"
        "WHERE checked_day >= CURRENT_DATE - INTERVAL '1' DAY AND outcome <> 'passed'",
    }


def _by_week(name: str, keys: tuple[str, ...]) -> str:
    metric = metrics()[name]
    numbers = ", ".join(str(number) for number, _ in enumerate(keys, 1))
    return (
        f"SELECT {', '.join(keys)}, {metric.expression} AS {name}\nFROM gold.{metric.table}\n"
        f"WHERE day >= CURRENT_DATE - INTERVAL '7' DAY\nGROUP BY {numbers}\nORDER BY {len(keys) + 1} DESC"
    )
