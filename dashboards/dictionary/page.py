"""The dictionary as a folder of self-contained pages: one that leads to all, and one a table. Nothing is fetched."""

import json
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from dashboards import templates
from dashboards.dictionary import drawing
from dashboards.dictionary.data import LAYERS, Dictionary, RuleEntry, TableEntry

INDEX = "index.html"
TABLES = "tables"


def render(dictionary: Dictionary) -> dict[str, str]:
    """Every page by its path in the folder. The first one, which leads to all others, comes last."""
    pages = {f"{TABLES}/{table.name}.html": _table(dictionary, table) for table in dictionary.tables}
    return {**pages, INDEX: _index(dictionary)}


def _index(dictionary: Dictionary) -> str:
    reads = drawing.all_tables(dictionary)
    return (
        _environment()
        .from_string(_source("index.html.j2"))
        .render(
            dictionary=dictionary,
            layers=LAYERS,
            link=_from_index,
            drawing=drawing.svg(dictionary, reads, _from_index, "Which table is computed from which"),
            entries=_for_script(list(_entries(dictionary))),
            script=Markup(_script()),  # noqa: S704 - our own file
            script_hash=script_hash(),
        )
    )


def script_hash() -> str:
    """What a policy has to allow, that the first page may search."""
    return f"sha256-{b64encode(sha256(_script().encode()).digest()).decode()}"


def _script() -> str:
    return (files(__package__) / "search.js").read_text()


def _table(dictionary: Dictionary, table: TableEntry) -> str:
    reads = drawing.around(dictionary, table.name)
    title = f"What {table.name} is computed from, and what from it"
    drawn = drawing.svg(dictionary, reads, _from_table, title, here=table.name) if len(reads) > 1 else None
    of_column: dict[str, list[RuleEntry]] = {}
    for rule in table.rules:
        if len(rule.columns) == 1:
            of_column.setdefault(rule.columns[0], []).append(rule)
    return (
        _environment()
        .from_string(_source("table.html.j2"))
        .render(
            dictionary=dictionary,
            table=table,
            layer=LAYERS[table.layer],
            readers=dictionary.readers(table.name),
            link=_from_table,
            drawing=drawn,
            rules_of=lambda name: of_column.get(name, ()),
            rules_of_rows=[rule for rule in table.rules if len(rule.columns) != 1],
            has_sources=any(column.comes_from for column in table.columns),
        )
    )


@cache
def _environment() -> Environment:
    environment = templates.environment()
    macros = environment.from_string(_source("macros.html.j2")).module
    environment.globals.update(head=macros.head)  # type: ignore[attr-defined]
    return environment


def _source(name: str) -> str:
    return (files(__package__) / name).read_text()


def _from_index(name: str) -> str:
    return f"{TABLES}/{name}.html"


def _from_table(name: str) -> str:
    return f"{name}.html"


def _entries(dictionary: Dictionary) -> Iterator[dict[str, str]]:
    """What the search finds."""
    for table in dictionary.tables:
        page = _from_index(table.name)
        yield {"kind": "table", "name": table.name, "title": "", "text": table.description, "href": page}
        for metric in table.metrics:
            about = {"kind": "metric", "name": metric.name, "title": metric.title, "text": metric.description}
            yield {**about, "href": f"{page}#metric-{metric.name}"}
        for column in table.columns:
            about = {"kind": "column", "name": f"{table.name}.{column.name}", "title": "", "text": column.description}
            yield {**about, "href": f"{page}#{column.name}"}


def _for_script(entries: list[dict[str, str]]) -> Markup:
    """JSON that can't end the element it stands in."""
    return Markup(json.dumps(entries, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704
