"""A person asked for help: one event each time the ticket changes."""

from typing import ClassVar, Literal

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import Identifier, LongText, Moment, Text, described


class SupportTicket(Event):
    """The state of a ticket at ``occurred_at``; the latest one counts. ``opened_at`` and ``solved_at`` give how long
    it took.
    """

    TITLE: ClassVar[str] = "Support ticket"

    event_type: Literal["support_ticket"] = EVENT_TYPE
    ticket_id: Identifier = described("The desk's own number of the ticket")
    status: Literal["new", "open", "pending", "on_hold", "solved", "closed"] = described("Where it stands")
    opened_at: Moment | None = described("When the person asked", default=None)
    solved_at: Moment | None = described("When it was solved, if it is", default=None)
    topic: Text | None = described("What it is about, as the desk sorts it", default=None)
    channel: Text | None = described("How the person asked, such as email or chat", default=None)
    priority: Text | None = described("How urgent it is, in the desk's words", default=None)
    subject: LongText | None = described("Its headline", pii="content", default=None)
    body: LongText | None = described("What the person wrote", pii="content", default=None)
    execution_id: Identifier | None = described("event_id of the execution it is about", default=None)
    template_id: Text | None = described("Prompt template it is about", default=None)
    template_version: Text | None = described("Version of that template", default=None)
