"""Catalogs of a test's own: the project's, with files changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from sql.catalog import ROOT, VIEWS, load_metrics, load_models, load_views, load_wide_views
from sql.check import check
from sql.resolved import resolve, sources


def copy_catalog(folder: Path) -> Path:
    """All that is written by hand in ``sql``, for a test to break."""
    for name in ("silver", "gold", "views", "metrics"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def check_folder(root: Path) -> None:
    """What a build does before it touches anything, on another folder."""
    tables, views = load_models(root), load_views(root)
    load_wide_views(root)
    queries = sources(tables, views, root / VIEWS)
    check(queries, resolve(queries), load_metrics(root, tables), tables, root)
