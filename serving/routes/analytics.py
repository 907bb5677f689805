"""What the analytics endpoints share: parameters from the catalog, an answer from one publication."""

import inspect
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from serving.access import principal_of
from serving.logic.answer import Published, answer
from serving.logic.as_csv import as_csv
from serving.logic.asked import Page, listed, read_parameters
from serving.logic.days import DEFAULT_DAYS, MAX_DAYS, PREVIOUS
from serving.logic.paging import DEFAULT_ROWS, MAX_ROWS, read_cursor
from serving.logic.question import CHANGES, PERSONS, Question, change_of
from serving.logic.refused import bad_request
from serving.negotiation import chosen
from serving.problems import JSON, documented, refuse_unknown_parameters
from serving.schemas import answer_model
from serving.stores.answers import Answers
from sql.periods import Granularity

CSV = "text/csv"
_CSV_TYPE = "text/csv; charset=utf-8; header=present"
_FORMS = {"json": JSON, "csv": CSV}
_VARIES: dict[str, Any] = {"Vary": "Accept"}


def add_question(app: APIGatewayRestResolver, reader: Published, question: Question, smallest_group: int) -> None:
    """Let the resolver answer one analytics question.

    Args:
        app: the resolver.
        reader: gives what was last published.
        question: what is answered.
        smallest_group: a group of fewer people is told as other.
    """
    parameters = _parameters(question)
    answers = Answers()

    def handle(**given: Any) -> Response[str]:
        sent = app.current_event.resolved_query_string_parameters
        refuse_unknown_parameters(parameters, sent)
        asked = {name.removesuffix("_"): value for name, value in given.items()}
        _refuse_persons(app, asked["group_by"] or ())
        read = read_parameters(question, asked)
        page = Page(asked["limit"] or DEFAULT_ROWS, read_cursor(asked["cursor"]))
        tables = reader.current()
        body = answers.get(
            tables.publication,
            (read, page),
            lambda: json.dumps(answer(question, read, page, tables, smallest_group)),
        )
        form = (
            _FORMS[asked["format"]] if asked["format"] else chosen(app.current_event.headers.get("accept"), (JSON, CSV))
        )
        if form == CSV:
            return _in_csv(question, json.loads(body), sent)
        return Response(HTTPStatus.OK.value, JSON, body, _VARIES)

    handle.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            # `from` is a word of Python's own.
            inspect.Parameter(f"{name}_", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in parameters.items()
        ],
        return_annotation=Response[Any],  # written by us, and told to OpenAPI below: not validated again
    )
    forms: Any = {JSON: {"model": answer_model(question)}, CSV: {"schema": {"type": "string"}}}
    done: Any = {"description": question.description, "content": forms}
    problems = (HTTPStatus.BAD_REQUEST, HTTPStatus.GONE, HTTPStatus.SERVICE_UNAVAILABLE)
    app.get(
        question.path,
        summary=question.title,
        description=f"{question.description} {_HOW_TO_READ}",
        operation_id=f"get_{question.key}",
        tags=["analytics"],
        responses={200: done, **documented(*problems)},
    )(handle)


def _refuse_persons(app: APIGatewayRestResolver, group_by: Sequence[str]) -> None:
    """To tell people one by one is for admins only, and not for them over HTTP: such tables are not published."""
    for name in listed(group_by):
        if name in PERSONS:
            principal_of(app.current_event["requestContext"]).demand("admin")
            message = f"No published table tells people one by one; query {PERSONS[name]} in the lake for {name}."
            raise bad_request("not_published", message)


_HOW_TO_READ = (
    "All numbers are of one publication, which `as_of` and `complete_through` describe. A value is null where there "
    "is no data. Money is a JSON number, the double nearest to the exact decimal sum. A metric whose table does not "
    "have a dimension that is asked for, or that has to be asked for one value at a time, is named in `not_available`. "
    "A group of fewer people than `smallest_group` is told as `other`, together with others, so that it is no "
    "difference of others; `folded` names the metrics. "
    "With `compare`, each metric has three more columns: its value then (`_previous`), now less then (`_delta`), and "
    "now as a multiple of then (`_ratio`). CSV has the rows, as `rows` has them, without the total; what is no number "
    "and would be a formula begins with an apostrophe. `as_of` and `complete_through` are its headers "
    "`Promptlake-As-Of` and `Promptlake-Complete-Through`, and its `Link` leads to the next page."
)


def _in_csv(question: Question, told: Mapping[str, Any], sent: Mapping[str, list[str]]) -> Response[str]:
    missing = {entry["metric"] for entry in told["not_available"]}
    metrics = [name for name in question.metrics if name not in missing]
    changes = [change_of(name, change) for name in metrics for change in CHANGES] if told["compared_with"] else []
    headers: dict[str, Any] = {
        "Promptlake-As-Of": told["as_of"],
        "Promptlake-Complete-Through": told["complete_through"],
        **_VARIES,
    }
    if told["next"]:
        following = urlencode({**sent, "cursor": told["next"]}, doseq=True)
        headers["Link"] = f'<{question.path}?{following}>; rel="next"'
    body = as_csv([*told["group_by"], *metrics, *changes], told["rows"])
    return Response(HTTPStatus.OK.value, _CSV_TYPE, body, headers)


def _parameters(question: Question) -> dict[str, Any]:
    first = question.metrics[0]
    return {
        **(_times() if question.is_daily else {}),
        "group_by": _query(
            "group_by",
            list[str],
            f"Dimensions, with commas or repeated: {', '.join(question.dimensions)}",
            [next(iter(question.dimensions))],
        ),
        "sort": _query(
            "sort",
            list[str],
            "Columns of the rows, with commas or repeated; a minus before one turns it round. No value comes last; "
            "default the order of the groups",
            [f"-{first}"],
        ),
        "limit": _query("limit", int, f"So many rows make a page; default {DEFAULT_ROWS}", ge=1, le=MAX_ROWS),
        "cursor": _query("cursor", str, "Where a page begins: `next` of the one before, with the same parameters"),
        "format": _query("format", Literal["json", "csv"], "Form of the answer; else as `Accept` says, else JSON"),
        **{
            name: _query(name, list[str], f"Only rows with this value, or one of these. {text}. Empty: without one")
            for name, text in question.filters.items()
        },
    }


def _times() -> dict[str, Any]:
    return {
        "from": _day("from", f"First day, UTC, included; default {DEFAULT_DAYS} days up to `to`", "2026-03-01"),
        "to": _day(
            "to", f"Last day, UTC, included; default the newest with data; at most {MAX_DAYS} days", "2026-03-31"
        ),
        "granularity": _query(
            "granularity",
            Granularity,
            "Group by time too: `day` is then the UTC day, or the first day of the ISO week, a Monday, or of the month",
        ),
        "compare": _query(
            "compare",
            str,
            f"`{PREVIOUS}` compares with as many days just before, a day with as many from that day on",
            PREVIOUS,
        ),
    }


def _day(name: str, description: str, example: str) -> Any:
    return _query(name, str, description, example, json_schema_extra={"format": "date"})


def _query(name: str, kind: Any, description: str, example: Any = None, **more: Any) -> Any:
    examples = None if example is None else [example]
    return Annotated[kind, Query(alias=name, description=description, examples=examples, **more)]
