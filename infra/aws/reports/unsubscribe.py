"""Where the link of a mail leads (payload format 1.0). It asks nobody who they are: who has the link may end this one
subscription. Looking at it ends nothing, for programs that guard mailboxes follow every link; a POST does, as the
page's button and one-click programs (RFC 8058) send it.
"""

import os
from functools import cache
from html import escape
from http import HTTPStatus
from importlib.resources import files
from string import Template
from typing import Any

import boto3

from infra.aws.reports.mailing import Mailing
from infra.aws.reports.variables import MAILING_VARIABLE

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_BUTTON = '<form method="post"><button name="List-Unsubscribe" value="One-Click">Unsubscribe</button></form>'


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with a page: whether to end it, that it has ended, or that the link is none."""
    token = (event.get("pathParameters") or {}).get("token") or ""
    found = _mailing().of_token(token) if token else None
    if found is None:
        return _page(HTTPStatus.NOT_FOUND, "No such link", "Copy the whole link from the mail, and open it again.")
    who, what = escape(found.address), escape(found.audience)
    if event["httpMethod"] == "POST":
        _mailing().unsubscribe(found)
    elif not found.unsubscribed_at:
        return _page(HTTPStatus.OK, "Unsubscribe", f"No more {what} reports to {who}?", _BUTTON)
    return _page(HTTPStatus.OK, "Unsubscribed", f"No more {what} reports are sent to {who}.")


def _page(status: HTTPStatus, title: str, said: str, below: str = "") -> dict[str, Any]:
    body = _template().substitute(title=title, said=said, below=below)
    return {"statusCode": int(status), "headers": _HEADERS, "body": body}


@cache
def _template() -> Template:
    return Template((files(__package__) / "unsubscribe.html").read_text())


@cache
def _mailing() -> Mailing:
    return Mailing(boto3.client("dynamodb"), os.environ[MAILING_VARIABLE])
