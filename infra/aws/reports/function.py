"""The reports as a Lambda function, in a container since what draws and sets them has no room in a zip.

It is asked with ``{"audience": "product", "period": "week", "on": "2026-11-23T06:00:00Z"}``: the report of the last
week that was over then. Asked again for the same, it makes the report anew and sends it to nobody twice.
"""

import os
from datetime import UTC
from typing import Any, Literal

import boto3
from pydantic import AwareDatetime, BaseModel, ConfigDict

from dashboards.briefs.audiences import audience_board
from dashboards.briefs.collect import collect
from dashboards.briefs.making import Made, make
from infra.aws.reports import variables
from infra.aws.reports.asked import recipients
from infra.aws.reports.mailing import Mailing
from infra.aws.reports.post import Post, ses_client
from infra.aws.reports.refused import failure_in
from infra.aws.reports.sending import send_to_all
from ingest.contracts import layout
from serving.lambdas.publishing import reader
from serving.lambdas.variables import BUCKET_VARIABLE, SMALLEST_GROUP_VARIABLE

_TYPES = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf", ".eml": "message/rfc822"}


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    audience: str
    period: Literal["week", "month"]
    on: AwareDatetime


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make a report, keep it, send it; returns what became of it, without anybody's address.

    Raises:
        NotAsked: the stage has no such report.
        NothingPublished: there is nothing that a report could tell of.
        NotSent: somebody did not get it for sure.
    """
    asked = _Asked.model_validate(event)
    addresses = recipients(asked.audience, asked.period)
    s3, bucket = boto3.client("s3"), os.environ[BUCKET_VARIABLE]
    made = _made(asked, failure_in(s3, bucket))
    report = layout.report(asked.audience, asked.period, made.brief.period.whole.first)
    for name, content in made.files().items():
        kind = next(kind for suffix, kind in _TYPES.items() if name.endswith(suffix))
        s3.put_object(Bucket=bucket, Key=f"{report}/{name}", Body=content, ContentType=kind)
    mailing = Mailing(boto3.client("dynamodb"), os.environ[variables.MAILING_VARIABLE])
    post = Post(ses_client(), os.environ[variables.SENDER_VARIABLE], os.environ[variables.CONFIGURATION_VARIABLE])
    link = os.environ[variables.UNSUBSCRIBE_VARIABLE]
    sent = send_to_all(mailing, post, link, asked.audience, report, addresses, made.message)
    sent.check(f"s3://{bucket}/{report}/")
    return {
        "kept": report,
        "trouble": made.brief.status.trouble,
        "sent": sent.now,
        "sent_before": sent.before,
        "left_out": dict(sent.left_out),
    }


def _made(asked: _Asked, failure: str | None) -> Made:
    board, today = audience_board(asked.audience), asked.on.astimezone(UTC).date()
    smallest = int(os.environ[SMALLEST_GROUP_VARIABLE])
    return make(collect(reader().current(), board, asked.period, None, today, failure, smallest))
