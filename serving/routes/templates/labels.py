"""Labels: pointed to a version, rolled back, taken away."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import SkipValidation

from serving.logic.templates.acts import Act
from serving.logic.templates.changes import Change
from serving.logic.templates.desk import Asking, Desk
from serving.logic.templates.following import check_followers
from serving.logic.templates.labels import point, remove, roll_back
from serving.logic.templates.model import Template
from serving.routes.templates.registering import (
    ONE,
    EnvironmentQuery,
    IdempotencyKey,
    LabelPath,
    OptionalIfMatch,
    Routes,
    TemplateIdPath,
    send,
    tell_moved,
)
from serving.template_schemas import MovedTemplate, PointLabel, RollBack

_LABEL = f"{ONE}/labels/<label>"
_GONE = (HTTPStatus.GONE,)
_Point = Annotated[PointLabel, SkipValidation, Body(description="Where it is to point, and why")]
_Back = Annotated[RollBack, SkipValidation, Body(description="Why")]
_Why = Annotated[str, Query(min_length=1, max_length=2_000, description="For the audit log")]


def add_labels(routes: Routes, desk: Desk) -> None:
    """Let the resolver move labels."""

    def move(
        asking: Asking, template_id: str, label: str, why: str, moved: Callable[[Template, Act], Change]
    ) -> Response[Any]:
        def make(template: Template, act: Act) -> Change:
            return check_followers(desk, moved(template, act), label, act)

        return send(desk.change(asking, template_id, make, tell_moved, why))

    @routes.add("PUT", _LABEL, "Point a label", MovedTemplate, also=_GONE)
    def point_label(
        template_id: TemplateIdPath,
        label: LabelPath,
        body: _Point,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """A label points to an approved version; `production`, which only an approver moves, to a published one. 409
        where a version in use follows the label and could not be rendered any more.
        """
        asking, to = routes.asking(environment, if_match, idempotency_key), routes.body(PointLabel)
        return move(asking, template_id, label, to.why, lambda t, act: point(t, label, to.number, act))

    @routes.add("POST", f"{_LABEL}/rollback", "Roll a label back", MovedTemplate, also=_GONE)
    def roll_label_back(
        template_id: TemplateIdPath,
        label: LabelPath,
        body: _Back,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """Let it point to where it pointed before; versions that may no longer be used are passed over. 409 as for
        pointing it.
        """
        asking, back = routes.asking(environment, if_match, idempotency_key), routes.body(RollBack)
        return move(asking, template_id, label, back.why, lambda t, act: roll_back(t, label, act))

    @routes.add("DELETE", _LABEL, "Take a label away", MovedTemplate)
    def remove_label(
        template_id: TemplateIdPath,
        label: LabelPath,
        why: _Why,
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """409 where a version in use follows it."""
        asking = routes.asking(environment, if_match, idempotency_key)
        return move(asking, template_id, label, why, lambda t, act: remove(t, label, act))
