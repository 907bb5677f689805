"""Templates are found and made."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import SkipValidation

from serving.logic.templates import editing
from serving.logic.templates.acts import Act
from serving.logic.templates.changes import Change, Wanted
from serving.logic.templates.desk import Desk
from serving.logic.templates.model import NAME, NO_CONTROLS, PART_OF_ID, State
from serving.paths import TEMPLATES
from serving.routes.templates.registering import (
    AfterId,
    EnvironmentQuery,
    IdempotencyKey,
    LimitQuery,
    Routes,
    send,
    tell,
    tell_template,
)
from serving.template_schemas import NewTemplate, TemplatePage, TemplateView

_Prefix = Annotated[str, Query(pattern=PART_OF_ID, description="What the id begins with")]
_Tag = Annotated[str | None, Query(pattern=NAME, description="A tag that it has")]
_Owner = Annotated[str | None, Query(min_length=1, max_length=200, pattern=NO_CONTROLS, description="Who owns it")]
_Status = Annotated[State | None, Query(description="A state that one of its versions is in")]
_New = Annotated[NewTemplate, SkipValidation, Body(description="The template, with its first version")]


def add_collection(routes: Routes, desk: Desk) -> None:
    """Let the resolver find and make templates."""

    @routes.add("GET", TEMPLATES, "Find templates", TemplatePage)
    def find_templates(
        environment: EnvironmentQuery = None,
        prefix: _Prefix = "",
        tag: _Tag = None,
        owner: _Owner = None,
        status: _Status = None,
        after: AfterId = "",
        limit: LimitQuery = 50,
    ) -> Response[Any]:
        """Templates in the order of their ids that fit all that is asked for. A page may hold fewer than `limit` and
        not be the last one; the last one has no `next`.
        """
        wanted = Wanted(prefix, tag, owner, status)
        page = desk.store.search(routes.reader(environment), wanted, after, limit)
        return send(tell(TemplatePage(templates=[TemplateView.of(t) for t in page.templates], next=page.after)))

    @routes.add("POST", TEMPLATES, "Make a template", TemplateView, status=HTTPStatus.CREATED)
    def create_template(
        body: _New,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """A new template with its first version, a draft. Its body may extend and include other templates of the same
        environment. An id is given once, for ever.
        """
        asking = routes.asking(environment, key=idempotency_key)
        new = routes.body(NewTemplate)

        def make(act: Act) -> Change:
            source = desk.source(asking.environment, act.at)
            parts = desk.checks.parts(new.id, new, source)
            change = editing.create(new.id, asking.environment, new.about(), new, parts, new.note, act)
            return replace(change, relies_on=source.relied_on(parts))

        answer = desk.create(
            asking,
            make,
            lambda change: tell_template(
                change.after, HTTPStatus.CREATED, {"Location": f"{TEMPLATES}/{change.after.id}"}
            ),
            new.note,
        )
        return send(answer)
