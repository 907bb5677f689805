"""``promptlake doctor``: of a folder, and of a stage in an account."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from dashboards.dictionary.page import script_hash
from infra.aws import deploying
from infra.aws.doctor.after import AFTER
from infra.aws.doctor.before import BEFORE, model_access
from infra.aws.doctor.examining import examine
from infra.aws.doctor.function import NOT_TOLD, PROBLEMS_METRIC, STAGE_VARIABLE, handler
from infra.aws.names import BRONZE_TABLES, Names
from infra.aws.pages import put_pages
from infra.aws.rooms.flows import build_flow
from infra.aws.session import Clients
from infra.aws.stage import StageError, read_stage
from infra.local import cli
from ingest.contracts import layout
from ingest.contracts.derive import glue_columns, table_columns
from ingest.delivery.privacy.keys import Keyring, parse_keys
from ingest.delivery.unavailable import Unavailable
from tests.lakes import build_lake, event, make_lake, send
from tests.services.moto import ACCOUNT, client, moto
from tests.tables import make_table

SETTINGS = (
    f'account = "123456789012"\nregion = "{ACCOUNT["region_name"]}"\nalarms = ["a@example.com"]\nbudget_usd = 10\n'
)


def test_a_folder_is_looked_at_and_told_what_to_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event()])

    def doctor() -> tuple[int, dict[str, list[str]]]:
        code = cli.main(["doctor", "--lake", str(lake.root), "--json"])
        return code, json.loads(capsys.readouterr().out)

    code, found = doctor()
    assert (code, found["builds"]) == (1, ["Nothing has been built yet; run `promptlake build`."])
    build_lake(lake)
    assert doctor() == (0, {check: [] for check in found})
    (lake.root / layout.SETTINGS_FILE).write_text("[retention.silver]\nnowhere = 3\n")
    code, found = doctor()
    assert code == 1
    assert "there is no table 'nowhere'" in found["settings"][0]
    assert cli.main(["doctor", "--lake", str(lake.root)]) == 1
    assert "✗ settings: " in (said := capsys.readouterr().out)
    assert "✓ counts: in order" in said


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture
def names(tmp_path: Path) -> Names:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/dev.toml").write_text(SETTINGS)
    return Names(read_stage("dev", tmp_path / "stages"))


@pytest.fixture
def clients(url: str) -> Clients:
    client("s3", url)  # a region of its own
    return lambda service, _region=None: client(service, url)


def problems(names: Names, clients: Clients) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in examine(names, clients, AFTER):
        found.setdefault(one.check, []).extend([one.problem] if one.problem else [])
    return found


@pytest.mark.parametrize(
    ("sender", "to_do"),
    [("reports@example.com", "open the mail from AWS"), ("example.com", "write the records that its console shows")],
)
def test_a_sender_that_nobody_has_verified_is_told(tmp_path: Path, clients: Clients, sender: str, to_do: str) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/dev.toml").write_text(f'{SETTINGS}sender = "{sender}"\n')
    names = Names(read_stage("dev", tmp_path / "stages"))
    assert problems(names, clients)["sender"] == [f"SES in us-east-1 does not know {sender}; deploy again."]
    clients("sesv2").create_email_identity(EmailIdentity=sender)
    (said,) = problems(names, clients)["sender"]
    assert said == f"{sender} is not verified in SES, so that nothing is mailed from it; {to_do}."


def set_up(names: Names, clients: Clients) -> None:
    """What a deployment leaves in an account."""
    s3, dynamodb, glue = clients("s3"), clients("dynamodb"), clients("glue")
    for bucket in (names.lake, names.backups):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for table in (names.access, names.ledger, names.templates):
        make_table(dynamodb, table)
        dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    told = {"Name": layout.BRONZE, "Description": "promptlake's bronze tables, stage dev"}
    glue.create_database(DatabaseInput=told)
    for table in BRONZE_TABLES:
        columns = glue_columns(table_columns(table))
        glue.create_table(
            DatabaseName=layout.BRONZE, TableInput={"Name": table, "StorageDescriptor": {"Columns": columns}}
        )
        to = {"BucketARN": names.bucket_arn(names.lake), "RoleARN": "arn:aws:iam::123456789012:role/f"}
        clients("firehose").create_delivery_stream(
            DeliveryStreamName=names.stream(table), S3DestinationConfiguration=to
        )
    clients("sns").create_topic(Name=names.topic)
    role = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::123456789012:role/logs"}
    clients("apigateway").update_account(patchOperations=[role])
    s3.put_object(Bucket=names.lake, Key=layout.POINTER, Body=b"{}")


def test_an_account_is_looked_at_and_told_what_to_mend(
    names: Names,
    clients: Clients,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty = problems(names, clients)
    assert set(empty) == set(AFTER)
    assert "`promptlake deploy` makes it" in empty["pseudonyms' keys"][0]
    assert all(empty[check] for check in ("buckets", "tables", "streams", "columns", "alarms are heard", "publication"))

    set_up(names, clients)
    assert deploying.ensure_keys(names.stage, clients("ssm"))
    value = clients("ssm").get_parameter(Name=names.keys_parameter, WithDecryption=True)["Parameter"]["Value"]
    assert Keyring(parse_keys(value)).pseudonym("ann").startswith("p1-")
    assert not deploying.ensure_keys(names.stage, clients("ssm")), "a key that is there is not touched"
    found = problems(names, clients)
    assert {check: told for check, told in found.items() if told and check != "Lambda's quota"} == {}

    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": ACCOUNT["region_name"],
        "AWS_ACCESS_KEY_ID": ACCOUNT["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": ACCOUNT["aws_secret_access_key"],
        STAGE_VARIABLE: names.stage.model_dump_json(exclude=NOT_TOLD),
    }.items():
        monkeypatch.setenv(name, value)
    told = handler({}, None)["problems"]
    assert [problem for problem in told if not problem.startswith("Lambda's quota")] == []
    measured = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [line[PROBLEMS_METRIC] for line in measured] == [[float(len(told))]]

    clients("s3").put_bucket_versioning(Bucket=names.lake, VersioningConfiguration={"Status": "Suspended"})
    first, *others = glue_columns(table_columns("feedback"))
    clients("glue").update_table(
        DatabaseName=layout.BRONZE, TableInput={"Name": "feedback", "StorageDescriptor": {"Columns": others}}
    )
    found = problems(names, clients)
    assert found["buckets"] == [f"The bucket {names.lake} keeps no versions; switch versioning on again, or deploy."]
    assert found["columns"] == [
        f"Glue's bronze.feedback differs from the contract, in {first['Name']}; deploy this version."
    ]


AVAILABLE = {
    "modelId": "amazon.nova-lite-v1:0",
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


@pytest.mark.parametrize(
    ("model", "answer", "told"),
    [
        ("eu.amazon.nova-lite-v1:0", {}, None),
        ("eu.amazon.nova-lite-v1:0", {"regionAvailability": "NOT_AVAILABLE"}, None),
        ("amazon.nova-lite-v1:0", {"regionAvailability": "NOT_AVAILABLE"}, "Bedrock has no amazon.nova-lite-v1:0 in"),
        ("amazon.nova-lite-v1:0", {"authorizationStatus": "NOT_AUTHORIZED"}, "accept its provider's terms"),
        (
            "amazon.nova-lite-v1:0",
            {"agreementAvailability": {"status": "NOT_AVAILABLE"}},
            "accept its provider's terms",
        ),
    ],
)
def test_a_model_that_the_account_may_not_ask_is_told_before_a_deployment(
    tmp_path: Path, url: str, model: str, answer: dict[str, Any], told: str | None
) -> None:
    (tmp_path / "asking.toml").write_text(SETTINGS + 'models = "models.toml"\n')
    (tmp_path / "models.toml").write_text(f'[models]\ndefault = "{model}"\n[models.providers.aws]\nkind = "bedrock"\n')
    bedrock = client("bedrock", url)
    with Stubber(bedrock) as stubbed:  # there is no Bedrock to ask here; what is asked is held against its own model
        asked = {"modelId": "amazon.nova-lite-v1:0"}
        stubbed.add_response("get_foundation_model_availability", AVAILABLE | answer, asked)
        (found,) = examine(Names(read_stage("asking", tmp_path)), lambda _: bedrock, {"models": model_access})
    assert (found.problem is None) == (told is None)
    assert told is None or told in str(found.problem)


def test_models_that_another_provider_answers_are_nobody_s_to_look_for_in_bedrock(tmp_path: Path, url: str) -> None:
    (tmp_path / "asking.toml").write_text(SETTINGS + 'models = "models.toml"\n')
    models = tmp_path / "models.toml"
    models.write_text('[models]\ndefault = "m"\n[models.providers.own]\nbase_url = "http://models.example"\n')
    names = Names(read_stage("asking", tmp_path))
    assert list(model_access(names, lambda service: client(service, url))) == []
    models.write_text("[models]\ndefault = 3\n")
    (told,) = model_access(names, lambda service: client(service, url))
    assert "models.toml can't be used (models.default: " in told


def test_a_second_stage_in_the_region_and_another_account_are_refused_before_anything_is_done(
    names: Names, clients: Clients, tmp_path: Path
) -> None:
    (tmp_path / "stages/prod.toml").write_text(SETTINGS)
    second = read_stage("prod", tmp_path / "stages")
    found = {one.check: one.problem for one in examine(Names(second), clients, BEFORE)}
    assert "give stage prod another region or account" in str(found["one stage a region"])
    (tmp_path / "stages/other.toml").write_text(SETTINGS.replace("123456789012", "210987654321"))
    other = read_stage("other", tmp_path / "stages")
    with pytest.raises(
        StageError, match=r"Nothing was deployed\. Account: The credentials are of account 123456789012"
    ):
        deploying.check(other, clients)


def test_boards_are_refused_where_quicksight_has_no_such_group(names: Names, clients: Clients) -> None:
    path = names.stage.folder / "boards.toml"
    path.write_text(SETTINGS + '[quicksight.groups]\nanalysts = ["*"]\nsupport = ["support"]\n')
    stage = read_stage("boards", names.stage.folder)
    service = clients("quicksight")
    service.create_group(AwsAccountId=stage.account, Namespace="default", GroupName="analysts")

    def found() -> list[str | None]:
        return [one.problem for one in examine(Names(stage), clients, {"QuickSight": BEFORE["QuickSight"]})]

    edition, group = found()  # an account of moto's has the Standard edition
    assert "has rules by row in its Enterprise edition only" in str(edition)
    assert "has no group support in us-east-1, namespace default; make it there" in str(group)
    service.create_group(AwsAccountId=stage.account, Namespace="default", GroupName="support")
    assert found() == [edition]


def test_boards_that_are_switched_off_are_removed(names: Names, clients: Clients) -> None:
    cloudformation = clients("cloudformation")
    assert not deploying.remove_boards(names.stage, cloudformation), "there were none"
    for part in ("boards", "app"):
        template = {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}
        cloudformation.create_stack(StackName=names.stack(part), TemplateBody=json.dumps(template))
    assert deploying.remove_boards(names.stage, cloudformation)
    left = {one["StackName"] for one in cloudformation.describe_stacks()["Stacks"]}
    assert left == {names.stack("app")}


def test_the_dictionary_is_put_where_people_read_it_and_old_pages_go(names: Names, clients: Clients) -> None:
    s3 = clients("s3")
    s3.create_bucket(Bucket=names.pages)
    s3.put_object(Bucket=names.pages, Key="tables/gold.gone.html", Body=b"a table of another version")
    s3.put_object(Bucket=names.pages, Key="console/app.js", Body=b"somebody else's")
    many = put_pages(s3, names.pages)
    found = {entry["Key"] for entry in s3.list_objects_v2(Bucket=names.pages)["Contents"]}
    assert len(found) == many + 1
    assert {"index.html", "tables/gold.cost_daily.html", "console/app.js"} <= found
    assert "tables/gold.gone.html" not in found
    first = s3.get_object(Bucket=names.pages, Key="index.html")
    assert first["ContentType"].startswith("text/html")
    assert script_hash() in first["Body"].read().decode()


def test_cdk_is_told_the_same_stage(names: Names, tmp_path: Path) -> None:
    stages = tmp_path / 'a "folder" of $HOME'
    command = deploying.cdk_command(names.stage, stages, ["deploy", "--all"])
    assert command[:5] == ["npx", "--yes", deploying.CDK, "deploy", "--all"]
    asked = f"printf '%s\\n' {command[command.index('--app') + 1]}"  # of a shell, as CDK does
    app = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, check=True).stdout.splitlines()
    assert app[:6] == [sys.executable, "-m", "infra.aws.app", "--stage", "dev", "--stages"]
    assert app[6:8] == [str(stages), "--packages"]
    assert json.dumps(build_flow(names, is_spark=False)).count(names.topic_arn) == 2


def test_a_stage_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("deploy", "diff", "destroy", "doctor"):
        words: list[Any] = [action, "--stage", "prod", "--stages", str(tmp_path)]
        assert cli.main(words) == 1
        assert "There are no settings for a stage 'prod'" in capsys.readouterr().err


_WITHOUT_BOTO3 = """
import sys
for name in ("boto3", "botocore", "botocore.exceptions"):
    sys.modules[name] = None  # as where it is not installed
from infra.local.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "words", [("doctor",), ("deploy",), ("diff",), ("access", "add", "--role", "viewer")], ids=lambda words: words[0]
)
def test_without_what_speaks_with_aws_it_is_said_what_to_install(names: Names, words: tuple[str, ...]) -> None:
    asked = [sys.executable, "-c", _WITHOUT_BOTO3, *words, "--stage", "dev", "--stages", str(names.stage.folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "promptlake: What speaks with AWS is not installed; "
        "`pip install --require-hashes -r requirements/deploy.txt`.\n"
    )


def signed_in(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": ACCOUNT["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": ACCOUNT["aws_secret_access_key"],
    }.items():
        monkeypatch.setenv(name, value)


def test_keys_of_a_stage_are_made_listed_and_ended_there(
    names: Names, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (names.stage.folder / "keys.toml").write_text(SETTINGS)
    make_table(client("dynamodb", url), Names(read_stage("keys", names.stage.folder)).access)
    signed_in(url, monkeypatch)

    def access(*words: str) -> tuple[int, str]:
        code = cli.main(["access", *words, "--stage", "keys", "--stages", str(names.stage.folder)])
        told = capsys.readouterr()
        return code, told.out + told.err

    assert access("list") == (0, "No key was made: nobody may send or read.\n")
    code, told = access("add", "--role", "emitter", "--note", "checkout")
    key_id = told[4:16]
    assert (code, f"`promptlake access revoke {key_id} --stage keys`" in told) == (0, True)
    assert access("revoke", key_id)[0] == 0
    (listed,) = json.loads(access("list", "--json")[1])
    assert (listed["id"], listed["role"], listed["note"]) == (key_id, "emitter", "checkout")
    assert listed["made_at"] <= listed["revoked_at"]
    code, told = access("revoke", key_id)
    assert (code, "`promptlake access list --stage keys` gives the ids" in told) == (1, True)


def test_keys_of_a_stage_that_is_not_deployed_are_refused_in_a_sentence(
    names: Names, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (names.stage.folder / "new.toml").write_text(SETTINGS)
    signed_in(url, monkeypatch)
    words = ["access", "add", "--role", "viewer", "--stage", "new", "--stages", str(names.stage.folder)]
    assert cli.main(words) == 1
    assert "promptlake: DynamoDB can't be asked: " in (said := capsys.readouterr().err)
    assert "ResourceNotFoundException" in said


def test_keys_that_can_not_be_looked_for_are_none_that_is_missing(names: Names) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and listens to nobody
        at = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        ssm = boto3.client("ssm", endpoint_url=at, config=Config(retries={"max_attempts": 0}), **ACCOUNT)
        with pytest.raises(Unavailable, match="Systems Manager can't be asked"):
            deploying.ensure_keys(names.stage, ssm)
