"""DynamoDB's tables: what the functions share. Each has a partition key ``pk`` and a sort key ``sk``, both strings."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.aws.names import Names

EXPIRES = "expires_at_s"
"""Attribute of templates: answers that are kept for repetitions go at this time."""


class Tables(Construct):
    """Billed by request, with point-in-time recovery. They stay when the stack is destroyed."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Tables")
        copies_in = names.stage.extras.copies_in
        self._replicas = [dynamodb.ReplicaTableProps(region=copies_in)] if copies_in else []
        self._table("Access", names.access)
        self._table("Ledger", names.ledger)
        self._table("Templates", names.templates, EXPIRES)

    def _table(self, name: str, called: str, expires: str | None = None) -> None:
        dynamodb.TableV2(
            self,
            name,
            table_name=called,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.dynamo_owned_key(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
            time_to_live_attribute=expires,
            replicas=self._replicas,
        )
