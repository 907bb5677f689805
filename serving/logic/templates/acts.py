"""What every change has in common: who does it, when, and its line of the audit log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from serving.access import Principal
from serving.logic.refused import RequestRefused
from serving.logic.templates.changes import Change
from serving.logic.templates.model import Comment, Entry, Run, Template, Version


@dataclass(frozen=True, slots=True)
class Act:
    """Someone does something now."""

    who: Principal
    at: datetime
    why: str = ""

    def change(
        self,
        before: Template,
        action: str,
        values: Mapping[str, object] = {},
        *,
        number: int | None = None,
        details: dict[str, Any] | None = None,
        version: Version | None = None,
        comment: Comment | None = None,
        run: Run | None = None,
    ) -> Change:
        """A change of a template to other ``values``, with its line of the log."""
        revised = {"revision": before.revision + 1, "changed_at": self.at}
        after = before.model_copy(update={**values, **revised})
        return Change(before, after, self.entry(after, action, number, details), version, comment, run)

    def entry(
        self, after: Template, action: str, number: int | None = None, details: dict[str, Any] | None = None
    ) -> Entry:
        """The line of the log for what has been done."""
        return Entry(
            revision=after.revision,
            at=self.at,
            who=self.who.name,
            role=self.who.role,
            action=action,
            number=number,
            why=self.why,
            details=details or {},
        )


def etag(template: Template) -> str:
    """Changes with all that a reader of the template sees of it; a comment or a test run does not change it."""
    seen = template.model_dump_json(exclude={"revision", "changed_at"})
    return f'"{sha256(seen.encode()).hexdigest()[:20]}"'


def conflict(code: str, message: str) -> RequestRefused:
    """What can't be done as things stand."""
    return RequestRefused(HTTPStatus.CONFLICT, code, message)


def check_match(name: str, tag: Callable[[], str], if_match: str | None) -> None:
    """Raises ``RequestRefused``, 412, where something is not what ``If-Match`` says.

    Args:
        name: what it is called.
        tag: gives its ETag, which is only made where it is asked for.
    """
    if if_match is None or if_match.strip() == "*":
        return
    if tag() not in (one.strip() for one in if_match.split(",")):
        message = f"{name} was changed meanwhile; read it again, and save what you want of both."
        raise RequestRefused(HTTPStatus.PRECONDITION_FAILED, "changed_meanwhile", message)


def key_used() -> RequestRefused:
    message = "This Idempotency-Key was sent with another request; take a new one for each."
    return RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "key_used", message)


def not_approved(version: Version) -> RequestRefused:
    message = f"Version {version.number} of {version.template_id} is {version.state}; have it approved first."
    return conflict("not_approved", message)


def not_found(code: str, message: str) -> RequestRefused:
    return RequestRefused(HTTPStatus.NOT_FOUND, code, message)
