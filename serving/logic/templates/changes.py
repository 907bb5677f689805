"""What goes between the rules and the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from serving.logic.templates.model import Comment, Entry, Run, State, Template, Version


class Replay(BaseModel):
    """The answer to a request that named a key, kept for when it is sent again."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    who: str
    key: str
    request: str
    """A digest of all that was asked; another request with the same key is a mistake."""
    status: int
    headers: dict[str, str]
    body: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one template: before, after, and what is new.

    ``before`` is None for a template that is made. ``relies_on`` is the revision of each template of the environment
    that must be as it was for the change to be right; ``warnings`` is what it may do to others, one sentence each.
    """

    before: Template | None
    after: Template
    entry: Entry
    version: Version | None = None
    comment: Comment | None = None
    run: Run | None = None
    replay: Replay | None = None
    relies_on: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search is for; what is empty does not matter."""

    prefix: str = ""
    tag: str | None = None
    owner: str | None = None
    state: State | None = None

    def fits(self, template: Template) -> bool:
        """Whether a template is one of those. It is in a state if any of its versions is."""
        return (
            template.id.startswith(self.prefix)
            and self.tag in (None, *template.tags)
            and self.owner in (None, template.owner)
            and self.state in (None, *template.states.values())
        )


class Page(NamedTuple):
    """Templates, and the id after which the search goes on; None where it has ended."""

    templates: Sequence[Template]
    after: str | None


class Whole(BaseModel):
    """All that is kept of one template."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    template: Template
    versions: Sequence[Version]
    comments: Sequence[Comment]
    runs: Sequence[Run]
    log: Sequence[Entry]
