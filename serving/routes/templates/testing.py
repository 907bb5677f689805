"""The tests of a version are run, and their runs read."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import SkipValidation

from serving.logic.templates.acts import Act
from serving.logic.templates.changes import Change
from serving.logic.templates.desk import Desk
from serving.logic.templates.model import Run, Template
from serving.logic.templates.sunset import check_usable
from serving.rendering_schemas import RunRequest, Runs
from serving.routes.templates.registering import (
    VERSION,
    EnvironmentQuery,
    IdempotencyKey,
    LimitQuery,
    NumberPath,
    Routes,
    TemplateIdPath,
    send,
    tell,
)

_Run = Annotated[RunRequest, SkipValidation, Body(description="Which model is to answer")]


def add_testing(routes: Routes, desk: Desk) -> None:
    """Let the resolver run tests."""

    @routes.add("POST", f"{VERSION}/tests/run", "Run tests", Run, status=HTTPStatus.CREATED, also=(HTTPStatus.GONE,))
    def run_tests_of_a_version(
        template_id: TemplateIdPath,
        number: NumberPath,
        body: _Run,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """Render each test of a version, let a model answer where an assertion is about the answer, and keep how it
        went. A version with required tests is published only when its newest run has passed and is of what would be
        rendered today. Without a model set up, a stand-in answers and says so.
        """
        # Jinja and all that judges answers are loaded by who tests.
        from serving.logic.rendering.compose import compose, member
        from serving.logic.testing.bench import bench_for, keep_run, kept_run
        from serving.logic.testing.running import Result, run_tests

        asking = routes.asking(environment, key=idempotency_key)
        wanted = routes.body(RunRequest)
        version = desk.version(asking.environment, template_id, number)
        source = desk.source(asking.environment)
        check_usable(version, source.at)
        composition = compose(member(version), source)
        results: list[Result] = []

        def make(template: Template, act: Act) -> Change:
            if not results:  # who is asked again, because another changed the template, asks no model again
                results.extend(run_tests(composition, bench_for(desk.models, wanted, act.at)))
            return keep_run(template, composition, results, act)

        return send(desk.change(asking, template_id, make, lambda change: tell(kept_run(change), HTTPStatus.CREATED)))

    @routes.add("GET", f"{VERSION}/tests/runs", "Read runs", Runs)
    def list_runs(
        template_id: TemplateIdPath, number: NumberPath, environment: EnvironmentQuery = None, limit: LimitQuery = 20
    ) -> Response[Any]:
        """How the tests of a version went, the newest run first."""
        where = routes.reader(environment)
        desk.version(where, template_id, number)
        return send(tell(Runs(runs=desk.store.runs(desk.find(where, template_id), number, limit))))
