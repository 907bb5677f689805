"""Lays out a graph without cycles in ranks from left to right, each edge going from one rank to a later one.

The classic way: ranks by the longest path, points where a long edge passes a rank, an order within ranks by the mean
place of the neighbours. The libraries that draw graphs either need a program of their own or are not kept up.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 12

Node = str | tuple[str, str, int]
"""A node of the graph, or the point in a rank that an edge passes: from, to, rank."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in units of one node: rank from the left, row from the top, which may lie between two."""

    places: Mapping[str, tuple[int, float]]
    routes: Mapping[tuple[str, str], tuple[tuple[int, float], ...]]
    """By edge the places it runs through, its ends among them."""
    ranks: int
    rows: float


def lay_out(reads: Mapping[str, Collection[str]], point_height: float = 0.5) -> Layout:
    """Lay out nodes, each with those it is made of, which stand to its left.

    Args:
        reads: every node, in the order that is kept where nothing else decides.
        point_height: how much room an edge takes where it passes a rank, as a share of a node.
    """
    ranks = _ranks(reads)
    routes = {(source, node): _route(source, node, ranks) for node in reads for source in reads[node]}
    columns = _columns(reads, ranks, routes.values())
    links = _links(routes.values())
    for sweep in range(_SWEEPS):
        _reorder(columns, links, forwards=sweep % 2 == 0)
    rows = _rows(columns, links, point_height)
    depth = max((row for row in rows.values()), default=0.0)
    return Layout(
        {node: (ranks[node], rows[node]) for node in reads},
        {edge: tuple((_rank(n, ranks), rows[n]) for n in route) for edge, route in routes.items()},
        len(columns),
        depth + 1,
    )


def _ranks(reads: Mapping[str, Collection[str]]) -> dict[str, int]:
    """The length of the longest path to each node; what nothing leads to stands just before the first to read it."""
    ranks: dict[str, int] = {}

    def rank(node: str) -> int:
        if node not in ranks:
            ranks[node] = 1 + max((rank(source) for source in reads[node]), default=-1)
        return ranks[node]

    for node in reads:
        rank(node)
    for node in reads:
        readers = [ranks[other] for other in reads if node in reads[other]]
        if not reads[node] and readers:
            ranks[node] = min(readers) - 1
    return ranks


def _route(source: str, node: str, ranks: Mapping[str, int]) -> tuple[Node, ...]:
    passed = range(ranks[source] + 1, ranks[node])
    return (source, *((source, node, rank) for rank in passed), node)


def _rank(node: Node, ranks: Mapping[str, int]) -> int:
    return ranks[node] if isinstance(node, str) else node[2]


def _columns(nodes: Iterable[str], ranks: Mapping[str, int], routes: Iterable[tuple[Node, ...]]) -> list[list[Node]]:
    columns: list[list[Node]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for node in [*nodes, *(point for route in routes for point in route[1:-1])]:
        columns[_rank(node, ranks)].append(node)
    return columns


def _links(routes: Iterable[tuple[Node, ...]]) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    """Neighbours of each node in the rank before and in the rank after."""
    before: dict[Node, list[Node]] = {}
    after: dict[Node, list[Node]] = {}
    for route in routes:
        for left, right in pairwise(route):
            after.setdefault(left, []).append(right)
            before.setdefault(right, []).append(left)
    return before, after


def _reorder(
    columns: list[list[Node]], links: tuple[dict[Node, list[Node]], dict[Node, list[Node]]], *, forwards: bool
) -> None:
    near = links[0] if forwards else links[1]
    order = range(1, len(columns)) if forwards else range(len(columns) - 2, -1, -1)
    for index in order:
        beside = columns[index - 1 if forwards else index + 1]
        place = {node: (number + 0.5) / len(beside) for number, node in enumerate(beside)}
        now = {node: (number + 0.5) / len(columns[index]) for number, node in enumerate(columns[index])}
        means = {
            node: _mean([place[n] for n in near.get(node, ()) if n in place], now[node]) for node in columns[index]
        }
        columns[index].sort(key=means.__getitem__)


def _rows(
    columns: list[list[Node]],
    links: tuple[dict[Node, list[Node]], dict[Node, list[Node]]],
    point_height: float,
) -> dict[Node, float]:
    """Rows of nodes: near their neighbours, in order, and none over another."""
    height = {node: 1.0 if isinstance(node, str) else point_height for column in columns for node in column}
    rows: dict[Node, float] = {}
    for column in columns:
        row = 0.0
        for node in column:
            rows[node] = row + height[node] / 2
            row += height[node]
    tallest = max((sum(height[n] for n in column) for column in columns), default=0.0)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            wanted = [_mean([rows[n] for side in links for n in side.get(node, ())], rows[node]) for node in column]
            rows.update(zip(column, _apart(wanted, [height[n] for n in column], tallest), strict=True))
    return {node: row - 0.5 for node, row in rows.items()}


def _apart(wanted: list[float], heights: list[float], end: float) -> list[float]:
    """The middles nearest to those wanted, in order and without overlap, between 0 and ``end``."""
    placed: list[float] = []
    edge = 0.0
    for middle, height in zip(wanted, heights, strict=True):
        placed.append(max(middle, edge + height / 2))
        edge = placed[-1] + height / 2
    edge = end
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], edge - heights[index] / 2)
        edge = placed[index] - heights[index] / 2
    return placed


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
