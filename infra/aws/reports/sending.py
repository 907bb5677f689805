"""A report to all who are to get it, each once, whatever the run before has come to."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage

from infra.aws.reports.mailing import Mailing
from infra.aws.reports.post import NotTaken, Post, Unclear

UNSUBSCRIBED = "unsubscribed"


class NotSent(Exception):
    """Some did not get a report for sure. One sentence that says who, why, and what to do."""


@dataclass
class Sent:
    """What became of one report."""

    now: int = 0
    before: int = 0
    """Sent by an earlier run for the same period."""
    left_out: Counter[str] = field(default_factory=Counter)
    """By why: unsubscribed, bounced, complained."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why, by address."""
    unclear: dict[str, str] = field(default_factory=dict)
    """By address, why nobody knows whether SES has taken the message."""

    def check(self, kept: str) -> None:
        """Raises ``NotSent`` where somebody did not get it for sure; ``kept`` is where it lies."""
        told = []
        if self.failed:
            address, why = next(iter(self.failed.items()))
            told.append(
                f"{len(self.failed)} did not get the report ({address}: {why.rstrip('.')}); start the execution once "
                "more when that is mended, and nobody gets it twice."
            )
        if self.unclear:
            why = next(iter(self.unclear.values()))
            told.append(
                f"Whether {', '.join(self.unclear)} got the report is not known ({why.rstrip('.')}), so it is not sent "
                f"again; forward {kept}."
            )
        if told:
            raise NotSent(" ".join(told))


def send_to_all(
    mailing: Mailing,
    post: Post,
    link: str,
    audience: str,
    report: str,
    addresses: Iterable[str],
    message: Callable[[str], EmailMessage],
) -> Sent:
    """Send one report.

    Args:
        mailing: what is remembered.
        post: what it is sent with.
        link: where people unsubscribe, before the token.
        audience: whose report it is.
        report: its name, the same however often its making is tried.
        addresses: who is to get it.
        message: makes the message that has a link to unsubscribe by.
    """
    done, stopped = Sent(), mailing.stopped()
    for address in {one.strip().lower(): one for one in addresses}.values():
        subscription = mailing.subscription(audience, address)
        why = stopped.get(subscription.address)
        if why or subscription.unsubscribed_at:
            done.left_out[why.why if why else UNSUBSCRIBED] += 1
            continue
        claim = mailing.claim(report, address)
        if claim == "sent":
            done.before += 1
        elif claim == "unclear":
            done.unclear[address] = "an earlier run began to send it, and did not come to note that it has"
        else:
            url = link + subscription.token
            try:
                message_id = post.send(message(url), address, url, audience)
            except NotTaken as error:
                mailing.release(report, address)
                done.failed[address] = str(error)
            except Unclear as error:
                done.unclear[address] = str(error)
            else:
                mailing.note_sent(report, address, message_id)
                done.now += 1
    return done
