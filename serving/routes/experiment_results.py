"""What experiments say, so far."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from serving.experiment_result_schemas import ExperimentsAnswer
from serving.logic.answer import Published
from serving.logic.experiment_results.asked import (
    DEFAULT_CONFIDENCE,
    MAX_CONFIDENCE,
    MIN_CONFIDENCE,
    known_metrics,
    read_parameters,
)
from serving.logic.experiment_results.scorecard import USUAL_CONTROL, scorecard
from serving.logic.experiment_results.terms import FindTerms
from serving.problems import JSON, documented, refuse_unknown_parameters

PATH = "/analytics/experiments"
_PARAMETERS = ("experiment", "environment", "metric", "guardrail", "control", "weight", "confidence")

_Names = Annotated[Sequence[str], Query(description="Only this one, or these")]
_Metric = Annotated[
    str | None,
    Query(description=f"The metric that decides, of {', '.join(known_metrics())}; default its terms', else all"),
]
_Guardrails = Annotated[Sequence[str], Query(description="Metrics that must not get worse; default those of its terms")]
_Control = Annotated[
    str | None,
    Query(description=f"Arm to compare with; default its terms' first, else `{USUAL_CONTROL}`, else the first by name"),
]
_Weights = Annotated[
    Sequence[str],
    Query(
        description="An arm and its share, such as `control:50`; default as its terms have it, else equal shares",
        examples=["control:50"],
    ),
]
_Confidence = Annotated[
    float | None,
    Query(description=f"Of the intervals; default {DEFAULT_CONFIDENCE}", ge=MIN_CONFIDENCE, le=MAX_CONFIDENCE),
]


def add_experiment_results(app: APIGatewayRestResolver, reader: Published, find_terms: FindTerms) -> None:
    """Let the resolver tell of experiments."""
    done: Any = {"description": "What they say so far.", "content": {JSON: {"model": ExperimentsAnswer}}}

    @app.get(
        PATH,
        summary="Experiments",
        description="Each arm of each experiment over all its days: people, the metric and guardrails, their "
        "difference from the control with a confidence interval and a p-value, and whether the arms are as large as "
        "they should be.",
        operation_id="get_experiments",
        tags=["analytics"],
        responses={200: done, **documented(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)},
    )
    def get_experiments(
        experiment: _Names = (),
        environment: _Names = (),
        metric: _Metric = None,
        guardrail: _Guardrails = (),
        control: _Control = None,
        weight: _Weights = (),
        confidence: _Confidence = None,
    ) -> Response[Any]:
        refuse_unknown_parameters(_PARAMETERS, app.current_event.resolved_query_string_parameters)
        given = (experiment, environment, metric, guardrail, control, weight, confidence)
        asked = read_parameters(dict(zip(_PARAMETERS, given, strict=True)))
        # Not kept, as other answers are: somebody may change an experiment's terms between two publications.
        return Response(HTTPStatus.OK.value, JSON, json.dumps(scorecard(asked, reader.current(), find_terms)))
