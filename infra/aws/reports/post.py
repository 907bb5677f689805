"""One message for one person, given to SES at most once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

REPORT_TAG = "promptlake-report"
"""Of a message, in SES's events: which audience's report it is. Other mail of the owner's does not have it."""

_THROTTLED = "TooManyRequestsException"
_TRIES, _WAIT_S = 6, 2.0
_UNFOLDED = SMTP.clone(max_line_length=998)
"""The longest line that mail may have: Python would encode a link that is longer than 78, and programs that unsubscribe
by one click would not read it.
"""
_NOT_REACHED = (EndpointConnectionError, ConnectTimeoutError)


class NotTaken(Exception):
    """SES has refused a message, or was not reached: it was not sent. The message says why."""


class Unclear(Exception):
    """SES has not answered: it may have been sent or not. The message says what happened."""


def ses_client() -> Any:
    """boto3's client, which asks once: asked again after an answer was lost, SES would send a message twice."""
    return boto3.client("sesv2", config=Config(retries={"total_max_attempts": 1}))


@dataclass(frozen=True)
class Post:
    """What mail is sent with."""

    ses: Any
    sender: str
    """The address it is from."""
    configuration_set: str
    wait: Callable[[float], None] = time.sleep

    def send(self, message: EmailMessage, address: str, link: str, audience: str) -> str:
        """Give one message to SES; returns the id it has there.

        Args:
            message: without sender and recipient.
            address: the recipient.
            link: where the recipient unsubscribes, by one request as well (RFC 8058).
            audience: whose report it is.

        Raises:
            NotTaken: SES does not take it.
            Unclear: SES may have taken it.
        """
        message["From"] = formataddr(("promptlake", self.sender))
        message["To"] = address
        message["Date"] = format_datetime(datetime.now(UTC))
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        return self._taken(
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": [address]},
            Content={"Raw": {"Data": message.as_bytes(policy=_UNFOLDED)}},
            ConfigurationSetName=self.configuration_set,
            EmailTags=[{"Name": REPORT_TAG, "Value": audience}],
        )

    def _taken(self, **asked: Any) -> str:
        for left in reversed(range(_TRIES)):
            try:
                return str(self.ses.send_email(**asked)["MessageId"])
            except ClientError as error:
                if error.response["Error"]["Code"] == _THROTTLED and left:
                    self.wait(_WAIT_S)
                    continue
                if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                    raise Unclear(str(error)) from error
                raise NotTaken(error.response["Error"]["Message"] or str(error)) from error
            except _NOT_REACHED as error:
                raise NotTaken(str(error)) from error
            except BotoCoreError as error:
                raise Unclear(str(error)) from error
        raise AssertionError("the last try answers or raises")  # pragma: no cover
