"""Records of one kind, read and written the same way whatever they are."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import BaseModel, SkipValidation, create_model

from ingest.contracts.roles import Role
from serving.logic.cabinet import Cabinet, etag
from serving.logic.record import Record, RecordId
from serving.logic.templates.desk import Answer
from serving.logic.templates.model import TEMPLATE_ID
from serving.routes.templates.registering import AfterId, EnvironmentQuery, IfMatch, LimitQuery, Routes, send, tell

_Kept = TypeVar("_Kept", bound=Record)
RecordIdPath = Annotated[str, Path(pattern=TEMPLATE_ID, description="Its id")]


@dataclass(frozen=True)
class Kind(Generic[_Kept]):
    """What the routes of one kind of record differ in.

    Args:
        name: of one, such as ``budget``.
        path: of all, such as ``/budgets``.
        cabinet: keeps them.
        model: what is kept, and told.
        terms: what their authors write; all of it each time.
        role: who may write.
        make: the record of terms and of what every record has; raises ``RequestRefused``.
        change: the values that other terms give a record; raises likewise.
        check_removal: raises ``RequestRefused`` for what may not be taken away.
    """

    name: str
    path: str
    cabinet: Cabinet[_Kept]
    model: type[_Kept]
    terms: type[BaseModel]
    role: Role
    make: Callable[[Any, dict[str, Any]], _Kept]
    change: Callable[[_Kept, Any], dict[str, object]]
    check_removal: Callable[[_Kept], None] | None = None


def add_records(routes: Routes, kind: Kind[_Kept]) -> None:
    """Let the resolver find, make, change and take away the records of a kind."""
    name, one, cabinet = kind.name, f"{kind.path}/<record_id>", kind.cabinet
    title = name.capitalize()
    page = create_model(
        f"{title}Page", __doc__=f"{title}s in the order of their ids.", records=(list[kind.model], ...),  # type: ignore[name-defined]
        next=(str | None, None),
    )  # fmt: skip
    new = create_model(f"New{title}", __base__=kind.terms, __doc__=f"A {name} that is made.", id=(RecordId, ...))
    new_body: Any = Annotated[new, SkipValidation, Body(description=f"The {name}")]
    terms_body: Any = Annotated[kind.terms, SkipValidation, Body(description="All of what it is to be")]

    def list_records(
        environment: EnvironmentQuery = None, after: AfterId = "", limit: LimitQuery = 50
    ) -> Response[Any]:
        found, following = cabinet.page(routes.reader(environment), after, limit)
        return send(tell(page(records=found, next=following)))

    def create_record(body: new_body, environment: EnvironmentQuery = None) -> Response[Any]:  # noqa: ARG001
        asking = routes.asking(environment, role=kind.role)
        wanted: Any = routes.body(new)
        made = cabinet.create(asking.who, asking.environment, wanted.id, lambda signed: kind.make(wanted, signed))
        return send(tell_record(made, HTTPStatus.CREATED, f"{kind.path}/{made.id}"))

    def get_record(record_id: RecordIdPath, environment: EnvironmentQuery = None) -> Response[Any]:
        return send(tell_record(cabinet.find(routes.reader(environment), record_id)))

    def replace_record(
        record_id: RecordIdPath,
        body: terms_body,  # noqa: ARG001 - told to OpenAPI, and read below
        if_match: IfMatch,
        environment: EnvironmentQuery = None,
    ) -> Response[Any]:
        asking = routes.asking(environment, if_match, role=kind.role)
        wanted = routes.body(kind.terms)
        changed = cabinet.change(
            asking.who, asking.environment, record_id, if_match, lambda record: kind.change(record, wanted)
        )
        return send(tell_record(changed))

    def delete_record(
        record_id: RecordIdPath, if_match: IfMatch, environment: EnvironmentQuery = None
    ) -> Response[Any]:
        asking = routes.asking(environment, if_match, role=kind.role)
        return send(tell_record(cabinet.remove(asking.environment, record_id, if_match, kind.check_removal)))

    may, article = f"The role {kind.role} is needed.", "an" if name[0] in "aeiou" else "a"
    described: list[tuple[Callable[..., Response[Any]], str, str, str, str, Any, HTTPStatus]] = [
        (list_records, "list", "GET", kind.path, "In the order of their ids, in pages.", page,
         HTTPStatus.OK),
        (create_record, "create", "POST", kind.path, f"Under an id that you choose. {may}", kind.model,
         HTTPStatus.CREATED),
        (get_record, "get", "GET", one, "With its `ETag`, which `If-Match` wants.", kind.model, HTTPStatus.OK),
        (replace_record, "replace", "PUT", one, f"412 where it was changed since you read it. {may}", kind.model,
         HTTPStatus.OK),
        (delete_record, "delete", "DELETE", one, f"Answers what it was. {may}", kind.model, HTTPStatus.OK),
    ]  # fmt: skip
    for handler, verb, method, path, text, model, status in described:
        which = f"{name}s" if verb == "list" else f"{article} {name}"
        handler.__name__ = f"{verb}_{name}s" if verb == "list" else f"{verb}_{name}"
        handler.__doc__ = text
        routes.add(method, path, f"{verb.capitalize()} {which}", model, status=status)(handler)


def tell_record(record: Record, status: HTTPStatus = HTTPStatus.OK, location: str | None = None) -> Answer:
    """A record, with its ETag."""
    headers = {"ETag": etag(record)} | ({"Location": location} if location else {})
    return tell(record, status, headers)
