"""What a compiled repository holds, in a form that can be searched: definitions, tables, columns, features.

The index is made from the compiled files as plain JSON. So it takes definitions of every kind and of every
version, also those whose features cannot be run yet.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.errors import ChrononError, CompiledFileError
from ai.chronon.naming import sanitize

OUTPUT_ROOT = "production"
GROUP_BYS, JOINS, STAGING_QUERIES, MODELS = "group_bys", "joins", "staging_queries", "models"
# Folder below the output root to the word for what it holds.
KINDS = {GROUP_BYS: "group_by", JOINS: "join", STAGING_QUERIES: "staging_query", MODELS: "model"}
OPERATION_PREFIX_BEFORE_K = {"LAST_K": "last", "FIRST_K": "first", "TOP_K": "top", "BOTTOM_K": "bottom"}
UNIT_LETTERS = {ttypes.TimeUnit.HOURS: "h", ttypes.TimeUnit.DAYS: "d"}

Tree = dict[str, Any]


@dataclass
class Entry:
    """One compiled definition.

    Attributes:
        kind: `group_by`, `join`, `staging_query` or `model`.
        name: Full name, such as `team.file.variable`.
        team: First part of the name.
        json_file: Compiled file, relative to the root of the repository.
        file: Python file that defines it, relative to the root.
        output_namespace: Database of its tables; that of the team when it sets none.
        online: As compiled; absent when it was never set.
        sources: Tables and topics that it reads, with sub-partitions, in the order of its sources.
        event_tables: Those tables that hold events.
        event_topics: Those topics that carry events.
        mutation_topics: Topics that carry mutations of entities; not among the sources.
        upstream: Definitions that it is made of, as (kind, name).
        keys: Key columns.
        input_columns: The column of each aggregation.
        columns: Columns that its sources select.
        features: Columns that it computes.
        joins: Joins that a GroupBy is a part of.
        join_event_driver: Event tables on the left of those joins.
        description: For people.

    """

    kind: str
    name: str
    team: str
    json_file: str
    file: str
    output_namespace: str | None = None
    online: int | None = None
    sources: list[str] = field(default_factory=list)
    event_tables: list[str] = field(default_factory=list)
    event_topics: list[str] = field(default_factory=list)
    mutation_topics: list[str] = field(default_factory=list)
    upstream: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    input_columns: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    join_event_driver: list[str] = field(default_factory=list)
    description: str | None = None


def read_object(path: str) -> Tree:
    """The JSON object in a file.

    Raises:
        CompiledFileError: There is none.

    """
    try:
        with open(path, encoding="utf-8") as file:
            tree = json.load(file)
    except (OSError, ValueError) as error:
        raise CompiledFileError(f"cannot read {path}: {error}; compile it again, or repair it") from error
    if not isinstance(tree, dict):
        raise CompiledFileError(f"{path} holds {type(tree).__name__}, where a JSON object is needed")
    return tree


def compiled_objects(root: str, folder: str) -> Iterator[Tree]:
    """The compiled definitions in one folder of a repository, by the order of their paths."""
    for parent, folders, names in os.walk(os.path.join(root, OUTPUT_ROOT, folder)):
        folders.sort()
        for name in sorted(names):
            if not name.startswith("."):
                yield read_object(os.path.join(parent, name))


def query_selects(source: Tree) -> dict[str, str]:
    """The columns that a source selects, of whatever kind it is."""
    for arm in source.values():
        if isinstance(arm, dict):
            selects = arm.get("query", {}).get("selects") or {}
            return dict(selects)
    return {}


def aggregation_columns(aggregation: Tree) -> list[str]:
    """The output columns of one aggregation: for each bucket, one for each window.

    >>> aggregation_columns({"inputColumn": "v", "operation": 13, "argMap": {"k": "3"}})
    ['v_last3']
    """
    operation = ttypes.Operation._VALUES_TO_NAMES.get(aggregation.get("operation", 3), "unknown")
    prefix = OPERATION_PREFIX_BEFORE_K.get(operation)
    suffix = f"{prefix}{(aggregation.get('argMap') or {}).get('k', '')}" if prefix else operation.lower()
    base = f"{aggregation.get('inputColumn')}_{suffix}"
    windows = [
        f"_{window.get('length')}{UNIT_LETTERS.get(window.get('timeUnit'), '')}"
        for window in aggregation.get("windows") or []
    ]
    buckets = [f"_by_{bucket}" for bucket in aggregation.get("buckets") or []]
    return [base + window + bucket for bucket in buckets or [""] for window in windows or [""]]


def derived_columns(columns: list[str], derivations: list[Tree]) -> list[str]:
    """The columns that are left once derivations have been applied; a column that is renamed goes.

    >>> derived_columns(["k", "v"], [{"name": "*", "expression": "*"}, {"name": "r", "expression": "v"}])
    ['k', 'r']
    """
    if not derivations:
        return list(columns)
    renamed = {derivation.get("expression") for derivation in derivations}
    result: list[str] = []
    for derivation in derivations:
        if derivation.get("expression") == "*":
            result += [column for column in columns if column not in renamed]
        else:
            result.append(str(derivation.get("name")))
    return result


def group_by_features(group_by: Tree) -> list[str]:
    """The feature columns of a GroupBy."""
    keys = group_by.get("keyColumns") or []
    aggregations = group_by.get("aggregations")
    if aggregations is not None:
        columns = [column for aggregation in aggregations for column in aggregation_columns(aggregation)]
    else:
        sources = group_by.get("sources") or [{}]
        columns = [column for column in query_selects(sources[0]) if column not in keys]
    return derived_columns(columns, group_by.get("derivations") or [])


def part_prefix(part: Tree) -> str:
    """What stands before the columns of a part: its own prefix, and the name of its GroupBy."""
    name = sanitize(part.get("groupBy", {}).get("metaData", {}).get("name")) or ""
    return "_".join(text for text in (part.get("prefix"), name) if text)


def external_columns(part: Tree) -> list[str]:
    """The columns that an external part of a join brings."""
    source = part.get("source", {})
    name = sanitize(source.get("metadata", {}).get("name")) or ""
    prefix = "_".join(text for text in ("ext", part.get("prefix"), name) if text)
    return [f"{prefix}_{field.get('name')}" for field in (source.get("valueSchema") or {}).get("params") or []]


def join_features(join: Tree) -> list[str]:
    """The feature columns of a join, external ones included."""
    columns = [
        f"{part_prefix(part)}_{column}"
        for part in join.get("joinParts") or []
        for column in group_by_features(part.get("groupBy", {}))
    ]
    columns += [column for part in join.get("onlineExternalParts") or [] for column in external_columns(part)]
    return derived_columns(columns, join.get("derivations") or [])


class FeatureIndex:
    """The definitions of one compiled repository, searchable."""

    def __init__(self, root: str) -> None:
        """Reads the compiled files below a root.

        Raises:
            ChrononError: `teams.json` is missing, or a file cannot be read.

        """
        self.root = root
        teams_file = os.path.join(root, "teams.json")
        if not os.path.isfile(teams_file):
            raise ChrononError(
                f"{teams_file} is missing; run from the root of the feature repository or give --conf-root"
            )
        self._teams = read_object(teams_file)
        self._entries: dict[tuple[str, str], Entry] = {}
        for folder in (STAGING_QUERIES, GROUP_BYS, JOINS, MODELS):
            for tree in compiled_objects(root, folder):
                self._add(folder, tree)
        self._add_what_joins_hold()

    @property
    def entries(self) -> list[Entry]:
        """All definitions: staging queries, GroupBys, joins, models."""
        return list(self._entries.values())

    def of_kind(self, kind: str) -> list[Entry]:
        """The definitions of one kind."""
        return [entry for entry in self._entries.values() if entry.kind == kind]

    def get(self, kind: str, name: str) -> Entry | None:
        """A definition by kind and name."""
        return self._entries.get((kind, name))

    def _namespace(self, meta_data: Tree, team: str) -> str | None:
        for candidate in (meta_data, self._teams.get(team, {}), self._teams.get("default", {})):
            key = "outputNamespace" if candidate is meta_data else "namespace"
            if candidate.get(key):
                return str(candidate[key])
        return None

    def _python_file(self, folder: str, name: str) -> str:
        """The file of the module that a name tells; the package when there is no such module."""
        module = os.path.join(folder, *name.split(".")[:-1])
        file = f"{module}.py"
        return file if os.path.isfile(os.path.join(self.root, file)) else os.path.join(module, "__init__.py")

    def _add(self, folder: str, tree: Tree) -> Entry:
        meta_data = tree.get("metaData") or {}
        name = str(meta_data.get("name"))
        team, _, rest = name.partition(".")
        entry = Entry(
            kind=KINDS[folder],
            name=name,
            team=team,
            json_file=os.path.join(OUTPUT_ROOT, folder, team, rest) if rest else "",
            file=self._python_file(folder, name) if rest else "",
            output_namespace=self._namespace(meta_data, team),
            online=meta_data.get("online"),
            description=meta_data.get("description"),
        )
        self._entries[(entry.kind, name)] = entry
        _DESCRIBE[folder](entry, tree)
        return entry

    def _add_what_joins_hold(self) -> None:
        """Adds the GroupBys inside of joins, and tells every GroupBy the joins that it is a part of."""
        for tree in compiled_objects(self.root, JOINS):
            join = self._entries[("join", str((tree.get("metaData") or {}).get("name")))]
            for part in tree.get("joinParts") or []:
                group_by = part.get("groupBy") or {}
                name = str((group_by.get("metaData") or {}).get("name"))
                entry = self._entries.get(("group_by", name)) or self._add(GROUP_BYS, group_by)
                entry.joins.append(join.name)
                entry.join_event_driver += join.event_tables
            for transform in (tree.get("modelTransforms") or {}).get("transforms") or []:
                self._add_model(transform.get("model") or {}, join)

    def _add_model(self, model: Tree, join: Entry) -> None:
        name = str((model.get("metaData") or {}).get("name"))
        entry = self._entries.get(("model", name)) or self._add(MODELS, model)
        entry.upstream.append(("join", join.name))


def _describe_sources(entry: Entry, sources: list[Tree]) -> None:
    tables: dict[str, list[str]] = {"table": [], "snapshotTable": [], "mutationTable": [], "topic": []}
    for source in sources:
        events, entities = source.get("events") or {}, source.get("entities") or {}
        for key, values in tables.items():
            values.extend(arm[key] for arm in (events, entities) if arm.get(key))
        entry.mutation_topics += [entities["mutationTopic"]] if entities.get("mutationTopic") else []
        parent = (source.get("joinSource") or {}).get("join") or {}
        if parent:
            entry.upstream.append(("join", str((parent.get("metaData") or {}).get("name"))))
        entry.columns += [column for column in query_selects(source) if column not in entry.columns]
    entry.event_tables, entry.event_topics = tables["table"], tables["topic"]
    entry.sources = [value for values in tables.values() for value in values]


def _describe_group_by(entry: Entry, tree: Tree) -> None:
    _describe_sources(entry, tree.get("sources") or [])
    entry.keys = list(tree.get("keyColumns") or [])
    entry.input_columns = [str(each.get("inputColumn")) for each in tree.get("aggregations") or []]
    entry.features = group_by_features(tree)


def _describe_join(entry: Entry, tree: Tree) -> None:
    _describe_sources(entry, [tree.get("left") or {}])
    for part in tree.get("joinParts") or []:
        group_by = part.get("groupBy") or {}
        entry.upstream.append(("group_by", str((group_by.get("metaData") or {}).get("name"))))
        left_of = {right: left for left, right in (part.get("keyMapping") or {}).items()}
        keys = [left_of.get(key, key) for key in group_by.get("keyColumns") or []]
        entry.keys += [key for key in keys if key not in entry.keys]
    for label in (tree.get("labelPart") or {}).get("labels") or []:
        name = ((label.get("groupBy") or {}).get("metaData") or {}).get("name")
        entry.upstream.append(("group_by", str(name)))
    entry.features = join_features(tree)


def _describe_staging_query(entry: Entry, tree: Tree) -> None:
    """The tables are those that it waits for: finding those of the SQL takes a parser, see `ai.chronon.lineage`."""
    for spec in (tree.get("metaData") or {}).get("dependencies") or []:
        table = str(spec).split("/")[0]
        if table not in entry.sources:
            entry.sources.append(table)


def _describe_model(entry: Entry, tree: Tree) -> None:
    for schema, names in (("inputSchema", entry.columns), ("outputSchema", entry.features)):
        names.extend(str(each.get("name")) for each in (tree.get(schema) or {}).get("params") or [])


_DESCRIBE = {
    GROUP_BYS: _describe_group_by,
    JOINS: _describe_join,
    STAGING_QUERIES: _describe_staging_query,
    MODELS: _describe_model,
}
