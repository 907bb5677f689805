"""Labels: pointed to a version, rolled back, taken away."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import SkipValidation

from serving.logic.templates.desk import Desk
from serving.logic.templates.labels import point, remove, roll_back
from serving.routes.templates.registering import (
    ONE,
    EnvironmentQuery,
    IdempotencyKey,
    LabelPath,
    OptionalIfMatch,
    Routes,
    TemplateIdPath,
    send,
    tell_template,
)
from serving.template_schemas import PointLabel, RollBack, TemplateView

_LABEL = f"{ONE}/labels/<label>"
_Point = Annotated[PointLabel, SkipValidation, Body(description="Where it is to point, and why")]
_Back = Annotated[RollBack, SkipValidation, Body(description="Why")]
_Why = Annotated[str, Query(min_length=1, max_length=2_000, description="For the audit log")]


def add_labels(routes: Routes, desk: Desk) -> None:
    """Let the resolver move labels."""

    @routes.add("PUT", _LABEL, "Point a label", TemplateView, also=(HTTPStatus.GONE,))
    def point_label(
        template_id: TemplateIdPath,
        label: LabelPath,
        body: _Point,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """A label points to an approved version; `production`, which only an approver moves, to a published one."""
        asking = routes.asking(environment, if_match, idempotency_key)
        wanted = routes.body(PointLabel)
        answer = desk.change(
            asking,
            template_id,
            lambda template, act: point(template, label, wanted.number, act),
            lambda change: tell_template(change.after),
            wanted.why,
        )
        return send(answer)

    @routes.add("POST", f"{_LABEL}/rollback", "Roll a label back", TemplateView)
    def roll_label_back(
        template_id: TemplateIdPath,
        label: LabelPath,
        body: _Back,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """Let it point to where it pointed before; versions that may no longer be used are passed over."""
        asking = routes.asking(environment, if_match, idempotency_key)
        wanted = routes.body(RollBack)
        answer = desk.change(
            asking,
            template_id,
            lambda template, act: roll_back(template, label, act),
            lambda change: tell_template(change.after),
            wanted.why,
        )
        return send(answer)

    @routes.add("DELETE", _LABEL, "Take a label away", TemplateView)
    def remove_label(
        template_id: TemplateIdPath,
        label: LabelPath,
        why: _Why,
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """Who follows the label then finds nothing."""
        asking = routes.asking(environment, if_match, idempotency_key)
        answer = desk.change(
            asking,
            template_id,
            lambda template, act: remove(template, label, act),
            lambda change: tell_template(change.after),
            why,
        )
        return send(answer)
