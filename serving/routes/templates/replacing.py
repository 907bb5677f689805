"""Before something ends: who still calls it, and what is composed of it."""

from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import SkipValidation

from serving.logic.templates.desk import Desk
from serving.logic.templates.migration import migrate
from serving.logic.templates.usage import usage
from serving.routes.templates.registering import (
    ONE,
    VERSION,
    EnvironmentQuery,
    NumberPath,
    Routes,
    TemplateIdPath,
    send,
    tell,
)
from serving.template_schemas import Dependant, Migrate, Migration, Usage

if TYPE_CHECKING:
    from serving.logic.answer import Published

_Days = Annotated[int, Query(ge=1, le=400, description="Of the last days, today included")]
_Migrate = Annotated[Migrate, SkipValidation, Body(description="Why, and whether only to show what would be")]


def add_replacing(routes: Routes, desk: Desk, reader: "Published") -> None:
    """Let the resolver say who uses a template, and rewrite what is composed of it."""

    @routes.add("GET", f"{ONE}/usage", "Who calls a template", Usage)
    def get_template_usage(
        template_id: TemplateIdPath, environment: EnvironmentQuery = None, days: _Days = 30
    ) -> Response[Any]:
        """Executions by version, team and feature, as last published, the most frequent first. `version` is what the
        applications said it is; null where they said nothing.
        """
        where = routes.reader(environment)
        desk.find(where, template_id)
        return send(tell(Usage.model_validate(usage(reader, where, template_id, desk.clock().date(), days))))

    @routes.add("POST", f"{VERSION}/migrate", "Migrate dependants", Migration)
    def migrate_dependants(
        template_id: TemplateIdPath,
        number: NumberPath,
        body: _Migrate,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
    ) -> Response[Any]:
        """Templates whose newest version is composed of a deprecated one get a new draft that is composed of its
        replacement. An answer holds some of them; ask again with its `next` as `after` until there is none. Asked
        twice, nothing is done twice.
        """
        asking = routes.asking(environment)
        wanted = routes.body(Migrate)
        done = migrate(desk, asking, template_id, number, wanted.why, wanted.after, is_rehearsal=wanted.dry_run)
        dependants = [Dependant.model_validate(one, from_attributes=True) for one in done.dependants]
        return send(tell(Migration(replacement=str(done.replacement), dependants=dependants, next=done.after)))
