"""What the routes of templates take and give, as OpenAPI tells it; the records themselves are in the model."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from serving.logic.templates.model import (
    MAX_BODY_CHARS,
    MAX_CASES,
    MAX_TAGS,
    MAX_VARIABLES,
    PART_OF_ID,
    Case,
    Comment,
    Content,
    Deprecation,
    Entry,
    EnvironmentName,
    Number,
    Part,
    State,
    Tag,
    Template,
    TemplateId,
    Variable,
    Version,
    Who,
    Why,
)


class _Told(BaseModel):
    model_config = ConfigDict(defer_build=True)  # most functions need few of these


class TemplateView(_Told):
    """A template, without the contents of its versions."""

    id: TemplateId
    environment: EnvironmentName
    owner: Who
    description: str
    tags: tuple[str, ...]
    labels: dict[str, int] = Field(description="The version that each label points to")
    latest: int = Field(description="The newest version")
    # Told as text: there are hundreds in a page, and each one of an enumeration takes a call to write.
    states: dict[str, str] = Field(
        description="The state of each version, by its number",
        json_schema_extra={"additionalProperties": {"type": "string", "enum": [state.value for state in State]}},
    )
    deprecations: dict[str, Deprecation] = Field(description="What to use instead of a version, by its number")
    uses: tuple[str, ...] = Field(description="Templates that the newest version is composed of")
    created_at: AwareDatetime
    changed_at: AwareDatetime

    @classmethod
    def of(cls, template: Template) -> "TemplateView":
        """What is told of a template."""
        # The record is valid already; a page of them, with the states of all versions, is not checked again.
        kept = {name: getattr(template, name) for name in cls.model_fields if name in Template.model_fields}
        told = {
            "latest": template.latest,
            "labels": {name: label.number for name, label in template.labels.items()},
            "states": {str(number): state for number, state in template.states.items()},
            "deprecations": {str(number): value for number, value in template.deprecations.items()},
        }
        return cls.model_construct(**kept | told)


class MovedTemplate(TemplateView):
    """A template of which a label or a version has moved."""

    warnings: tuple[str, ...] = Field(default=(), description="What that does to what is composed of it")


class TemplatePage(_Told):
    """Templates in the order of their ids."""

    templates: list[TemplateView]
    next: str | None = Field(description="Give this as `after` to go on; null at the end")


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class _About(_Sent):
    owner: Who | None = Field(default=None, description="Who answers for it; the one who makes it, unless said")
    description: Annotated[str, StringConstraints(max_length=1_000)] | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=MAX_TAGS)] | None = None
    note: Why = Field(default="", description="What is new in this version")

    def about(self) -> dict[str, object]:
        """What is said of the template itself."""
        said = {"owner": self.owner, "description": self.description, "tags": self.tags}
        return {name: value for name, value in said.items() if value is not None}


class NewTemplate(_About, Content):
    """A template to make, with its first version."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: TemplateId


class SavedTemplate(_About):
    """What to change; what is left out stays as it is. Another body, variables or tests make a new version."""

    body: Annotated[str, StringConstraints(max_length=MAX_BODY_CHARS)] | None = None
    variables: Annotated[tuple[Variable, ...], Field(max_length=MAX_VARIABLES)] | None = None
    tests: Annotated[tuple[Case, ...], Field(max_length=MAX_CASES)] | None = None

    def content(self, latest: Version) -> Content:
        """The content that is meant, after the latest one."""
        said = {"body": self.body, "variables": self.variables, "tests": self.tests}
        return latest.content.model_copy(update={name: value for name, value in said.items() if value is not None})


class VersionSummary(_Told):
    """A version without its content."""

    number: int
    state: State
    note: str
    parts: list[Part]
    created_by: str
    created_at: AwareDatetime


class VersionPage(_Told):
    """Versions, the newest first."""

    versions: list[VersionSummary]
    next: int | None = Field(description="Give this as `before` to go on; null at the end")


class Named(_Told):
    """Names of what differs."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class Difference(_Told):
    """What differs between two versions."""

    body: str = Field(description="A unified diff; empty where the bodies are the same")
    variables: Named
    tests: Named
    parts: Named


Reason = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"\S")]


class Transition(_Sent):
    """A move of a version in its life."""

    to: State = Field(strict=False)
    why: Reason = Field(description="For the audit log")
    replacement: Part | None = Field(default=None, description="To deprecated: what to use instead")
    sunset_at: AwareDatetime | None = Field(default=None, description="To deprecated: when it stops working")


class PointLabel(_Sent):
    """Where a label is to point."""

    number: Number
    why: Reason = Field(description="For the audit log")


class RollBack(_Sent):
    """Why a label goes back."""

    why: Reason = Field(description="For the audit log")


class NewComment(_Sent):
    """What to say of a version."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
    line: Annotated[int, Field(ge=1, le=MAX_BODY_CHARS)] | None = Field(
        default=None, description="Line of the body, from 1; without it, the whole version"
    )


class Comments(_Told):
    """What was said of a version, the oldest first."""

    comments: list[Comment]
    next: int | None = Field(description="Give this as `after` to go on; null at the end")


class AuditLog(_Told):
    """Who did what, and why; the oldest first. Nothing is ever taken out."""

    entries: list[Entry]
    next: int | None = Field(description="Give this as `after` to go on; null at the end")


class Caller(_Told):
    """Executions of one version by one feature of one team."""

    version: str | None = Field(description="As the application said it; null where it said none")
    team: str | None
    feature: str | None
    executions: int
    cost_usd: float | None = Field(description="Null where no price is known")
    last_day: date = Field(description="The last day on which it was called, UTC")


class Usage(_Told):
    """Who calls a template."""

    as_of: AwareDatetime
    complete_through: AwareDatetime
    days: int
    callers: list[Caller]


class Migrate(_Sent):
    """Whether to rewrite dependants, and why."""

    why: Reason = Field(description="For the audit logs")
    dry_run: bool = Field(default=False, description="Only show what would be written")
    after: Annotated[str, StringConstraints(pattern=PART_OF_ID)] = Field(
        default="", description="Go on after this id: `next` of the answer before"
    )


class Dependant(_Told):
    """A template that is composed of the version."""

    template_id: str
    number: int | None = Field(description="Its new draft; null where there is none")
    diff: str = Field(description="What is new in it, as a unified diff")
    problem: str | None = Field(description="Why it could not be rewritten")


class Migration(_Told):
    """What was rewritten."""

    replacement: str = Field(description="What they are composed of now, as `id@selector`")
    dependants: list[Dependant]
    next: str | None = Field(description="Give this as `after` to go on; null at the end")
