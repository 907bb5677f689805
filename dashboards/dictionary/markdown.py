"""The dictionary as one page of Markdown, for whoever reads the repository."""

from collections.abc import Iterable

from dashboards.dictionary.data import LAYERS, Dictionary, TableEntry

_INTRODUCTION = """\
# Tables

<!-- Generated from sql/ and ingest/contracts by `make generate`; edit those, not this page. -->

What every table holds and what is computed from what. Bronze is described with [the contracts](contracts.md). With
lineage by column and a search: `promptlake docs`.

![Which table is computed from which](lineage.svg)

*Person* says how a column touches one: by pointing to a `person`, as `content` that one wrote, or as an `open` place
for anything. A rule that breaks keeps the last good state in place (`fail`) or only tells (`warn`).
"""

_TOLD = ("silver", "view", "gold", "operations")
_NOTHING = "–"


def render(dictionary: Dictionary) -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for layer in _TOLD:
        parts.append(f"## {LAYERS[layer].title}\n\n{LAYERS[layer].holds}.\n")
        parts += [part for table in dictionary.of_layer(layer) for part in _table(table)]
    parts += ["## Metrics\n\nNumbers people speak of, each over one gold table.\n", _metrics(dictionary)]
    return "\n".join(parts)


def _table(table: TableEntry) -> list[str]:
    facts = [f"A row for each {_code(table.grain)}."] if table.grain else []
    facts += [f"Partitioned by `{table.partition}`."] if table.partition else []
    facts += [f"Made of {_code(table.reads)}."] if table.reads else []
    rows = [
        [f"`{c.name}`", c.type or _NOTHING, c.unit or _NOTHING, c.person, c.description or _NOTHING]
        for c in table.columns
    ]
    parts = [
        f"### {table.name}\n\n{table.description.rstrip('.')}. {' '.join(facts)}\n",
        _grid(["Column", "Type", "Unit", "Person", "Description"], rows),
    ]
    if table.rules:
        parts.append("\n".join(f"- {rule.demand} ({rule.severity})" for rule in table.rules) + "\n")
    return parts


def _metrics(dictionary: Dictionary) -> str:
    rows = [
        [f"`{metric.name}`", metric.title, metric.unit, table.name, metric.description]
        for table in dictionary.tables
        for metric in table.metrics
    ]
    return _grid(["Metric", "Title", "Unit", "Table", "What it says"], rows)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _grid(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
