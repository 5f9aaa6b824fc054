"""A repository as a graph: tables and topics, staging queries, GroupBys, joins, models, and what flows where."""

from dataclasses import dataclass, field

from ai.chronon.naming import sanitize
from ai.chronon.repo.index import Entry, FeatureIndex

# Kinds of nodes in the order in which data flows through them; `KINDS` of the index, and what stands before them.
TABLE, TOPIC = "table", "topic"
NODE_KINDS = (TOPIC, TABLE, "staging_query", "group_by", "join", "model")


@dataclass
class GraphNode:
    """A table, a topic or a definition, with what is shown of it."""

    id: str
    kind: str
    label: str
    details: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Graph:
    """Nodes by id, and edges from what is read to what reads it, each once and in order."""

    nodes: dict[str, GraphNode] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)


def node_id(kind: str, name: str) -> str:
    """What tells a node from all others."""
    return f"{kind}:{name}"


def _details(entry: Entry) -> dict[str, list[str]]:
    online = [] if entry.online is None else ["yes" if entry.online else "no"]
    described = {
        "team": [entry.team],
        "file": [entry.file],
        "database": [entry.output_namespace or ""],
        "online": online,
        "keys": entry.keys,
        "features": entry.features,
        "columns": entry.columns,
        "description": [entry.description or ""],
    }
    return {name: [value for value in values if value] for name, values in described.items() if any(values)}


def _output_table(entry: Entry) -> str:
    return f"{entry.output_namespace}.{sanitize(entry.name)}".lower()


class _Builder:
    def __init__(self, index: FeatureIndex) -> None:
        self.graph = Graph()
        self._edges: dict[tuple[str, str], None] = {}
        self._entries = sorted(index.entries, key=lambda entry: (NODE_KINDS.index(entry.kind), entry.name))
        # A table that a definition writes is told by that definition.
        self._writers = {
            _output_table(entry): entry
            for entry in self._entries
            if entry.kind in ("staging_query", "group_by", "join")
        }

    def build(self) -> Graph:
        for entry in self._entries:
            self._node(entry.kind, entry.name, entry.name, _details(entry))
        for entry in self._entries:
            self._connect(entry)
        self.graph.edges = sorted(self._edges)
        return self.graph

    def _node(self, kind: str, name: str, label: str, details: dict[str, list[str]] | None = None) -> str:
        name_id = node_id(kind, name)
        if name_id not in self.graph.nodes:
            self.graph.nodes[name_id] = GraphNode(name_id, kind, label, details or {})
        return name_id

    def _connect(self, entry: Entry) -> None:
        own = node_id(entry.kind, entry.name)
        topics = {*entry.event_topics, *entry.mutation_topics}
        for source in dict.fromkeys([*entry.sources, *entry.mutation_topics]):
            name = source.split("/")[0]
            writer = self._writers.get(name.lower()) if source not in topics else None
            if writer is not None and writer is not entry:
                self._edges[(node_id(writer.kind, writer.name), own)] = None
            else:
                self._edges[(self._node(TOPIC if source in topics else TABLE, name, name), own)] = None
        for kind, name in entry.upstream:
            self._edges[(self._node(kind, name, name), own)] = None


def build_graph(index: FeatureIndex) -> Graph:
    """The graph of a repository; the same files give the same graph."""
    return _Builder(index).build()
