"""Gold to what the API reads: a sorted Parquet extract a table, and one pointer that moves over all at once."""

from collections.abc import Collection

from ingest.contracts import layout
from sql.catalog import models
from sql.publication import Publication, parsed
from transforms.engines.protocol import Engine
from transforms.engines.store import Store

KEPT = 3
"""Publications kept besides the current one, for readers that are in the middle of it."""


def published(store: Store) -> Publication | None:
    """What readers see now; None where nothing is published, or the pointer can't be read and all is due anew."""
    return parsed(store.read(layout.POINTER))


def publish(engine: Engine, changed: Collection[str], run: str, as_of: str, complete_through: str) -> Publication:
    """Write extracts of the ``changed`` gold tables, then point readers at them and at the unchanged ones."""
    before = published(engine.store)
    extracts = dict(before.tables) if before else {}
    gold = [model for model in models().values() if model.layer == "gold" and model.published]
    for model in gold:
        known = extracts.get(model.name)
        if model.full_name in changed or known is None or not engine.store.exists(known.path):
            extracts[model.name] = engine.extract(model, run)
    publication = Publication(run, as_of, complete_through, {m.name: extracts[m.name] for m in gold})
    point_at(engine.store, publication)
    _sweep(engine.store, publication)
    return publication


def point_at(store: Store, publication: Publication) -> None:
    """Replace the pointer; a reader sees the old one or the new one, whole."""
    store.replace(layout.POINTER, publication.to_json())


def _sweep(store: Store, publication: Publication) -> None:
    in_use = {_run(extract.path) for extract in publication.tables.values()}
    objects = [path for path in store.below(layout.PUBLISH) if path != layout.POINTER]
    newest = sorted({_run(path) for path in objects})[-KEPT:]
    for path in objects:
        if _run(path) not in in_use and _run(path) not in newest:
            store.remove(path)


def sweep_superseded(store: Store, superseded_before: str) -> int:
    """Remove extracts that nobody is pointed at, if the present publication is older than a run; returns how many.

    Readers of the one before it have had that long to finish.
    """
    publication = published(store)
    if publication is None or publication.publication > superseded_before:
        return 0
    in_use = {layout.POINTER, *(extract.path for extract in publication.tables.values())}
    superseded = [path for path in store.below(layout.PUBLISH) if path not in in_use]
    for path in superseded:
        store.remove(path)
    return len(superseded)


def _run(path: str) -> str:
    return path.removeprefix(f"{layout.PUBLISH}/").partition("/")[0]
