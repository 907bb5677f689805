"""Who is told, and what is kept that nobody could be told: a topic, a queue, what may be spent, and mail."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_ce as ce
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.aws.names import Names
from infra.aws.rooms.permissions import accept

STAGE_TAG, TOOL_TAG = "promptlake:stage", "promptlake"
"""Cost-allocation tags that every resource has. An owner switches them on once in the billing console."""
_ANOMALY_USD = 5


class Telling(Construct):
    """The alarms' topic, with who is mailed; and the queue of dead letters."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "Telling")
        self.topic = sns.Topic(
            self, "Alarms", topic_name=names.topic, display_name=f"promptlake {names.stage.name}", enforce_ssl=True
        )
        for address in names.stage.alarms:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        for service in ("cloudwatch", "budgets", "costalerts", "events"):
            self.topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["sns:Publish"],
                    resources=[self.topic.topic_arn],
                    conditions={"StringEquals": {"aws:SourceAccount": names.stage.account}},
                )
            )
        self.letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=names.dead_letters,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        accept(self.letters, "AwsSolutions-SQS3", "It is the dead-letter queue of the others.")
        # What the API tells of budgets of prompts (docs/execution.md) reaches the same people.
        rule = events.Rule(
            self,
            "Budgets",
            rule_name=names.stage.named("budgets"),
            event_pattern=events.EventPattern(source=["promptlake"], detail_type=["Budget threshold reached"]),
        )
        rule.add_target(targets.SnsTopic(self.topic, dead_letter_queue=self.letters))


class Spending(Construct):
    """What the stage itself may cost, and what is unlike other days."""

    def __init__(self, scope: Construct, names: Names, topic: sns.Topic) -> None:
        super().__init__(scope, "Spending")
        cfn = budgets.CfnBudget
        told = [cfn.SubscriberProperty(address=address, subscription_type="EMAIL") for address in names.stage.alarms]
        budgets.CfnBudget(
            self,
            "Budget",
            budget=cfn.BudgetDataProperty(
                budget_name=names.stage.named("budget"),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=cfn.SpendProperty(amount=names.stage.budget_usd, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:{STAGE_TAG}${names.stage.name}"]},
            ),
            notifications_with_subscribers=[
                cfn.NotificationWithSubscribersProperty(
                    notification=cfn.NotificationProperty(
                        comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent
                    ),
                    subscribers=told[:10],
                )
                for kind, percent in (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
            ],
        )
        # An account may have one monitor of its services; a CUSTOM one of a tag stands beside whatever it has.
        specified = f'{{"Tags":{{"Key":"{STAGE_TAG}","Values":["{names.stage.name}"],"MatchOptions":["EQUALS"]}}}}'
        monitor = ce.CfnAnomalyMonitor(
            self,
            "Monitor",
            monitor_name=names.stage.named("anomalies"),
            monitor_type="CUSTOM",
            monitor_specification=specified,
        )
        ce.CfnAnomalySubscription(
            self,
            "Anomalies",
            subscription_name=names.stage.named("anomalies"),
            frequency="IMMEDIATE",
            monitor_arn_list=[monitor.attr_monitor_arn],
            subscribers=[ce.CfnAnomalySubscription.SubscriberProperty(type="SNS", address=topic.topic_arn)],
            threshold_expression=(
                '{"Dimensions":{"Key":"ANOMALY_TOTAL_IMPACT_ABSOLUTE","MatchOptions":["GREATER_THAN_OR_EQUAL"],'
                f'"Values":["{_ANOMALY_USD}"]}}}}'
            ),
        )


class Mail(Construct):
    """The address or domain that reports are sent from, and a configuration set that tells what became of them."""

    def __init__(self, scope: Construct, names: Names, sender: str) -> None:
        super().__init__(scope, "Mail")
        self.configuration = ses.CfnConfigurationSet(
            self,
            "Configuration",
            name=names.mail,
            delivery_options=ses.CfnConfigurationSet.DeliveryOptionsProperty(tls_policy="REQUIRE"),
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(reputation_metrics_enabled=True),
            # Whom the account's own list has is not mailed, whatever that is set to in the account.
            suppression_options=ses.CfnConfigurationSet.SuppressionOptionsProperty(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
        )
        identity = ses.CfnEmailIdentity(
            self,
            "Sender",
            email_identity=sender,
            configuration_set_attributes=ses.CfnEmailIdentity.ConfigurationSetAttributesProperty(
                configuration_set_name=names.mail
            ),
        )
        identity.node.add_dependency(self.configuration)
