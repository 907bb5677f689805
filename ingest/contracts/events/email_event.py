"""What became of one message to one person."""

from typing import ClassVar, Literal

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import Address, Identifier, Text, described


class EmailEvent(Event):
    """A message is ``sent`` once; what follows carries the same ``message_id``."""

    TITLE: ClassVar[str] = "E-mail event"

    event_type: Literal["email_event"] = EVENT_TYPE
    action: Literal[
        "sent",
        "delivered",
        "delayed",
        "opened",
        "clicked",
        "bounced",
        "complained",
        "rejected",
        "failed",
        "unsubscribed",
    ] = described("What happened to it")
    message_id: Identifier = described("The sender's id of the message")
    recipient: Text | None = described("Address it went to", pii="person", default=None)
    campaign: Text | None = described("Campaign or report it belongs to", default=None)
    email_template: Text | None = described("Template the message was made from", default=None)
    link: Address | None = described("Address that was clicked, without query", default=None)
    bounce_type: Text | None = described("Whether it is worth trying again, and why not", default=None)
