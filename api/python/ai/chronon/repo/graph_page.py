"""The graph of a repository as one HTML page that needs nothing else: no network, no other files."""

import json
import os
from html import escape
from importlib import resources

from ai.chronon.errors import ChrononError
from ai.chronon.repo.compiled import write_atomically
from ai.chronon.repo.graph import NODE_KINDS, Graph, GraphNode, build_graph
from ai.chronon.repo.graph_layout import Layout, Place, layered
from ai.chronon.repo.index import FeatureIndex

TEMPLATE = "graph_page.html"
NODE_WIDTH, NODE_HEIGHT, COLUMN_GAP, MARGIN = 236, 22, 110, 24
LONGEST_LABEL = 34
KIND_WORDS = {
    "topic": "topic",
    "table": "table",
    "staging_query": "staging query",
    "group_by": "group-by",
    "join": "join",
    "model": "model",
}


def _left(place: Place) -> float:
    return MARGIN + place.column * (NODE_WIDTH + COLUMN_GAP)


def _middle(place: Place) -> float:
    return MARGIN + NODE_HEIGHT / 2 + place.y


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _short(label: str) -> str:
    """A label that fits into its box; the end of a name says more than its beginning."""
    return label if len(label) <= LONGEST_LABEL else f"…{label[-LONGEST_LABEL + 1 :]}"


def _path(route: list[Place]) -> str:
    """A line from the right side of a box to the left side of another, level where it passes a column."""
    x, y = _left(route[0]) + NODE_WIDTH, _middle(route[0])
    parts = [f"M{_number(x)} {_number(y)}"]
    for number, place in enumerate(route[1:], start=2):
        next_x, next_y = _left(place), _middle(place)
        bend = (next_x - x) / 2
        parts.append(
            f"C{_number(x + bend)} {_number(y)} {_number(next_x - bend)} {_number(next_y)} "
            f"{_number(next_x)} {_number(next_y)}"
        )
        x, y = next_x, next_y
        if number < len(route):
            x += NODE_WIDTH
            parts.append(f"H{_number(x)}")
    return "".join(parts)


def _node_svg(number: int, node: GraphNode, place: Place) -> str:
    x, y = _left(place), _middle(place) - NODE_HEIGHT / 2
    title = f"{KIND_WORDS[node.kind]} {node.label}"
    return (
        f'<g class="node {node.kind}" data-n="{number}" tabindex="0" role="button" aria-label="{escape(title)}" '
        f'transform="translate({_number(x)} {_number(y)})"><title>{escape(title)}</title>'
        f'<rect width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="4"/>'
        f'<rect class="mark" width="5" height="{NODE_HEIGHT}"/>'
        f'<text x="12" y="15">{escape(_short(node.label))}</text></g>'
    )


def render(graph: Graph) -> str:
    """The page; the same graph gives the same text."""
    layout = layered(graph.nodes, graph.edges)
    names = sorted(graph.nodes)
    number = {name: index for index, name in enumerate(names)}
    edges = [
        f'<path class="edge" data-e="{index}" d="{_path(layout.routes[edge])}"/>'
        for index, edge in enumerate(graph.edges)
    ]
    nodes = [_node_svg(number[name], graph.nodes[name], layout.places[name]) for name in names]
    data = {
        "nodes": [
            {"label": node.label, "kind": KIND_WORDS[node.kind], "details": node.details}
            for node in (graph.nodes[name] for name in names)
        ],
        "edges": [[number[source], number[target]] for source, target in graph.edges],
    }
    width, height = _size(layout)
    values = {
        "WIDTH": str(width),
        "HEIGHT": str(height),
        "EDGES": "\n".join(edges),
        "NODES": "\n".join(nodes),
        "LEGEND": "".join(_legend(graph)),
        # Inside of a script element nothing may look like its end.
        "DATA": json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c"),
    }
    text = resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    parts = text.split("@@")
    return "".join(values[part] if index % 2 else part for index, part in enumerate(parts))


def _size(layout: Layout) -> tuple[int, int]:
    columns = max(layout.columns, 1)
    width = 2 * MARGIN + columns * NODE_WIDTH + (columns - 1) * COLUMN_GAP
    return width, round(2 * MARGIN + layout.height)


def _legend(graph: Graph) -> list[str]:
    counts = {kind: sum(node.kind == kind for node in graph.nodes.values()) for kind in NODE_KINDS}
    return [
        f'<span class="key {kind}"><i></i>{KIND_WORDS[kind]} <b>{count}</b></span>'
        for kind, count in counts.items()
        if count
    ]


def write_page(index: FeatureIndex, path: str) -> int:
    """Writes the picture of a repository into a file, and returns the number of its nodes.

    Raises:
        ChrononError: The file cannot be written.

    """
    graph = build_graph(index)
    try:
        write_atomically(os.path.abspath(path), render(graph))
    except OSError as error:
        raise ChrononError(f"cannot write {path}: {error.strerror or error}") from error
    return len(graph.nodes)
