"""The templates of an embedded lake: one SQLite file beside it."""

from pathlib import Path

from infra.local.models import open_models
from ingest.contracts import layout
from serving.logic.templates.desk import Desk
from serving.logic.testing.checks import RenderedAndTested
from serving.stores.sqlite import SqliteTable
from serving.stores.templates.store import TemplateStore


def open_store(root: Path) -> TemplateStore:
    """The store in a lake's folder."""
    return TemplateStore(SqliteTable(root / layout.TEMPLATES_FILE))


def open_desk(root: Path) -> Desk:
    """All that the routes need."""
    return Desk(open_store(root), RenderedAndTested(), open_models(root))
