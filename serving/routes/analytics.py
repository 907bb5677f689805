"""What the analytics endpoints share: parameters from the catalog, an answer from one publication."""

import inspect
import json
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from serving.logic.answer import Published, answer
from serving.logic.asked import DEFAULT_DAYS, MAX_DAYS, read_parameters
from serving.logic.question import Question
from serving.problems import JSON, documented, refuse_unknown_parameters
from serving.schemas import answer_model
from serving.stores.answers import Answers


def add_question(app: APIGatewayRestResolver, reader: Published, question: Question) -> None:
    """Let the resolver answer one analytics question."""
    parameters = _parameters(question)
    answers = Answers()

    def handle(**given: Any) -> Response[str]:
        refuse_unknown_parameters(parameters, app.current_event.resolved_query_string_parameters)
        asked = read_parameters(question, {name.rstrip("_"): value for name, value in given.items()})
        tables = reader.current()
        body = answers.get(tables.publication, asked, lambda: json.dumps(answer(question, asked, tables)))
        return Response(HTTPStatus.OK.value, JSON, body)

    handle.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            # `from` is a word of Python's own.
            inspect.Parameter(f"{name}_", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in parameters.items()
        ],
        return_annotation=Response[Any],  # written by us, and told to OpenAPI below: not validated again
    )
    done: Any = {"description": question.description, "content": {JSON: {"model": answer_model(question)}}}
    app.get(
        question.path,
        summary=question.title,
        description=f"{question.description} {_HOW_TO_READ}",
        operation_id=f"get_{question.name}",
        tags=["analytics"],
        responses={200: done, **documented(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)},
    )(handle)


_HOW_TO_READ = (
    "All numbers are of one publication, which `as_of` and `complete_through` describe. A value is null where there "
    "is no data. Money is a JSON number, the double nearest to the exact decimal sum. A metric whose table does not "
    "have a dimension that is asked for is named in `not_available`."
)


def _parameters(question: Question) -> dict[str, Any]:
    return {
        "from": _query("from", str, f"First day, UTC, included; default {DEFAULT_DAYS} days up to `to`", "2026-03-01"),
        "to": _query(
            "to", str, f"Last day, UTC, included; default the newest with data; at most {MAX_DAYS} days", "2026-03-31"
        ),
        "group_by": _query(
            "group_by",
            list[str],
            f"Dimensions, with commas or repeated: {', '.join(question.dimensions)}",
            [next(iter(question.dimensions))],
        ),
        **{
            name: _query(name, list[str], f"Only rows with this value, or one of these. {text}. Empty: without one")
            for name, text in question.filters.items()
        },
    }


def _query(name: str, kind: Any, description: str, example: Any = None) -> Any:
    extra = {"format": "date"} if kind is str else None
    examples = None if example is None else [example]
    return Annotated[kind, Query(alias=name, description=description, json_schema_extra=extra, examples=examples)]
