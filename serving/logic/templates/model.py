"""What a template and a version of it are.

A version is written once and never changed. All that changes, labels and lifecycle states, is in the template, whose
``revision`` counts its changes; so one condition on one number keeps any two writers apart.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

MAX_BODY_CHARS = 100_000
MAX_VERSIONS = 5_000
"""Of one template."""
MAX_TAGS = 10
MAX_PARTS = 16
MAX_VARIABLES = 100
MAX_CASES = 100
MAX_LABELS = 20

PART_OF_ID = r"^[a-z0-9._-]{0,100}$"
TEMPLATE_ID = r"^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$"
NO_CONTROLS = r"^[^\x00-\x1f\x7f]+$"
NAME = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$"

TemplateId = Annotated[str, StringConstraints(pattern=TEMPLATE_ID)]
"""Lower-case letters, digits, ``.``, ``_`` and ``-``: it stands in addresses and in keys of the store."""
EnvironmentName = Annotated[str, StringConstraints(pattern=NAME)]
Tag = Annotated[str, StringConstraints(pattern=NAME)]
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-z](?:[a-z0-9_-]{0,48}[a-z0-9])?$")]
"""Begins with a letter, so that it is never taken for the number of a version."""
Number = Annotated[int, Field(ge=1, le=MAX_VERSIONS)]
Who = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_CONTROLS)]
Why = Annotated[str, StringConstraints(max_length=2_000)]
Selector = int | str
"""The number of a version, or a label."""


class State(StrEnum):
    """Where a version is in its life."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    ARCHIVED = "archived"


class _Record(BaseModel):
    # Each is built when it is first used: a function that only renders needs few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Variable(_Record):
    """A value that rendering needs."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
    type: Literal["string", "integer", "number", "boolean", "list", "object", "enum"] = "string"
    choices: Annotated[tuple[Annotated[str, StringConstraints(max_length=200)], ...], Field(max_length=100)] = Field(
        default=(), description="What an enum may be"
    )
    required: bool = Field(default=True, description="Whether rendering is refused without it; a default ends that")
    default: JsonValue = Field(default=None, description="Used where no value is given")
    description: Annotated[str, StringConstraints(max_length=500)] = ""

    @property
    def needs_value(self) -> bool:
        """Whether there is no rendering without a value."""
        return self.required and self.default is None


class Part(_Record):
    """Another template that a version is composed of: ``id@selector`` in its body."""

    template_id: TemplateId
    selector: Number | LabelName = Field(description="A number pins the part to that version; a label is followed")

    def __str__(self) -> str:
        return f"{self.template_id}@{self.selector}"


class Case(_Record):
    """A test of a version: inputs, and what must hold of the answer."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    inputs: dict[str, JsonValue] = {}
    assertions: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=20)] = ()
    required: bool = Field(default=True, description="Whether the version can't be published while it fails")


class Content(_Record):
    """What an author writes."""

    body: Annotated[str, StringConstraints(max_length=MAX_BODY_CHARS)] = Field(description="Jinja2, in a safe subset")
    variables: Annotated[tuple[Variable, ...], Field(max_length=MAX_VARIABLES)] = ()
    tests: Annotated[tuple[Case, ...], Field(max_length=MAX_CASES)] = ()


class Deprecation(_Record):
    """What to use instead of a version, and until when the version still works."""

    replacement: Part | None = None
    sunset_at: AwareDatetime | None = Field(default=None, description="From then on rendering answers 410")
    why: Why = ""


class Version(Content):
    """One version. Everything but ``state`` and ``deprecation``, which the template keeps, is written once."""

    template_id: TemplateId
    number: Number
    parts: Annotated[tuple[Part, ...], Field(max_length=MAX_PARTS)] = Field(
        default=(), description="What the body extends and includes"
    )
    note: Why = Field(default="", description="What is new, in its author's words")
    created_by: Who
    also_by: tuple[Who, ...] = Field(default=(), description="Others whose words it has, which nobody has approved")
    created_at: AwareDatetime
    state: State = State.DRAFT
    deprecation: Deprecation | None = Field(default=None, description="What to use instead, once it is deprecated")

    @property
    def content(self) -> Content:
        return Content(**{name: getattr(self, name) for name in Content.model_fields})


class Label(_Record):
    """A name that points to a version, and to which ones it pointed before."""

    number: Number
    before: tuple[Number, ...] = Field(default=(), description="Earlier versions, the latest last; rollback goes there")


class Template(_Record):
    """One template: all of it but the contents of its versions."""

    id: TemplateId
    environment: EnvironmentName
    owner: Who
    description: Annotated[str, StringConstraints(max_length=1_000)] = ""
    tags: Annotated[tuple[Tag, ...], Field(max_length=MAX_TAGS)] = ()
    labels: Annotated[Mapping[LabelName, Label], Field(max_length=MAX_LABELS)] = {}
    states: Mapping[Number, State] = Field(default={}, description="The state of each version, by its number")
    deprecations: Mapping[Number, Deprecation] = {}
    uses: tuple[TemplateId, ...] = Field(default=(), description="Templates that the latest version is composed of")
    revision: int = Field(ge=1, description="Counts its changes; the ETag")
    created_at: AwareDatetime
    changed_at: AwareDatetime

    @property
    def latest(self) -> int:
        """The number of its newest version."""
        return max(self.states)

    def resolve(self, selector: Selector) -> int | None:
        """The number that a number or a label stands for; None where there is none."""
        if isinstance(selector, int):
            return selector if selector in self.states else None
        label = self.labels.get(selector)
        return None if label is None else label.number


class Entry(_Record):
    """One line of the audit log: who changed what, and why. ``revision`` is the template's after it."""

    revision: int
    at: AwareDatetime
    who: Who
    role: str
    action: str
    number: int | None = None
    why: Why = ""
    details: dict[str, JsonValue] = {}


class Comment(_Record):
    """What a reviewer says of one line, or of the whole version."""

    revision: int = Field(description="The template's after it; tells comments apart")
    number: Number
    line: Annotated[int, Field(ge=1)] | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
    who: Who
    at: AwareDatetime


class Run(_Record):
    """The tests of one version, run once. ``fingerprint`` is of all that was tested, followed parts included."""

    revision: int = Field(description="The template's after it; tells runs apart")
    number: Number
    fingerprint: str
    passed: bool
    who: Who
    at: AwareDatetime
    results: tuple[dict[str, JsonValue], ...] = ()


class Source(Protocol):
    """The templates of one environment at one moment, for who composes and renders them."""

    @property
    def at(self) -> datetime:
        """That moment: what has ended by then can't be used."""

    def version(self, template_id: str, selector: Selector) -> Version | None:
        """A version as it stands; None where there is none, or no such label."""


class Checks(Protocol):
    """What the rendering half decides. Each raises :class:`serving.logic.refused.RequestRefused`."""

    def parts(self, template_id: str, content: Content, source: Source) -> tuple[Part, ...]:
        """What a body is composed of; refuses one that can't be rendered safely, cycles and missing parts."""

    def variables(self, version: Version, source: Source) -> Mapping[str, Variable]:
        """What rendering a version needs of its caller, by name; refuses one that no values can render."""

    def rewritten(self, body: str, old: frozenset[Part], new: Part) -> str:
        """A body with each reference to one of the old parts replaced, and all else as it is."""

    def publishable(self, version: Version, runs: tuple[Run, ...], source: Source) -> None:
        """Refuse to publish while required tests fail or are stale. ``runs`` are the version's, the newest first."""
