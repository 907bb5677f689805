"""The functions under Lambda's own runtime client, against moto's DynamoDB, S3 and Firehose."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.gateway import to_gateway_event
from ingest.contracts import layout
from serving.lambdas import variables
from serving.lambdas.publishing import BucketReader
from serving.logic.bundle import check_bundle
from serving.logic.restoring import restore
from serving.stores.dynamo import DynamoTable
from serving.stores.sqlite import SqliteTable
from serving.stores.templates.store import TemplateStore
from serving.stores.templates.wholes import everything
from tests.services.lambda_runtime import RuntimeApi, function, needs_runtime
from tests.services.moto import ACCOUNT, client, moto
from tests.serving.execution.model_server import model_server
from tests.serving.lakes import EXAMPLE, publish
from tests.tables import make_table

pytestmark = needs_runtime
STREAMED, ROLE = "streamed", "arn:aws:iam::123456789012:role/firehose"
JWT = {"claims": {"sub": "ann", "cognito:groups": "promptlake-editor,other"}}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto() as url:
        make_table(client("dynamodb", url), "templates")
        for bucket in ("lake", "backups", STREAMED):
            client("s3", url).create_bucket(Bucket=bucket)
        for event_type in ("feedback", "prompt_execution"):
            to = {"BucketARN": f"arn:aws:s3:::{STREAMED}", "RoleARN": ROLE, "Prefix": f"{event_type}/"}
            client("firehose", url).create_delivery_stream(
                DeliveryStreamName=f"events-{event_type}", S3DestinationConfiguration=to
            )
        yield url


def environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": ACCOUNT["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": ACCOUNT["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": ACCOUNT["region_name"],
        variables.TABLE_VARIABLE: "templates",
        variables.BUCKET_VARIABLE: "lake",
        variables.STREAMS_VARIABLE: "events-",
        variables.BACKUP_BUCKET_VARIABLE: "backups",
        "TMPDIR": str(folder),
    }


def ask(
    lambda_: type[RuntimeApi],
    method: str,
    path: str,
    body: Any = None,
    authorizer: Mapping[str, Any] = JWT,
    **headers: str,
) -> tuple[int, Any]:
    sent = b"" if body is None else json.dumps(body).encode()
    event = to_gateway_event(method, path, "", {"content-type": "application/json", **headers}, sent)
    event["requestContext"]["authorizer"] = authorizer
    lambda_.events.put(json.dumps(event).encode())
    kind, answer = lambda_.answers.get(timeout=60)
    assert kind == "response", answer
    document = json.loads(answer)
    return document["statusCode"], json.loads(document["body"])


def stored(url: str, event_type: str) -> list[dict[str, Any]]:
    """The events of a type that their stream took, in no order."""
    s3 = client("s3", url)
    objects = s3.list_objects_v2(Bucket=STREAMED, Prefix=f"{event_type}/").get("Contents", ())
    bodies = [s3.get_object(Bucket=STREAMED, Key=one["Key"])["Body"].read() for one in objects]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


class CallsItself(RuntimeApi):
    """Lambda's own API, too: what the function has called it for is the next thing that it does."""

    def other(self, body: bytes) -> bytes:
        self.events.put(body)
        return b""


def test_the_api_answers_under_the_runtime_of_lambda(aws: str, tmp_path: Path) -> None:
    with function("serving.lambdas.api.handler", environment(aws, tmp_path)) as lambda_:
        status, made = ask(lambda_, "POST", "/prompts/templates", {"id": "greeting", "body": "Hello"})
        assert (status, made["owner"]) == (201, "ann")
        assert ask(lambda_, "GET", "/prompts/templates/greeting")[1] == made
        assert ask(lambda_, "GET", "/prompts/templates/greeting", authorizer={})[0] == 401
        assert ask(lambda_, "GET", "/analytics/usage", authorizer={})[0] == 401
        assert ask(lambda_, "GET", "/status", authorizer={})[0] == 401
        status, found = ask(lambda_, "GET", "/status")
        assert (status, found["problems"]) == (200, ["Nothing has been built yet."])
        assert [(part["name"], part["is_up"]) for part in found["components"]] == [
            ("templates", True),
            ("lake", True),
            ("stream", True),
        ]
        assert ask(lambda_, "GET", "/analytics/usage")[1]["code"] == "nothing_published"
        lake = tmp_path / "lake"
        publish(lake, EXAMPLE)
        for path in (path for path in lake.rglob("*") if path.is_file()):
            client("s3", aws).upload_file(str(path), "lake", path.relative_to(lake).as_posix())
    with function("serving.lambdas.api.handler", environment(aws, tmp_path)) as lambda_:
        status, usage = ask(lambda_, "GET", "/analytics/usage")
        assert (status, usage["total"]["executions"]) == (200, 10)
        thumb = {"kind": "thumb", "thumb": "up", "execution_id": "e-1"}
        assert ask(lambda_, "POST", "/analytics/feedback", thumb)[1]["code"] == "wrong_role"
        emitter = {"principalId": "shop", "role": "emitter"}
        assert ask(lambda_, "POST", "/analytics/feedback", thumb, emitter)[0] == 201
        assert ask(lambda_, "POST", "/analytics/feedback", {"kind": "thumb"}, emitter)[0] == 422
        assert ask(lambda_, "GET", "/prompts/templates", authorizer=emitter)[0] == 403
    (feedback,) = stored(aws, "feedback")
    assert feedback.items() >= thumb.items()
    assert layout.POINTER in [entry["Key"] for entry in client("s3", aws).list_objects_v2(Bucket="lake")["Contents"]]


def test_an_extract_is_fetched_once(aws: str, tmp_path: Path) -> None:
    s3, fetched, clock = client("s3", aws), [], iter(range(0, 1000, 100))
    s3.create_bucket(Bucket="published")

    def upload(tables: Mapping[str, Any], name: str) -> None:
        publish(tmp_path / "lake", tables, name)
        for path in (path for path in (tmp_path / "lake").rglob("*") if path.is_file()):
            s3.upload_file(str(path), "published", path.relative_to(tmp_path / "lake").as_posix())

    upload(EXAMPLE, "p1")
    s3.meta.events.register("before-call.s3.GetObject", lambda params, **_: fetched.append(params["url_path"]))
    reader = BucketReader(s3, "published", tmp_path / "here", lambda: next(clock))
    for _ in range(3):
        assert reader.current().metrics(["executions"]) == [{"executions": 10}]
    assert len([path for path in fetched if path.endswith(".parquet")]) == len(EXAMPLE)
    upload({"cost_daily": EXAMPLE["cost_daily"][:1]}, "p2")
    assert reader.current().metrics(["executions"]) == [{"executions": 3}]
    assert len([path for path in fetched if path.endswith(".parquet")]) == len(EXAMPLE) + 1
    assert len([*(tmp_path / "here").rglob("*.parquet")]) == 1, "what nobody is pointed at leaves the disk"


def test_a_scheduled_backup_can_be_restored(aws: str, tmp_path: Path) -> None:
    (tmp_path / "people.toml").write_text('[people]\nann = "Ann of accounts"\n')
    settings = environment(aws, tmp_path) | {variables.PEOPLE_VARIABLE: str(tmp_path / "people.toml")}
    with function("serving.lambdas.api.handler", settings) as lambda_:
        status, made = ask(lambda_, "POST", "/prompts/templates", {"id": "kept", "body": "Hello"})
        assert (status, made["owner"]) == (201, "Ann of accounts")
    with function("serving.lambdas.backup.handler", environment(aws, tmp_path)) as lambda_:
        lambda_.events.put(b"{}")
        kind, body = lambda_.answers.get(timeout=60)
    assert kind == "response", body
    made = json.loads(body)
    client("s3", aws).download_file(made["bucket"], made["key"], str(tmp_path / "bundle"))
    assert check_bundle(tmp_path / "bundle") == made["counts"]
    assert made["counts"]["template"] >= 1
    embedded = TemplateStore(SqliteTable(tmp_path / "templates.db"))
    restore(embedded, tmp_path / "bundle", is_rehearsal=False)
    of_aws = TemplateStore(DynamoTable(client("dynamodb", aws), "templates"))
    assert list(everything(embedded)) == list(everything(of_aws))


def test_a_table_that_can_not_be_reached_is_told(aws: str, tmp_path: Path) -> None:
    settings = environment(aws, tmp_path) | {variables.TABLE_VARIABLE: "nowhere"}
    with function("serving.lambdas.api.handler", settings) as lambda_:
        status, document = ask(lambda_, "GET", "/prompts/templates/greeting")
        health = ask(lambda_, "GET", "/healthz", authorizer={})[1]
    assert (health["status"], [part["is_up"] for part in health["components"]]) == ("degraded", [False, True, True])
    assert (status, document["code"]) == (503, "store_unreachable")


def test_prompts_are_executed_under_the_runtime_of_lambda(aws: str, tmp_path: Path) -> None:
    events, sqs = client("events", aws), client("sqs", aws)
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="budgets", EventPattern=json.dumps({"source": ["promptlake"]}))
    events.put_targets(Rule="budgets", Targets=[{"Id": "1", "Arn": arn}])
    models = tmp_path / "models.toml"
    models.write_text('[models]\ndefault = "amazon.nova-lite-v1:0"\n[models.providers.bedrock]\nkind = "bedrock"\n')
    shop, ada = ({"principalId": role, "role": role} for role in ("executor", "admin"))
    wanted = {"template_id": "hello", "version": 1}
    with model_server() as model:
        settings = environment(aws, tmp_path) | {
            variables.MODELS_VARIABLE: str(models),
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": model.url,
            "AWS_ENDPOINT_URL_LAMBDA": "http://{api}",
        }
        with function("serving.lambdas.api.handler", settings, CallsItself) as lambda_:
            assert ask(lambda_, "POST", "/prompts/templates", {"id": "hello", "body": "Hello"}, ada)[0] == 201
            assert ask(lambda_, "POST", "/prompts/execute", wanted, shop)[1]["code"] == "not_approved"
            budget = {"id": "b", "amount_usd": "0.000101", "period": "month", "action": "block"}
            assert ask(lambda_, "POST", "/budgets", budget, ada)[0] == 201
            status, told = ask(lambda_, "POST", "/prompts/execute", wanted, ada)
            assert (status, told["text"], told["provider"]) == (200, "Hello!", "bedrock")
            assert [one["event_id"] for one in stored(aws, "prompt_execution")] == [told["execution_id"]]
            status, waiting = ask(lambda_, "POST", "/prompts/execute", wanted, ada, prefer="respond-async")
            assert status == 202
            assert lambda_.answers.get(timeout=60) == ("response", b"{}"), "called by itself, it works on it"
            place = f"/prompts/executions/{waiting['execution_id']}"
            assert ask(lambda_, "GET", place, None, ada)[1]["text"] == "Hello!"
            assert ask(lambda_, "POST", "/prompts/execute", wanted, ada)[1]["code"] == "budget_spent"
    assert len(model.asked) == 2
    executed = [one["event_id"] for one in stored(aws, "prompt_execution")]
    assert sorted(executed) == sorted([told["execution_id"], waiting["execution_id"]])
    notices = [
        json.loads(one["Body"]) for one in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    ]
    assert sorted(one["detail"]["percent"] for one in notices) == [50, 80, 100]
    assert {one["detail-type"] for one in notices} == {"Budget threshold reached"}
