"""A version and values become text."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import SkipValidation

from serving.logic.templates.desk import Desk
from serving.logic.templates.sunset import check_usable
from serving.rendering_schemas import Rendered, RenderRequest
from serving.routes.templates.registering import (
    VERSIONS,
    EnvironmentQuery,
    Routes,
    SelectorPath,
    TemplateIdPath,
    selector_of,
    send,
    tell,
)

_Values = Annotated[RenderRequest, SkipValidation, Body(description="What to render with")]


def add_rendering(routes: Routes, desk: Desk) -> None:
    """Let the resolver render."""

    @routes.add("POST", f"{VERSIONS}/<selector>/render", "Render", Rendered, also=(HTTPStatus.GONE,))
    def render_version(
        template_id: TemplateIdPath,
        selector: SelectorPath,
        body: _Values,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
    ) -> Response[Any]:
        """The text that a version, or the one that a label points to, gives with these values; and which version and
        block each part of it comes from. Nothing is stored. 410 once the version, or a part of it, has ended;
        `deprecated` names beforehand what will.
        """
        # Jinja is loaded by who renders: a function that is asked for something else starts without.
        from serving.logic.rendering.compose import compose, member
        from serving.logic.rendering.render import render

        where = routes.reader(environment)
        wanted = routes.body(RenderRequest)
        version = desk.version(where, template_id, selector_of(selector))
        source = desk.source(where)
        check_usable(version, source.at)
        composition = compose(member(version), source)
        rendering = render(composition, wanted.values)
        return send(tell(Rendered.of(version, composition, rendering, with_spans=wanted.spans)))
