"""What SES says of reports that did not arrive, or were not wanted, as EventBridge brings it."""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3

from infra.aws.reports.mailing import Mailing
from infra.aws.reports.variables import MAILING_VARIABLE, STAGE_VARIABLE, TOPIC_VARIABLE

BOUNCED, COMPLAINED = "bounced", "complained"
_PERMANENT = "Permanent"


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Mail nobody again whose mailbox is not there, or who has complained; and tell the owner."""
    stopped = dict(stopped_by(event["detail"]))
    mailing, stage = Mailing(_client("dynamodb"), os.environ[MAILING_VARIABLE]), os.environ[STAGE_VARIABLE]
    for address, (why, detail) in stopped.items():
        mailing.stop(address, why)
        _client("sns").publish(
            TopicArn=os.environ[TOPIC_VARIABLE],
            Subject=f"promptlake {stage}: a report {'was complained of' if why == COMPLAINED else 'bounced'}",
            Message=f"{address} gets no more reports, since {detail}; once that is mended, "
            f"`promptlake recipients restore --stage {stage} {address}` mails them again.",
        )
    return {"stopped": len(stopped)}


def stopped_by(detail: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Addresses not to be mailed again, each with why, in a word and in words. A mailbox that is full for a while is
    none of them.
    """
    bounce, complaint = detail.get("bounce"), detail.get("complaint")
    if bounce is not None and bounce["bounceType"] == _PERMANENT:
        for one in bounce["bouncedRecipients"]:
            said = one.get("diagnosticCode") or bounce["bounceSubType"]
            yield one["emailAddress"], (BOUNCED, f"mail to it bounced for good ({said})")
    if complaint is not None:
        for one in complaint["complainedRecipients"]:
            said = complaint.get("complaintFeedbackType") or "no reason given"
            yield one["emailAddress"], (COMPLAINED, f"its owner has complained of one ({said})")


@cache
def _client(service: str) -> Any:
    return boto3.client(service)
