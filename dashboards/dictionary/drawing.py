"""Lineage as inline SVG: tables from left to right, each after what it is computed from."""

from collections.abc import Callable, Collection, Mapping

from markupsafe import Markup

from dashboards.dictionary.data import Dictionary
from dashboards.dictionary.layered import Layout, lay_out

_WIDTH, _HEIGHT = 186, 26
_BETWEEN_RANKS, _BETWEEN_ROWS = 64, 10
_MARGIN = 6
_SMALLEST = 0.7
"""On a narrow page a drawing is scrolled rather than made smaller than this."""


def around(dictionary: Dictionary, name: str) -> Mapping[str, tuple[str, ...]]:
    """A table with all it is made of and all that is made of it: each with those of them it reads."""
    reads = _known(dictionary)
    readers = {table: [other for other in reads if table in reads[other]] for table in reads}
    kept = _reached(name, reads) | _reached(name, readers)
    return {table: tuple(source for source in reads[table] if source in kept) for table in reads if table in kept}


def all_tables(dictionary: Dictionary) -> Mapping[str, tuple[str, ...]]:
    """Every table that reads or is read."""
    reads = _known(dictionary)
    linked = {source for sources in reads.values() for source in sources}
    return {name: sources for name, sources in reads.items() if sources or name in linked}


def svg(
    dictionary: Dictionary,
    reads: Mapping[str, Collection[str]],
    link: Callable[[str], str] | None,
    title: str,
    here: str | None = None,
) -> Markup:
    """The drawing.

    Args:
        reads: the tables to draw, each with those it reads.
        link: where a table's page is; None for a drawing without links.
        title: what a reader who does not see it hears.
        here: the table that the page is about.
    """
    layout = lay_out(reads)
    width = layout.ranks * (_WIDTH + _BETWEEN_RANKS) - _BETWEEN_RANKS + 2 * _MARGIN
    height = round(layout.rows * (_HEIGHT + _BETWEEN_ROWS) - _BETWEEN_ROWS + 2 * _MARGIN)
    edges = Markup("").join(_edge(source, node, layout) for source, node in layout.routes)
    boxes = Markup("").join(_box(dictionary, name, layout, link, name == here) for name in reads)
    return Markup(
        '<svg class="lineage" style="min-width:{least}px" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" '
        'width="{w}" height="{h}" role="{role}" aria-label="{title}"><g class="edges">{edges}</g>{boxes}</svg>'
    ).format(
        least=round(width * _SMALLEST),
        w=width,
        h=height,
        role="img" if link is None else "group",  # of an image nobody would hear the links
        title=title,
        edges=edges,
        boxes=boxes,
    )


def _known(dictionary: Dictionary) -> dict[str, tuple[str, ...]]:
    return {t.name: tuple(r for r in t.reads if r in dictionary.by_name) for t in dictionary.tables}


def _reached(name: str, links: Mapping[str, Collection[str]]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        for other in links[waiting.pop()]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _left(rank: int) -> int:
    return _MARGIN + rank * (_WIDTH + _BETWEEN_RANKS)


def _middle(row: float) -> float:
    return round(_MARGIN + row * (_HEIGHT + _BETWEEN_ROWS) + _HEIGHT / 2, 1)


def _edge(source: str, node: str, layout: Layout) -> Markup:
    """A curve from the right of one box to the left of the next, straight where it passes a rank between."""
    route = layout.routes[source, node]
    x, y = _left(route[0][0]) + _WIDTH, _middle(route[0][1])
    path = f"M{x} {y:g}"
    for rank, row in route[1:]:
        to_x, to_y = _left(rank), _middle(row)
        half = (x + to_x) / 2
        path += f"C{half:g} {y:g} {half:g} {to_y:g} {to_x} {to_y:g}"
        x, y = to_x, to_y
        if (rank, row) != route[-1]:
            x += _WIDTH
            path += f"H{x}"
    return Markup('<path d="{}" data-from="{}" data-to="{}"/>').format(path, source, node)


def _box(dictionary: Dictionary, name: str, layout: Layout, link: Callable[[str], str] | None, is_here: bool) -> Markup:
    table = dictionary.by_name[name]
    rank, row = layout.places[name]
    x, y = _left(rank), _middle(row) - _HEIGHT / 2
    drawn = Markup(
        '<rect x="{x}" y="{y:g}" width="{w}" height="{h}" rx="5"/><text x="{tx}" y="{ty:g}">{name}</text>'
        "<title>{name}: {description}</title>"
    ).format(x=x, y=y, w=_WIDTH, h=_HEIGHT, tx=x + 10, ty=y + _HEIGHT / 2 + 4, name=name, description=table.description)
    css = f"box {table.layer}{' here' if is_here else ''}"
    if link is None or is_here:
        return Markup('<g class="{}" data-name="{}">{}</g>').format(css, name, drawn)
    return Markup('<a class="{}" data-name="{}" href="{}">{}</a>').format(css, name, link(name), drawn)
