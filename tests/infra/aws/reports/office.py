"""An account in which a lake is published and reports are mailed, and what its mailboxes got."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.aws.openapi import api_document
from infra.aws.reports import unsubscribe, variables
from infra.aws.reports.mailing import Mailing
from infra.aws.rooms.api_document import gateway_document
from ingest.contracts import layout
from ingest.doors.lambdas.variables import TABLE_VARIABLE
from serving.lambdas.variables import BUCKET_VARIABLE, SMALLEST_GROUP_VARIABLE
from tests.dashboards.briefs.weeks import Rows
from tests.dashboards.published import COMPLETE_THROUGH, publish
from tests.infra.aws.lake.account import BUCKET, Account
from tests.services.moto import client

SENDER = "promptlake@example.com"
STAGE_URL = "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/v1"
LINK = f"{STAGE_URL}/unsubscribe/"
MONDAY_MORNING = "2026-11-16T06:00:00.123Z"
"""After the week in which a model was changed."""
FINANCE = {"audience": "finance", "period": "week", "on": MONDAY_MORNING}
ANN, BO = "Ann@example.com", "bo@example.com"


@dataclass
class Office:
    """What is asked of the account, and looked at in it."""

    account: Account
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the function of the reports knows."""
        at = self.account
        return {
            **{f"AWS_ENDPOINT_URL_{service}": at.moto_url for service in ("SESV2", "SNS")},
            BUCKET_VARIABLE: BUCKET,
            SMALLEST_GROUP_VARIABLE: "5",
            variables.MAILING_VARIABLE: at.environment[TABLE_VARIABLE],
            variables.REPORTS_VARIABLE: str(self.folder / "reports.json"),
            variables.SENDER_VARIABLE: SENDER,
            variables.CONFIGURATION_VARIABLE: "promptlake-dev-mail",
            variables.UNSUBSCRIBE_VARIABLE: LINK,
            variables.STAGE_VARIABLE: "dev",
        }

    def publish(self, rows: Rows, complete_through: str = COMPLETE_THROUGH) -> None:
        """Have it published, as a build leaves it in the bucket."""
        publish(self.folder / "lake", rows, complete_through)
        self.upload()

    def upload(self) -> None:
        """All that lies in the lake's folder."""
        for path in (path for path in (self.folder / "lake").rglob("*") if path.is_file()):
            self.account.s3().upload_file(str(path), BUCKET, path.relative_to(self.folder / "lake").as_posix())

    def kept(self) -> dict[str, bytes]:
        """The reports in the bucket."""
        s3 = self.account.s3()
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{layout.REPORTS}/").get("Contents", ())
        return {one["Key"]: s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}

    def mailing(self) -> Mailing:
        dynamodb = client_of_tables(self.account)
        return Mailing(dynamodb, self.account.environment[TABLE_VARIABLE])

    def raw(self) -> list[tuple[str, str]]:
        """What SES was given so far, the oldest first: to whom, and what."""
        with urllib.request.urlopen(f"{self.account.moto_url}/moto-api/data.json") as answer:  # noqa: S310
            found = json.load(answer).get("ses", {}).get("RawMessage", [])
        # moto adds whom the message names to whom it was sent.
        return [(to, one["raw_data"]) for one in found for to in dict.fromkeys(one["destinations"])]

    def mailed(self) -> list[tuple[str, EmailMessage]]:
        """The same as messages."""
        return [(to, message_from_string(raw, EmailMessage, policy=default)) for to, raw in self.raw()]

    def verify_sender(self) -> None:
        client("sesv2", self.account.moto_url).create_email_identity(EmailIdentity=SENDER)


def client_of_tables(account: Account) -> Any:
    return client("dynamodb", account.dynamodb_url)


def links_of(message: EmailMessage) -> set[str]:
    """Every link to unsubscribe by: in the header, in the text, in the page."""
    header = str(message["List-Unsubscribe"]).strip("<>")
    found = {header}
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        found |= {word for word in body.get_content().replace('"', " ").split() if word.startswith(LINK)}
    return found


def follow(link: str, method: str) -> dict[str, Any]:
    """What whoever follows a link gets, by the gateway's document: no key goes with it."""
    said = gateway_document(api_document(), "api", "api", "authorizer", "unsubscribe")
    path = urlsplit(link).path.removeprefix(urlsplit(STAGE_URL).path)
    (template,) = [one for one in said["paths"] if one.startswith("/unsubscribe/")]
    operation = said["paths"][template][method.lower()]
    assert operation["security"] == []
    assert operation["x-amazon-apigateway-integration"]["uri"] == "unsubscribe"
    token = path.removeprefix(template.partition("{")[0])
    assert "/" not in token
    event = {"httpMethod": method, "path": path, "pathParameters": {"token": token}, "body": None}
    if method == "POST":
        event["body"] = "List-Unsubscribe=One-Click"
    return unsubscribe.handler(event, None)
