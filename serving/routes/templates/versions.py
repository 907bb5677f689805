"""Versions: read, compared, commented on, and moved through their life."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import SkipValidation

from serving.logic.templates import editing
from serving.logic.templates.desk import Desk
from serving.logic.templates.difference import difference
from serving.logic.templates.model import MAX_VERSIONS, Comment, Version
from serving.logic.templates.moving import move_version
from serving.routes.templates.registering import (
    ONE,
    SELECTOR,
    VERSION,
    VERSIONS,
    AfterRevision,
    EnvironmentQuery,
    IdempotencyKey,
    LimitQuery,
    NumberPath,
    OptionalIfMatch,
    Routes,
    SelectorPath,
    TemplateIdPath,
    selector_of,
    send,
    tell,
    tell_moved,
)
from serving.template_schemas import (
    Comments,
    Difference,
    MovedTemplate,
    NewComment,
    Transition,
    VersionPage,
    VersionSummary,
)

_Before = Annotated[int | None, Query(ge=1, le=MAX_VERSIONS, description="Go on below this: `next` of the page before")]
_From = Annotated[str, Query(alias="from", pattern=SELECTOR, description="Number or label of the old version")]
_To = Annotated[str, Query(pattern=SELECTOR, description="Number or label of the new version")]
_Transition = Annotated[Transition, SkipValidation, Body(description="Where it is to be moved, and why")]
_Comment = Annotated[NewComment, SkipValidation, Body(description="What to say")]


def add_versions(routes: Routes, desk: Desk) -> None:
    """Let the resolver show versions and move them."""

    @routes.add("GET", VERSIONS, "List versions", VersionPage)
    def list_versions(
        template_id: TemplateIdPath,
        environment: EnvironmentQuery = None,
        before: _Before = None,
        limit: LimitQuery = 50,
    ) -> Response[Any]:
        """The versions of a template without their contents, the newest first."""
        template = desk.find(routes.reader(environment), template_id)
        found = desk.store.versions(template, before, limit)
        summaries = [VersionSummary.model_validate(v, from_attributes=True) for v in found]
        more = found[-1].number if found and found[-1].number > 1 else None
        return send(tell(VersionPage(versions=summaries, next=more)))

    @routes.add("GET", f"{VERSIONS}/<selector>", "Read a version", Version)
    def get_version(
        template_id: TemplateIdPath, selector: SelectorPath, environment: EnvironmentQuery = None
    ) -> Response[Any]:
        """A version by its number, or the one that a label points to."""
        return send(tell(desk.version(routes.reader(environment), template_id, selector_of(selector))))

    @routes.add("GET", f"{ONE}/diff", "Compare two versions", Difference)
    def compare_versions(
        template_id: TemplateIdPath, from_: _From, to: _To, environment: EnvironmentQuery = None
    ) -> Response[Any]:
        """What differs: the bodies as a unified diff, and the names of variables, tests and parts."""
        where = routes.reader(environment)
        old, new = (desk.version(where, template_id, selector_of(selector)) for selector in (from_, to))
        return send(tell(Difference.model_validate(difference(old, new))))

    @routes.add("POST", f"{VERSION}/transitions", "Move a version", MovedTemplate, also=(HTTPStatus.GONE,))
    def move_a_version(
        template_id: TemplateIdPath,
        number: NumberPath,
        body: _Transition,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """draft → in_review → approved → published → deprecated → archived. An editor submits; an approver, never the
        author, approves; a version is not published while its required tests fail or are stale, and neither approved
        nor published while a part of it is not.
        """
        asking = routes.asking(environment, if_match, idempotency_key)
        transition = routes.body(Transition)
        answer = desk.change(
            asking,
            template_id,
            lambda template, act: move_version(desk, template, number, transition, act),
            tell_moved,
            transition.why,
        )
        return send(answer)

    @routes.add("GET", f"{VERSION}/comments", "Read comments", Comments)
    def list_comments(
        template_id: TemplateIdPath,
        number: NumberPath,
        environment: EnvironmentQuery = None,
        after: AfterRevision = 0,
        limit: LimitQuery = 100,
    ) -> Response[Any]:
        """What reviewers said of a version and of its lines, the oldest first."""
        where = routes.reader(environment)
        desk.version(where, template_id, number)
        found = desk.store.comments(desk.find(where, template_id), number, after, limit)
        more = found[-1].revision if len(found) == limit else None
        return send(tell(Comments(comments=found, next=more)))

    @routes.add("POST", f"{VERSION}/comments", "Comment", Comment, status=HTTPStatus.CREATED)
    def comment_on_a_version(
        template_id: TemplateIdPath,
        number: NumberPath,
        body: _Comment,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """Say something of a version, or of one line of its body."""
        asking = routes.asking(environment, key=idempotency_key)
        said = routes.body(NewComment)
        version = desk.version(asking.environment, template_id, number)

        answer = desk.change(
            asking,
            template_id,
            lambda template, act: editing.comment(template, version, said.line, said.text, act),
            lambda change: tell(change.comment or _nothing(), HTTPStatus.CREATED),
        )
        return send(answer)


def _nothing() -> Comment:
    raise AssertionError("a comment was made")
