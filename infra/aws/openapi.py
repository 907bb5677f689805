"""The API's description of itself, without a store behind it."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingest.contracts.validate import Refusal
from serving.app import build_app
from serving.lambdas.guard import let_in
from serving.logic.reading import Tables
from serving.logic.templates.desk import Desk
from serving.logic.testing.checks import RenderedAndTested
from serving.routes.openapi import openapi_document
from serving.stores.sqlite import SqliteTable
from serving.stores.templates.store import TemplateStore
from sql.reader import NothingPublished


class _Nothing:
    def current(self) -> Tables:
        raise NothingPublished("Nothing is asked here.")


@cache
def api_document() -> dict[str, Any]:
    """OpenAPI 3.1 of every route of the API."""
    with TemporaryDirectory() as folder:
        desk = Desk(TemplateStore(SqliteTable(Path(folder) / "templates.db")), RenderedAndTested())
        return openapi_document(build_app(_Nothing(), _taken, desk, let_in))


def _taken(_event: dict[str, Any]) -> Refusal | None:
    return None
