"""The stacks of two stages: what they may do, what they keep, what they cost at rest, and that they follow from the
contracts, the API and the objectives. All in one file, since making them takes half a minute.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from dashboards.boards import load_boards
from dashboards.quicksight import BOARDS
from infra.aws.costs.assumptions import load_assumptions
from infra.aws.names import BRONZE_TABLES
from infra.aws.openapi import api_document
from infra.aws.reports.mailing import PREFIX
from infra.aws.reports.post import REPORT_TAG
from infra.aws.rooms.api_document import AUTHORIZER, OPEN, UNSUBSCRIBE
from infra.aws.slos import objectives
from ingest.contracts import layout
from ingest.contracts.derive import glue_columns, table_columns
from serving.lambdas import variables
from sql.question import questions
from tests.infra.aws.stack.templates import ROOT, STAGES, Synthesised, Template, needs_node, synthesise
from tests.tables import make_table

_KNOWN_TO_CDK = "W3005"  # CDK says a dependency that follows from a reference once more

_TOLD_WHOLE = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "bedrock:PutModelInvocationLoggingConfiguration",
    "bedrock:DeleteModelInvocationLoggingConfiguration",
    "bedrock:ListFoundationModels",
    "bedrock:GetFoundationModelAvailability",
    "lambda:GetAccountSettings",
    "ses:GetAccount",
    "sts:GetCallerIdentity",
    "athena:ListDataCatalogs",
    "athena:ListWorkGroups",
}
"""Actions that have no resource; and those by which Step Functions delivers its logs, all of which begin alike."""


pytestmark = needs_node


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesised]:
    out = tmp_path_factory.mktemp("stacks")
    return {name: synthesise(name, out) for name in STAGES}


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return api_document()


@pytest.fixture(params=STAGES)
def made(every: dict[str, Synthesised], request: pytest.FixtureRequest) -> Synthesised:
    return every[request.param]


def statements(template: Template) -> Iterator[dict[str, Any]]:
    for kind in ("IAM::Policy", "IAM::ManagedPolicy", "S3::BucketPolicy", "SNS::TopicPolicy", "SQS::QueuePolicy"):
        for policy in template.of(kind):
            yield from policy["PolicyDocument"]["Statement"]
    for role in template.of("IAM::Role"):
        for policy in role.get("Policies", ()):
            yield from policy["PolicyDocument"]["Statement"]


def listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def test_cloudformation_would_take_them(every: dict[str, Synthesised]) -> None:
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    paths = [str(template.path) for made in every.values() for template in made]
    done = subprocess.run(
        [lint, "-i", _KNOWN_TO_CDK, "-r", "eu-central-1", "--", *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_nobody_may_do_more_than_is_named(made: Synthesised) -> None:
    for template in made:
        for one in statements(template):
            if one["Effect"] == "Deny":
                continue
            actions, resources = listed(one["Action"]), listed(one["Resource"])
            assert not [action for action in actions if "*" in action], one
            if "*" in resources:
                assert {a for a in actions if not a.startswith("logs:")} <= _TOLD_WHOLE, one
        managed = [role["ManagedPolicyArns"] for role in template.of("IAM::Role") if "ManagedPolicyArns" in role]
        assert managed == []


def test_each_function_is_alone_traced_and_ends_its_log(made: Synthesised) -> None:
    functions = [one for one in made.app.of("Lambda::Function") if "FunctionName" in one]
    roles = Counter(json.dumps(one["Role"]) for one in functions)
    assert set(roles.values()) == {1}
    own = [one for one in functions if not str(one["FunctionName"]).endswith("bedrock-logging")]
    assert {one["FunctionName"].removeprefix(made.stage.named("")) for one in own} >= {
        "collector",
        "transform",
        "api",
        "jobs",
    }
    for one in own:
        assert one["Architectures"] == ["arm64"], one["FunctionName"]
        assert one["TracingConfig"] == {"Mode": "Active"}
        assert one["LoggingConfig"]["LogFormat"] == "JSON"
    for log in made.app.of("Logs::LogGroup"):
        assert log["RetentionInDays"] in (1, made.stage.logs_days)


def test_what_is_kept_is_encrypted_asked_by_tls_and_stays(made: Synthesised) -> None:
    for name, one in [pair for stack in made.kept for pair in stack.resources.items()]:
        if one["Type"] in ("AWS::S3::Bucket", "AWS::DynamoDB::GlobalTable", "AWS::Cognito::UserPool"):
            assert (one["DeletionPolicy"], one["UpdateReplacePolicy"]) == ("Retain", "Retain"), name
    buckets = [bucket for stack in made.kept for bucket in stack.of("S3::Bucket")]
    for bucket in buckets:
        assert bucket["BucketEncryption"]
        kept = {"Status": "Enabled"} if bucket["BucketName"] != made.names.passing else None
        assert bucket.get("VersioningConfiguration") == kept, "what passes has passed: prompts for one day"
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (old,) = [rule for rule in bucket["LifecycleConfiguration"]["Rules"] if rule["Id"] == "old-versions"]
        assert old["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    denied = [one for stack in made.kept for one in statements(stack) if one["Effect"] == "Deny"]
    by_tls = [one for one in denied if one["Condition"].get("Bool") == {"aws:SecureTransport": "false"}]
    assert len(by_tls) == len(buckets)


def test_a_copy_in_another_region_goes_with_what_it_is_a_copy_of(every: dict[str, Synthesised]) -> None:
    assert every["dev"].copies is None, "it is kept twice, so nothing is copied unless asked for"
    assert not [b for b in every["dev"].data.of("S3::Bucket") if "ReplicationConfiguration" in b]
    made = every["prod"]
    assert made.copies
    copied = {b["BucketName"]: b for b in made.data.of("S3::Bucket") if "ReplicationConfiguration" in b}
    copies = {b["BucketName"]: b for b in made.copies.of("S3::Bucket")}
    assert copied.keys() == {made.names.lake, made.names.backups}
    assert copies.keys() == {made.names.copy_of(name) for name in copied}
    assert all(len(name) <= 63 - (len("a" * 12) - len(made.stage.name)) - len("ap-southeast-1") + len("eu-west-1")
               for name in copies), "the longest names of stages and regions fit as well"  # fmt: skip
    for name, bucket in copied.items():
        (rule,) = bucket["ReplicationConfiguration"]["Rules"]
        assert rule["Destination"]["Bucket"] == made.names.bucket_arn(made.names.copy_of(name))
        assert (rule["Status"], rule["Filter"]) == ("Enabled", {"Prefix": ""})
        assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
        same = copies[made.names.copy_of(name)]
        assert same["LifecycleConfiguration"] == bucket["LifecycleConfiguration"], "S3 copies no expiry"
        assert same["VersioningConfiguration"] == bucket["VersioningConfiguration"]
    for table in made.data.of("DynamoDB::GlobalTable"):
        assert {replica["Region"] for replica in table["Replicas"]} == {made.stage.region, "eu-west-1"}


def test_the_stack_that_may_be_destroyed_keeps_nothing(made: Synthesised) -> None:
    kinds = {one["Type"] for one in made.app.resources.values()}
    assert not kinds & {"AWS::S3::Bucket", "AWS::DynamoDB::GlobalTable", "AWS::Glue::Table", "AWS::Cognito::UserPool"}
    assert [name for name, one in made.app.resources.items() if one.get("DeletionPolicy") == "Retain"
            and one["Type"] not in ("AWS::ApiGateway::Deployment", "AWS::Lambda::Version")] == []  # fmt: skip
    imported = json.dumps(made.app.resources).split('"Fn::ImportValue": "')[1:]
    assert all("People" in name for name in imported), "only ids of the pool are not told by name"


class _Created:
    """What a table is made with, as tests make it."""

    def create_table(self, **said: Any) -> None:
        self.said = said


def test_tables_have_the_keys_that_the_stores_use(made: Synthesised) -> None:
    as_tested = _Created()
    make_table(as_tested, "any")
    tables = {table["TableName"]: table for table in made.data.of("DynamoDB::GlobalTable")}
    assert tables.keys() == {made.names.access, made.names.ledger, made.names.templates}
    for table in tables.values():
        assert table["KeySchema"] == as_tested.said["KeySchema"]
        assert table["BillingMode"] == as_tested.said["BillingMode"]
        for replica in table["Replicas"]:
            assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
            assert replica["DeletionProtectionEnabled"] is True
    expiring = {name for name, table in tables.items() if "TimeToLiveSpecification" in table}
    assert expiring == {made.names.templates}


def test_streams_and_tables_have_the_columns_of_the_contracts(made: Synthesised) -> None:
    tables = {one["TableInput"]["Name"]: one["TableInput"] for one in made.data.of("Glue::Table")
              if one["DatabaseName"] == layout.BRONZE}  # fmt: skip
    assert set(tables) == set(BRONZE_TABLES)
    for name, table in tables.items():
        assert table["StorageDescriptor"]["Columns"] == glue_columns(table_columns(name))
        assert table["StorageDescriptor"]["Location"] == f"s3://{made.names.lake}/{layout.bronze_table(name)}"
        assert table["Parameters"]["projection.enabled"] == "true"
    streams = {one["DeliveryStreamName"]: one["ExtendedS3DestinationConfiguration"]
               for one in made.app.of("KinesisFirehose::DeliveryStream")}  # fmt: skip
    assert set(streams) == {made.names.stream(name) for name in BRONZE_TABLES}
    for name in BRONZE_TABLES:
        to = streams[made.names.stream(name)]
        schema = to["DataFormatConversionConfiguration"]["SchemaConfiguration"]
        assert (schema["DatabaseName"], schema["TableName"]) == (layout.BRONZE, name)
        written = to["Prefix"].replace("!{timestamp:yyyy-MM-dd-HH}", "2026-11-23-09") + f"x{to['FileExtension']}"
        assert written == layout.bronze_object(name, "2026-11-23-09", "x")
        assert to["ErrorOutputPrefix"].startswith(f"{layout.failed(name)}/")


def test_the_gateway_has_every_route_and_lets_nobody_in_unknown(made: Synthesised, openapi: dict[str, Any]) -> None:
    (api,) = made.app.of("ApiGateway::RestApi")
    paths = api["Body"]["paths"]
    unsubscribing = paths.pop(UNSUBSCRIBE, {})
    assert set(unsubscribing) == ({"get", "post"} if made.stage.reports else set())
    asked = {(path.count("/"), method) for path, told in openapi["paths"].items() for method in told}
    there = {(path.count("/"), method) for path, told in paths.items() for method in told}
    assert there == asked | {(1, "get")}
    documented = sum(len(told) for told in openapi["paths"].values())
    assert sum(len(told) for told in paths.values()) == documented + 1, "and the document itself"
    names: dict[str, set[str]] = {}
    for path in paths:
        before, _, last = path.rpartition("/")
        if last.startswith("{"):
            names.setdefault(before, set()).add(last)
    assert {len(of_place) for of_place in names.values()} == {1}, "API Gateway takes one name for one place"
    for path, told in paths.items():
        for operation in told.values():
            assert bool(operation["security"]) == (path not in OPEN), path
    assert api["Body"]["components"]["securitySchemes"][AUTHORIZER]["x-amazon-apigateway-authtype"] == "custom"
    (stage,) = made.app.of("ApiGateway::Stage")
    assert stage["TracingEnabled"] is True
    assert stage["AccessLogSetting"]["DestinationArn"]
    assert not stage.get("CacheClusterEnabled"), "its key has one value of a parameter that is repeated"
    assert "cacheKeyParameters" not in json.dumps(api["Body"])


def test_each_objective_has_an_alarm_that_somebody_hears(made: Synthesised) -> None:
    alarms = {one["AlarmName"].removeprefix(made.stage.named("")): one for one in made.app.of("CloudWatch::Alarm")}
    absent = set() if made.stage.extras.kinesis else {"consumer-behind"}
    absent |= set() if made.stage.reports else {"reports-failed", "unsubscribe-errors", "bounces-unheard"}
    expected = {one.name for one in objectives()} - absent
    assert set(alarms) == expected
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [made.names.topic_arn], name
        assert f"docs/runbooks/{name}.md" in alarm["AlarmDescription"]
    mailed = {one["Endpoint"] for one in made.app.of("SNS::Subscription")}
    assert mailed == set(made.stage.alarms)


def test_at_rest_it_costs_what_the_cost_page_says(every: dict[str, Synthesised]) -> None:
    fixed = load_assumptions().fixed.default
    app = every["dev"].app
    assert len(app.of("CloudWatch::Alarm")) == fixed["alarm"].quantity
    assert len(app.of("CloudWatch::Dashboard")) == fixed["dashboard"].quantity
    kinds = {one["Type"] for template in every["dev"] for one in template.resources.values()}
    charged = {"AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::Kinesis::Stream", "AWS::EC2::NatGateway",
               "AWS::Synthetics::Canary", "AWS::WAFv2::WebACL", "AWS::Glue::Job"}  # fmt: skip
    assert not kinds & charged


def test_what_is_switched_on_is_there(every: dict[str, Synthesised]) -> None:
    app = every["prod"].app
    (job,) = app.of("Glue::Job")
    assert (job["GlueVersion"], job["DefaultArguments"]["--lake"]) == ("5.0", f"s3://{every['prod'].names.lake}")
    assert len(app.of("Kinesis::Stream")) == len(app.of("Lambda::Alias")) == 1
    filters = {one["LogGroupName"]: one for one in app.of("Logs::SubscriptionFilter")}
    assert set(filters) == {"/aws/bedrock/promptlake-prod-calls", "/aws/apigateway/shop", "/aws/lambda/shop"}
    (calls,) = [one for one in app.of("Logs::LogGroup") if one["LogGroupName"] == "/aws/bedrock/promptlake-prod-calls"]
    assert calls["RetentionInDays"] == 1, "prompts and answers stand in it"
    assert app.of("CloudWatch::MetricStream")
    assert app.of("SES::ConfigurationSetEventDestination")


def test_reports_are_scheduled_mailed_and_heard_of_where_the_owner_asks_for_them(
    every: dict[str, Synthesised],
) -> None:
    app, names = every["prod"].app, every["prod"].names
    schedules = {one["Name"].removeprefix(names.stage.named("")): one for one in app.of("Scheduler::Schedule")}
    asked = {name: one for name, one in schedules.items() if name.startswith("reports-")}
    assert {name: (one["ScheduleExpression"], json.loads(one["Target"]["Input"])) for name, one in asked.items()} == {
        "reports-product-week": ("cron(0 6 ? * MON *)", {"audience": "product", "period": "week"}),
        "reports-finance-month": ("cron(0 6 1 * ? *)", {"audience": "finance", "period": "month"}),
    }
    assert {one["Target"]["Arn"] for one in asked.values()} == {names.flow_arn("reports")}
    heard = [one["EventDestination"] for one in app.of("SES::ConfigurationSetEventDestination")]
    assert [one["MatchingEventTypes"] for one in heard if "EventBridgeDestination" in one] == [["BOUNCE", "COMPLAINT"]]
    (configuration,) = app.of("SES::ConfigurationSet")
    assert configuration["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    dev = json.dumps(every["dev"].app.resources).lower()
    assert "unsubscribe" not in dev
    assert "ses:" not in dev.replace("ses:getaccount", "")
    assert [one for one in every["dev"].app.of("Scheduler::Schedule") if "reports" in one["Name"]] == []


@pytest.mark.parametrize("what", ["reports", "unsubscribe", "bounces"])
def test_functions_of_reports_reach_no_key_and_no_consent(every: dict[str, Synthesised], what: str) -> None:
    names = every["prod"].names
    said = policy_of(every["prod"].app, what)
    tables = [one for one in said if any(action.startswith("dynamodb:") for action in listed(one["Action"]))]
    assert tables
    for one in tables:
        assert one["Resource"] == names.table_arn(names.access)
        assert one["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{PREFIX}*"]}}
        assert not {"dynamodb:Scan", "dynamodb:BatchGetItem"} & set(listed(one["Action"]))
    mails = [one for one in said if any(action.startswith("ses:") for action in listed(one["Action"]))]
    assert [one["Condition"] for one in mails] == (
        [{"StringEquals": {"ses:FromAddress": "promptlake@example.com"}}] if what == "reports" else []
    )
    written = [one["Resource"] for one in said if "s3:PutObject" in listed(one["Action"])]
    assert written == ([names.lake_arn(layout.REPORTS)] if what == "reports" else [])


def policy_of(template: Template, function: str) -> list[dict[str, Any]]:
    """What the role of one function may do."""
    found = [one for one in template.of("IAM::Policy") if f"Functions{function.capitalize()}Role" in one["PolicyName"]]
    return [statement for one in found for statement in one["PolicyDocument"]["Statement"]]


def test_the_rule_hears_of_reports_and_of_no_other_mail(every: dict[str, Synthesised]) -> None:
    (pattern,) = [one["EventPattern"] for one in every["prod"].app.of("Events::Rule") if "ses" in str(one)]
    tags = {"ses:configuration-set": [every["prod"].names.mail], REPORT_TAG: ["product"]}

    def is_heard(**told: Any) -> bool:
        said = {"id": "1", "detail-type": "Email Bounced", "source": "aws.ses", "account": "1", "region": "r"}
        said |= {"time": "2026-11-16T06:00:00Z", "resources": [], "detail": {"mail": {"tags": tags}}, **told}
        return bool(EventPattern.load(json.dumps(pattern)).matches_event(said))

    assert is_heard()
    assert is_heard(**{"detail-type": "Email Complaint Received"})
    assert not is_heard(**{"detail-type": "Email Delivered"})
    assert not is_heard(detail={"mail": {"tags": {"ses:configuration-set": [every["prod"].names.mail]}}})
    assert not is_heard(detail={"mail": {"tags": {**tags, "ses:configuration-set": ["another"]}}})


@pytest.mark.parametrize(("stage", "people"), [("dev", "5"), ("prod", "10")])
def test_answers_fold_groups_as_the_owner_has_set(every: dict[str, Synthesised], stage: str, people: str) -> None:
    name = every[stage].names.function("api")
    (api,) = [one for one in every[stage].app.of("Lambda::Function") if one.get("FunctionName") == name]
    assert api["Environment"]["Variables"][variables.SMALLEST_GROUP_VARIABLE] == people


def test_analysts_find_the_questions_that_are_asked_most(made: Synthesised) -> None:
    named = {one["Name"]: one for one in made.app.of("Athena::NamedQuery")}
    assert named.keys() == questions().keys() | {"refused_since_yesterday", "gate_findings_since_yesterday"}
    for name, question in questions().items():
        assert (named[name]["Description"], named[name]["QueryString"]) == (question.asks, question.sql)


def test_boards_are_there_where_they_are_asked_for(every: dict[str, Synthesised]) -> None:
    assert every["dev"].boards is None
    boards = every["prod"].boards
    assert boards is not None
    assert len(boards.of("QuickSight::Dashboard")) == len(boards.of("QuickSight::Analysis")) == len(load_boards(BOARDS))
    (source,) = boards.of("QuickSight::DataSource")
    assert source["DataSourceParameters"]["AthenaParameters"]["WorkGroup"] == every["prod"].names.workgroup
    (role,) = boards.of("IAM::Role")
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "quicksight.amazonaws.com"}
    assert boards.path.stat().st_size < 1_000_000, "CloudFormation's limit"
    assert len(boards.resources) < 500


def test_no_row_of_a_board_is_seen_without_a_rule(every: dict[str, Synthesised]) -> None:
    boards = every["prod"].boards
    assert boards is not None
    rules, others = [], []
    for one in boards.of("QuickSight::DataSet"):
        (rules if one.get("UseAs") == "RLS_RULES" else others).append(one)
    ((given,),) = [one["PhysicalTableMap"].values() for one in rules]
    assert "('support', 'support'), ('growth', 'growth')" in given["CustomSql"]["SqlQuery"]
    assert others
    for one in others:
        assert one["RowLevelPermissionDataSet"]["Status"] == "ENABLED"
        assert one["RowLevelPermissionDataSet"]["PermissionPolicy"] == "GRANT_ACCESS"
        assert one["RowLevelPermissionDataSet"]["Arn"].endswith(f"dataset/{rules[0]['DataSetId']}")
        assert one["IngestionWaitPolicy"] == {"WaitForSpiceIngestion": False}, "there may be nothing to read yet"


def test_a_document_of_a_board_is_made_after_what_it_refers_to(every: dict[str, Synthesised]) -> None:
    boards = every["prod"].boards
    assert boards is not None
    kinds = {name: one["Type"].rpartition("::")[2] for name, one in boards.resources.items()}
    after = {name: {kinds[other] for other in one.get("DependsOn", ())} for name, one in boards.resources.items()}
    expected = {
        "DataSource": {"Role", "Policy"},
        "DataSet": {"DataSource"},
        "RefreshSchedule": {"DataSet"},
        "Analysis": {"DataSet", "Theme"},
        "Dashboard": {"DataSet", "Theme"},
    }
    for name, kind in kinds.items():
        assert after[name] >= expected.get(kind, set()), name
    rules = [name for name, one in boards.resources.items() if one.get("Properties", {}).get("UseAs") == "RLS_RULES"]
    for name, kind in kinds.items():
        if kind == "DataSet" and name not in rules:
            assert set(boards.resources[name]["DependsOn"]) >= set(rules)


def test_each_alarm_has_a_runbook_and_each_runbook_an_alarm() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/runbooks").glob("*.md")}
    assert there == {one.runbook for one in objectives()}
