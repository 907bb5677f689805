"""The API, put together. The same for a Lambda behind API Gateway and for the embedded server."""

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from serving.bare import Guard, bare_app
from serving.logic.answer import Published
from serving.logic.events import RecordEvent
from serving.logic.experiment_results.terms import terms_of
from serving.logic.health import Probe
from serving.logic.templates.desk import Desk
from serving.prompts import Prompts, add_prompts, open_prompts
from serving.routes.analytics import add_question
from serving.routes.costs import COSTS
from serving.routes.engagement import ENGAGEMENT
from serving.routes.experiment_results import add_experiment_results
from serving.routes.feedback import add_feedback
from serving.routes.openapi import add_openapi
from serving.routes.performance import PERFORMANCE
from serving.routes.quality import QUALITY
from serving.routes.reconciliation import add_reconciliation
from serving.routes.status import add_status
from serving.routes.templates.every import add_templates
from serving.routes.usage import USAGE
from sql.small_groups import SMALLEST_GROUP

QUESTIONS = (USAGE, PERFORMANCE, COSTS, QUALITY, *ENGAGEMENT)


def build_app(
    reader: Published,
    record: RecordEvent,
    desk: Desk,
    guard: Guard | None = None,
    prompts: Prompts | None = None,
    *,
    probe: Probe = tuple,
    smallest_group: int = SMALLEST_GROUP,
) -> APIGatewayRestResolver:
    """The resolver with every route.

    Args:
        reader: gives what was last published.
        record: keeps one event, or says why not.
        desk: keeps the templates.
        guard: decides who may ask for analytics, where nobody has decided it before.
        prompts: what else works with prompts; made of the desk where it is left out.
        probe: looks at what the answers depend on.
        smallest_group: a group of fewer people is told together with others.
    """
    app, prompts = bare_app(guard), prompts or open_prompts(desk, record)
    for question in QUESTIONS:
        add_question(app, reader, question, smallest_group)
    add_experiment_results(app, reader, terms_of(prompts.assigning.store.find))
    add_reconciliation(app, reader)
    add_feedback(app, record)
    add_templates(app, desk, reader)
    add_prompts(app, prompts)
    add_status(app, reader, probe)
    add_openapi(app)
    return app
