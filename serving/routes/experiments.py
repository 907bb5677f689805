"""Experiments: kept, started, stopped, shipped, and asked for a person's variant."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from ingest.contracts.roles import EXECUTOR
from serving.logic.cabinet import Cabinet
from serving.logic.experiments import changing
from serving.logic.experiments.assigning import Assigning
from serving.logic.experiments.model import Experiment, ExperimentTerms
from serving.logic.templates.desk import Desk
from serving.logic.templates.lifecycle import PRODUCTION
from serving.logic.templates.model import LabelName, Number, Why
from serving.routes.records import Kind, RecordIdPath, add_records, tell_record
from serving.routes.templates.registering import EnvironmentQuery, OptionalIfMatch, Routes, send, tell

EXPERIMENTS = "/experiments"
_ONE = f"{EXPERIMENTS}/<record_id>"

UserIdQuery = Annotated[str, Query(min_length=1, max_length=256, description="Who it is for")]


class Ship(BaseModel):
    """Which variant has won."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    variant: str
    label: LabelName = Field(default=PRODUCTION, description="Of the template; is pointed to the variant's version")
    why: Why = Field(default="", description="For the audit log of the template")


class Assignment(BaseModel, defer_build=True):
    """What a person gets."""

    experiment: str
    variant: str
    is_running: bool = Field(description="Whether they take part; else everybody gets this")
    template_id: str
    version: Number | None = Field(description="Null: what `production` points to")
    provider: str | None
    model: str | None


_Ship = Annotated[Ship, SkipValidation, Body(description="The winner")]


def add_experiments(routes: Routes, cabinet: Cabinet[Experiment], assigning: Assigning, desk: Desk) -> None:
    """Let the resolver keep experiments and assign persons to their variants."""
    add_records(
        routes,
        Kind(
            "experiment",
            EXPERIMENTS,
            cabinet,
            Experiment,
            ExperimentTerms,
            "editor",
            lambda terms, signed: changing.make(desk, terms, signed),
            lambda experiment, terms: changing.change(desk, experiment, terms),
            changing.check_removal,
        ),
    )

    def move(
        record_id: str,
        environment: str | None,
        if_match: str | None,
        make: Callable[[Experiment, datetime], dict[str, object]],
    ) -> Response[Any]:
        asking = routes.asking(environment, if_match)
        now = cabinet.clock()
        return send(
            tell_record(
                cabinet.change(
                    asking.who, asking.environment, record_id, if_match, lambda experiment: make(experiment, now)
                )
            )
        )

    @routes.add("POST", f"{_ONE}/start", "Start an experiment", Experiment)
    def start_experiment(
        record_id: RecordIdPath, environment: EnvironmentQuery = None, if_match: OptionalIfMatch = None
    ) -> Response[Any]:
        """From now on persons are assigned. Only versions that somebody has approved take part. The role editor is
        needed.
        """
        return move(record_id, environment, if_match, lambda experiment, at: changing.start(desk, experiment, at))

    @routes.add("POST", f"{_ONE}/stop", "Stop an experiment", Experiment)
    def stop_experiment(
        record_id: RecordIdPath, environment: EnvironmentQuery = None, if_match: OptionalIfMatch = None
    ) -> Response[Any]:
        """From now on everybody gets the control, the first variant. The role editor is needed."""
        return move(record_id, environment, if_match, changing.stop)

    @routes.add("POST", f"{_ONE}/ship", "Ship the winner", Experiment)
    def ship_winner(
        record_id: RecordIdPath,
        body: _Ship,  # noqa: ARG001 - told to OpenAPI, and read below
        environment: EnvironmentQuery = None,
        if_match: OptionalIfMatch = None,
    ) -> Response[Any]:
        """Everybody gets the winner from now on, and a label of the template points to its version, if the rules for
        labels let it. The role approver is needed.
        """
        asking = routes.asking(environment, if_match, role="approver")
        wanted = routes.body(Ship)
        experiment = cabinet.seen(asking.environment, record_id, if_match)
        variant = changing.check_shippable(experiment, wanted.variant)
        # The label first: what fails here leaves the experiment as it was, and can be sent again.
        changing.move_label(desk, asking, experiment, variant, wanted.label, wanted.why)
        now = cabinet.clock()
        shipped = cabinet.change(
            asking.who, asking.environment, record_id, if_match, lambda found: changing.ship(found, wanted.variant, now)
        )
        return send(tell_record(shipped))

    @routes.add("GET", f"{_ONE}/assignment", "Ask for a person's variant", Assignment)
    def get_assignment(
        record_id: RecordIdPath, user_id: UserIdQuery, environment: EnvironmentQuery = None
    ) -> Response[Any]:
        """Always the same for the same person, and by chance for all of them together. The first time is told as an
        event, `experiment_exposure`: ask when the person gets to see it. The role executor, or editor, is needed.
        """
        where = routes.reader(environment, EXECUTOR)
        assigned = assigning.assign(where, record_id, user_id)
        assigning.expose(assigned, user_id)
        variant = assigned.variant
        told = Assignment(
            experiment=record_id,
            variant=variant.name,
            is_running=assigned.is_running,
            template_id=assigned.template_id,
            version=variant.version,
            provider=variant.provider,
            model=variant.model,
        )
        return send(tell(told))
