"""Gold to what the API reads: sorted Parquet extracts, and one pointer that moves over all at once."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from ingest.contracts import layout
from sql.catalog import models
from sql.publication import WHOLE, Extract, Publication, parsed
from sql.records import Model
from transforms.engines.protocol import Engine
from transforms.engines.store import Store

Changed = Mapping[str, Collection[date] | None]
"""Gold tables by full name, with the days of which rows may be others; None for all."""

KEPT = 3
"""Publications kept besides the current one, for readers that are in the middle of it."""


def published(store: Store) -> Publication | None:
    """What readers see now; None where nothing is published, or the pointer can't be read and all is due anew."""
    return parsed(store.read(layout.POINTER))


def publish(
    engine: Engine, changed: Changed, run: str, as_of: str, complete_through: str, wait: Collection[str] = ()
) -> Publication:
    """Write extracts of what has ``changed`` in gold, then point readers at them and at the unchanged ones.

    Args:
        wait: full names of tables that were left as they are, though they may lack what is new.
    """
    before = published(engine.store)
    known = before.tables if before else {}
    gold = [model for model in models().values() if model.layer == "gold" and model.published]
    tables = {model.name: _extract(engine, model, run, changed, known.get(model.name)) for model in gold}
    if before:
        tables |= {
            model.name: replace(known[model.name], older=before.state([model.name]))
            for model in gold
            if model.full_name in wait and tables[model.name] is known.get(model.name)
        }
    publication = Publication(run, as_of, complete_through, tables)
    point_at(engine.store, publication)
    _sweep(engine.store, publication)
    return publication


def _extract(engine: Engine, model: Model, run: str, changed: Changed, known: Extract | None) -> Extract:
    if known is None or not all(map(engine.store.exists, known.paths)):
        return Extract(engine.extract(model, run))
    if model.full_name not in changed:
        return known
    days = changed[model.full_name]
    if days is None or not model.is_daily or WHOLE in known.parts:
        return Extract(engine.extract(model, run))
    months = {f"{day:%Y-%m}" for day in days}
    kept = {month: part for month, part in known.parts.items() if month not in months}
    return Extract(dict(sorted({**kept, **engine.extract(model, run, months)}.items())))


def point_at(store: Store, publication: Publication) -> None:
    """Replace the pointer; a reader sees the old one or the new one, whole."""
    store.replace(layout.POINTER, publication.to_json())


def _sweep(store: Store, publication: Publication) -> None:
    in_use = set(map(_run, publication.paths))
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
    in_use = {layout.POINTER, *publication.paths}
    superseded = [path for path in store.below(layout.PUBLISH) if path not in in_use]
    for path in superseded:
        store.remove(path)
    return len(superseded)


def _run(path: str) -> str:
    return path.removeprefix(f"{layout.PUBLISH}/").partition("/")[0]
