"""Athena, for analysts: a workgroup that scans no more than it may, and the questions that are asked first."""

from aws_cdk import aws_athena as athena
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.storage import RESULTS
from ingest.contracts import layout
from sql.question import Question, questions

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
        for asked in queries():
            title = asked.name.title().replace("_", "")
            named = athena.CfnNamedQuery(
                self, title, name=asked.name, description=asked.asks, database=layout.GOLD, query_string=asked.sql,
                work_group=names.workgroup,
            )  # fmt: skip
            named.add_resource_dependency(group)


def queries() -> list[Question]:
    """What is asked most, and what the gate and the contracts have refused, which only an account's tables tell."""
    return [
        *questions().values(),
        Question(
            "refused_since_yesterday",
            "What was refused since yesterday, and why?",
            "SELECT code, message, COUNT(*) AS events FROM bronze.quarantine\n"
            "WHERE received_hour >= DATE_FORMAT(CURRENT_TIMESTAMP - INTERVAL '1' DAY, '%Y-%m-%d-%H')\n"
            "GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 100",
        ),
        Question(
            "gate_findings_since_yesterday",
            "What has the gate found since yesterday?",
            "SELECT * FROM operations.gate_results\n"
            "WHERE checked_day >= CURRENT_DATE - INTERVAL '1' DAY AND outcome <> 'passed'",
        ),
    ]
