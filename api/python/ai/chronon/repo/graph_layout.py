"""Places a directed graph in columns, from left to right, with few crossings.

The layered method: every node goes one column right of the last that it reads; an edge over several
columns gets a bend in each; the order within a column follows the mean place of neighbours, swept to and
fro; and heights come as near to those of the neighbours as the distance between boxes allows. Everything
is done in the order of names, so the same graph is always drawn alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SWEEPS = 12
NODE_GAP = 30.0
BEND_GAP = 10.0

Edge = tuple[str, str]


@dataclass
class Place:
    """Where a node or a bend stands: its column, and its middle in units of the drawing."""

    column: int
    y: float = 0.0


@dataclass
class Layout:
    """Places of nodes, and for each edge the places that it runs through, ends included.

    An edge that closes a circle keeps its direction and may run to the left.
    """

    places: dict[str, Place] = field(default_factory=dict)
    routes: dict[Edge, list[Place]] = field(default_factory=dict)
    columns: int = 0
    height: float = 0.0


def forward_edges(nodes: Sequence[str], edges: Iterable[Edge]) -> set[Edge]:
    """The edges without those that close a circle, by a walk in depth in the order of names."""
    following: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in sorted(edges):
        following[source].append(target)
    kept: set[Edge] = set()
    state = dict.fromkeys(nodes, "new")
    for start in nodes:
        if state[start] != "new":
            continue
        state[start] = "open"
        stack = [(start, iter(following[start]))]
        while stack:
            node, targets = stack[-1]
            for target in targets:
                if state[target] != "open":
                    kept.add((node, target))
                if state[target] == "new":
                    state[target] = "open"
                    stack.append((target, iter(following[target])))
                    break
            else:
                state[node] = "done"
                stack.pop()
    return kept


def columns_of(nodes: Sequence[str], edges: set[Edge]) -> dict[str, int]:
    """The column of each node: one right of the last that it reads; what is read only further right moves there."""
    reads: dict[str, list[str]] = {node: [] for node in nodes}
    read_by: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in sorted(edges):
        reads[target].append(source)
        read_by[source].append(target)
    waiting = {node: len(reads[node]) for node in nodes}
    ready = [node for node in nodes if not waiting[node]]
    columns = dict.fromkeys(nodes, 0)
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for target in read_by[node]:
            columns[target] = max(columns[target], columns[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for node in reversed(order):
        if not reads[node] and read_by[node]:
            columns[node] = min(columns[target] for target in read_by[node]) - 1
    return columns


class _Grid:
    """Columns of nodes and bends, each with its neighbours in the columns beside it."""

    def __init__(self, nodes: Sequence[str], edges: set[Edge]) -> None:
        self.column = columns_of(nodes, edges)
        self.routes: dict[Edge, list[str]] = {}
        self.left: dict[str, list[str]] = {node: [] for node in nodes}
        self.right: dict[str, list[str]] = {node: [] for node in nodes}
        self.bends: set[str] = set()
        for source, target in sorted(edges):
            self._route(source, target)
        size = max(self.column.values(), default=-1) + 1
        self.columns: list[list[str]] = [[] for _ in range(size)]
        for node in [*nodes, *sorted(self.bends)]:
            self.columns[self.column[node]].append(node)

    def _route(self, source: str, target: str) -> None:
        route = [source]
        for column in range(self.column[source] + 1, self.column[target]):
            bend = f"\x00{source}\x00{target}\x00{column}"
            self.bends.add(bend)
            self.column[bend] = column
            self.left[bend], self.right[bend] = [], []
            route.append(bend)
        route.append(target)
        self.routes[(source, target)] = route
        for first, second in pairwise(route):
            self.right[first].append(second)
            self.left[second].append(first)

    def order(self) -> None:
        """Orders each column by the mean place of the neighbours, and keeps the order with the fewest crossings."""
        best, fewest = [list(column) for column in self.columns], self.crossings()
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 0
            indexes = range(1, len(self.columns)) if forward else range(len(self.columns) - 2, -1, -1)
            for index in indexes:
                self._order_column(index, forward)
            crossings = self.crossings()
            if crossings < fewest:
                best, fewest = [list(column) for column in self.columns], crossings
        self.columns = best

    def _order_column(self, index: int, forward: bool) -> None:
        beside = self.columns[index - 1 if forward else index + 1]
        place = {node: position for position, node in enumerate(beside)}
        neighbours = self.left if forward else self.right
        column = self.columns[index]
        scale = len(beside) / max(len(column), 1)

        def key(position: int, node: str) -> tuple[float, int]:
            places = [place[other] for other in neighbours[node]]
            return (sum(places) / len(places) if places else position * scale, position)

        ranked = sorted((key(position, node), node) for position, node in enumerate(column))
        self.columns[index] = [node for _, node in ranked]

    def crossings(self) -> int:
        """How many pairs of edges cross between neighbouring columns."""
        total = 0
        for first, second in pairwise(self.columns):
            place = {node: position for position, node in enumerate(second)}
            ends = [end for node in first for end in sorted(place[target] for target in self.right[node])]
            total += _inversions(ends, len(second))
        return total

    def heights(self) -> dict[str, float]:
        """The middle of each node and bend: near its neighbours, at a distance from those above and below."""
        y: dict[str, float] = {}
        for column in self.columns:
            offset = 0.0
            for node in column:
                y[node] = offset
                offset += self._gap(node)
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 0
            for column in self.columns if forward else reversed(self.columns):
                wanted = []
                for node in column:
                    beside = [*self.left[node], *self.right[node]]
                    wanted.append(sum(y[other] for other in beside) / len(beside) if beside else y[node])
                y.update(zip(column, self._separate(column, wanted), strict=True))
        lowest = min(y.values(), default=0.0)
        return {node: value - lowest for node, value in y.items()}

    def _gap(self, node: str) -> float:
        return BEND_GAP if node in self.bends else NODE_GAP

    def _separate(self, column: Sequence[str], wanted: Sequence[float]) -> list[float]:
        """The heights nearest to the wanted ones, by squares, that keep order and distance."""
        offsets = [0.0]
        for first, second in pairwise(column):
            offsets.append(offsets[-1] + (self._gap(first) + self._gap(second)) / 2)
        blocks: list[tuple[float, int]] = []  # mean and size; neighbours out of order are pooled
        for value, offset in zip(wanted, offsets, strict=True):
            mean, size = value - offset, 1
            while blocks and blocks[-1][0] > mean:
                above, count = blocks.pop()
                mean, size = (mean * size + above * count) / (size + count), size + count
            blocks.append((mean, size))
        means = [mean for mean, size in blocks for _ in range(size)]
        return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _inversions(values: Sequence[int], size: int) -> int:
    """How many pairs stand in falling order, counted by a tree of sums."""
    tree = [0] * (size + 1)
    total = 0
    for seen, value in enumerate(values):
        index, not_above = value + 1, 0
        while index > 0:
            not_above += tree[index]
            index -= index & -index
        total += seen - not_above
        index = value + 1
        while index <= size:
            tree[index] += 1
            index += index & -index
    return total


def layered(nodes: Iterable[str], edges: Iterable[Edge]) -> Layout:
    """Places nodes and edges; edges that close a circle are straight lines between their ends."""
    names, all_edges = sorted(nodes), sorted(set(edges))
    grid = _Grid(names, forward_edges(names, all_edges))
    grid.order()
    heights = grid.heights()
    places = {node: Place(grid.column[node], heights[node]) for node in heights}
    routes = {edge: [places[each] for each in grid.routes.get(edge, edge)] for edge in all_edges}
    height = max(heights.values(), default=0.0) + NODE_GAP
    return Layout({node: places[node] for node in names}, routes, len(grid.columns), height)
