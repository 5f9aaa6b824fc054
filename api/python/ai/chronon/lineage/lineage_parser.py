"""Analyses the compiled files of a repository: which column of which table comes from which."""

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ai.chronon.api import ttypes
from ai.chronon.dependencies import source_query
from ai.chronon.errors import ChrononError
from ai.chronon.lineage.columns import (
    aggregation_origins,
    derivation_origins,
    derived_names,
    select_origins,
    union,
)
from ai.chronon.lineage.lineage_metadata import ConfigType, LineageMetaData, Origin, Origins, TableType
from ai.chronon.lineage.sql import parse_expression, query_origins, tables_of
from ai.chronon.naming import Definition, meta_data, sanitize
from ai.chronon.repo.index import aggregation_columns, external_columns
from ai.chronon.repo.serializer import file2thrift, to_tree
from ai.chronon.repo.teams import Teams
from ai.chronon.utils import join_part_name

OUTPUT_ROOT = "production"
# Columns of the table that a GroupBy is uploaded from: one for all keys, one for all values.
KEY_COLUMN, VALUE_COLUMN = "key_json", "value_json"
LOGGER = logging.getLogger(__name__)
AnyDefinition = TypeVar("AnyDefinition", bound=Definition)
SchemaProvider = Callable[[str], dict[str, str]]


class LineageParser:
    """Collects the lineage of definitions.

    Args:
        schema_provider: From the name of a table to its columns and their types; what resolves `*` in staging
            queries. Tables of other staging queries are known without it.

    """

    def __init__(self, schema_provider: SchemaProvider | None = None) -> None:
        """See the class."""
        self.base_path = ""
        self.team_conf: dict[str, dict[str, Any]] = {}
        self.metadata = LineageMetaData()
        self.schema_provider = schema_provider
        self._staging_queries: dict[str, ttypes.StagingQuery] = {}
        self._analysed: set[str] = set()

    def parse_lineage(self, base_path: str, config_filter: Iterable[str] | None = None) -> LineageMetaData:
        """Analyses a repository; what fails is logged and listed in `unparsed_configs`.

        Args:
            base_path: Root of the repository, with `teams.json` and `production`.
            config_filter: Names of the GroupBys and joins to analyse; all of them when absent.

        Raises:
            ChrononError: `teams.json` is missing or broken, or nothing is compiled.

        """
        self.base_path = base_path
        self.team_conf = Teams.load(base_path).entries
        root = os.path.join(base_path, OUTPUT_ROOT)
        if not os.path.isdir(root):
            raise ChrononError(f"{root} is missing; compile the repository first")
        wanted = None if config_filter is None else set(config_filter)
        for query in self._load(root, "staging_queries", ttypes.StagingQuery, None):
            self._staging_queries[self.object_table_name(query)] = query
        for query in list(self._staging_queries.values()):
            self._guarded("staging_queries", query, self.handle_staging_query)
        for group_by in self._load(root, "group_bys", ttypes.GroupBy, wanted):
            self._guarded("group_bys", group_by, self.parse_group_by)
        for join in self._load(root, "joins", ttypes.Join, wanted):
            self._guarded("joins", join, self.parse_join)
        return self.metadata

    def _load(
        self, root: str, folder: str, kind: type[AnyDefinition], wanted: set[str] | None
    ) -> Iterator[AnyDefinition]:
        for parent, folders, names in os.walk(os.path.join(root, folder)):
            folders.sort()
            for file in sorted(name for name in names if not name.startswith(".")):
                name = f"{os.path.relpath(parent, os.path.join(root, folder)).replace(os.sep, '.')}.{file}"
                if wanted is not None and name not in wanted:
                    continue
                try:
                    yield file2thrift(os.path.join(parent, file), kind)
                except ChrononError as error:
                    self._fail(folder, name, error)

    def _guarded(self, folder: str, definition: AnyDefinition, parse: Callable[[AnyDefinition], None]) -> None:
        try:
            parse(definition)
        except Exception as error:  # noqa: BLE001 - what goes wrong inside of sqlglot may cost one definition only
            self._fail(folder, str(meta_data(definition).name), error)

    def _fail(self, folder: str, name: str, error: Exception) -> None:
        reason = error if isinstance(error, ChrononError) else repr(error)
        LOGGER.warning("no lineage of %s %s: %s", folder, name, reason)
        self.metadata.unparsed_configs[folder].append(name)

    # Names.

    def get_team(self, data: ttypes.MetaData) -> str:
        """The team that owns a definition: its `team_override`, else its team."""
        try:
            custom = json.loads(data.customJson or "{}")
        except ValueError as error:
            raise ChrononError(f"customJson of {data.name} is not JSON: {error}; compile it again") from error
        override = custom.get("team_override") if isinstance(custom, dict) else None
        return str(override or data.team or str(data.name).split(".")[0])

    def object_table_name(self, definition: Definition) -> str:
        """The table that a definition is written to, with its database."""
        data = meta_data(definition)
        team = self.get_team(data)
        default = self.team_conf.get("default", {}).get("namespace")
        namespace = data.outputNamespace or self.team_conf.get(team, {}).get("namespace") or default
        if not namespace:
            raise ChrononError(f"{data.name} has no database: it sets none, and nor does team {team!r} in teams.json")
        return f"{namespace}.{sanitize(data.name)}".lower()

    @staticmethod
    def base_table_name(table: str) -> str:
        """A table without sub-partitions.

        >>> LineageParser.base_table_name("data.clicks/hr=00")
        'data.clicks'
        """
        return table.split("/")[0]

    # Sources.

    def parse_source(self, source: ttypes.Source) -> tuple[str, Origins]:
        """The table of a source without sub-partitions, and its columns by those of the table."""
        if source.joinSource is not None and source.joinSource.join is not None:
            self.parse_join(source.joinSource.join)
            table = self.object_table_name(source.joinSource.join)
        elif source.events is not None:
            table = str(source.events.table)
        elif source.entities is not None:
            table = str(source.entities.snapshotTable)
        else:
            raise ChrononError("a source that is neither of events, nor of entities, nor a join")
        table = self.base_table_name(table).lower()
        return table, select_origins(table, source_query(source).selects or {})

    # GroupBys.

    def parse_group_by(
        self, group_by: ttypes.GroupBy, join_part_table: str | None = None, join_config_name: str | None = None
    ) -> None:
        """Adds the lineage of a GroupBy: of its own tables, or of the table that a join keeps it in."""
        data = meta_data(group_by)
        name = str(data.name)
        self.metadata.store_config(name, ConfigType.GROUP_BY, group_by)
        origins, features = self._group_by_columns(group_by, name)
        keys = group_by.keyColumns or []
        if join_part_table is not None:
            owner = join_config_name or name
            self.metadata.store_table(owner, join_part_table, TableType.JOIN_PART, key_columns=keys)
            self.metadata.store_lineage(origins, join_part_table)
        else:
            table = self.object_table_name(group_by)
            if data.online:
                self._store_upload(name, f"{table}_upload", origins, {key.lower() for key in keys})
            materialized = bool(group_by.backfillStartDate)
            self.metadata.store_table(name, table, TableType.GROUP_BY_BACKFILL, materialized, keys)
            self.metadata.store_lineage(origins, table)
        for feature in features:
            self.metadata.store_feature(
                name, ConfigType.GROUP_BY, feature, join_part_table or self.object_table_name(group_by)
            )

    def _group_by_columns(self, group_by: ttypes.GroupBy, name: str) -> tuple[Origins, list[str]]:
        """The columns of a GroupBy with their origins, and the names of its features."""
        parts = []
        for source in group_by.sources or []:
            table, columns = self.parse_source(source)
            self.metadata.store_table(name, table, TableType.OTHER)
            parts.append(aggregation_origins(group_by, columns))
        origins = union(parts)
        features = self._features(group_by)
        if group_by.derivations:
            origins = derivation_origins(origins, group_by.derivations)
        return origins, features

    def _features(self, group_by: ttypes.GroupBy) -> list[str]:
        if group_by.aggregations is None:
            first = (group_by.sources or [ttypes.Source()])[0]
            columns = list(source_query(first).selects or {})
        else:
            columns = [name for each in group_by.aggregations for name in aggregation_columns(to_tree(each))]
        return derived_names(columns, group_by.derivations) if group_by.derivations else columns

    def _store_upload(self, name: str, table: str, origins: Origins, keys: set[str]) -> None:
        """The upload holds all keys in one column and all values in another."""
        self.metadata.store_table(name, table, TableType.GROUP_BY_UPLOAD, key_columns=[KEY_COLUMN])
        folded: Origins = {}
        for column, inputs in origins.items():
            folded.setdefault(KEY_COLUMN if column in keys else VALUE_COLUMN, set()).update(inputs)
        self.metadata.store_lineage(folded, table)

    # Joins.

    def parse_join(self, join: ttypes.Join) -> None:
        """Adds the lineage of a join: of its left side, of its parts, and of its output."""
        name = str(meta_data(join).name)
        table = self.object_table_name(join)
        bootstrap = f"{table}_bootstrap"
        keys = self.get_join_key_columns(join)
        self.metadata.store_config(name, ConfigType.JOIN, join)
        self.metadata.store_table(name, bootstrap, TableType.JOIN_BOOTSTRAP, key_columns=keys)
        left: Origins = {}
        if join.left is not None:
            _, left = self.parse_source(join.left)
        self.metadata.store_lineage(left, bootstrap)
        columns: Origins = {column: {((bootstrap, column), ())} for column in left}
        internal = self._parse_parts(join, table, bootstrap, columns)
        external = [column for part in join.onlineExternalParts or [] for column in external_columns(to_tree(part))]
        columns.update({column.lower(): {((bootstrap, column.lower()), ())} for column in external})
        if join.derivations:
            columns = derivation_origins(columns, join.derivations, kept=left)
        self.metadata.store_table(name, table, TableType.JOIN, key_columns=keys)
        self.metadata.store_lineage(columns, table)
        self._store_join_features(join, table, internal, external)

    def get_join_key_columns(self, join: ttypes.Join) -> set[str]:
        """The columns on the left that the parts are joined by."""
        keys: set[str] = set()
        for part in join.joinParts or []:
            left_of = {right: left for left, right in (part.keyMapping or {}).items()}
            group_by = part.groupBy or ttypes.GroupBy()
            keys.update(left_of.get(key, key) for key in group_by.keyColumns or [])
        return keys

    def _parse_parts(self, join: ttypes.Join, table: str, bootstrap: str, columns: Origins) -> list[str]:
        """Adds the tables of the parts, and their columns to those of the join; returns the names of these."""
        names = []
        for part in join.joinParts or []:
            if part.groupBy is None:
                continue
            prefix = join_part_name(part)
            part_table = f"{table}_{prefix}".lower()
            self.parse_group_by(part.groupBy, part_table, str(meta_data(join).name))
            keys = {key.lower() for key in part.groupBy.keyColumns or []}
            for feature in self._features(part.groupBy):
                name = f"{prefix}_{feature}"
                names.append(name)
                # A part has its keys under their own names; under this one it can only have been bootstrapped.
                held_by, column = (bootstrap, name) if feature.lower() in keys else (part_table, feature)
                columns[name.lower()] = {((held_by, column.lower()), ())}
        return names

    def _store_join_features(self, join: ttypes.Join, table: str, internal: list[str], external: list[str]) -> None:
        name = str(meta_data(join).name)
        stored, outside = internal, external
        if join.derivations:
            expressions = {str(each.name): str(each.expression) for each in join.derivations}
            derived = derived_names([*internal, *external], join.derivations)
            outside = [column for column in derived if _reads_only(expressions.get(column, column), external)]
            stored = [column for column in derived if column not in outside]
        for column in stored:
            self.metadata.store_feature(name, ConfigType.JOIN, column, table)
        for column in outside:
            self.metadata.store_feature(name, ConfigType.JOIN, column)

    # Staging queries.

    def handle_staging_query(self, staging_query: ttypes.StagingQuery) -> None:
        """Adds the lineage of a staging query, after that of those which it reads."""
        table = self.object_table_name(staging_query)
        self._staging_queries.setdefault(table, staging_query)
        if table in self._analysed:
            return
        self._analysed.add(table)
        self.metadata.store_config(str(meta_data(staging_query).name), ConfigType.STAGING_QUERY, staging_query)
        for source in tables_of(str(staging_query.query)):
            if source in self._staging_queries:
                self._guarded("staging_queries", self._staging_queries[source], self.handle_staging_query)
        self.parse_staging_query(staging_query)

    def parse_staging_query(self, staging_query: ttypes.StagingQuery) -> None:
        """Adds the lineage of one staging query."""
        name, text = str(meta_data(staging_query).name), str(staging_query.query)
        table = self.object_table_name(staging_query)
        origins = query_origins(text, self._schema(tables_of(text)))
        self.metadata.store_config(name, ConfigType.STAGING_QUERY, staging_query)
        self.metadata.store_table(name, table, TableType.STAGING_QUERY)
        self.metadata.store_lineage(origins, table)

    def _schema(self, tables: Iterable[str]) -> dict[str, dict[str, str]]:
        """The columns of tables that are known; none at all unless all are, as others could not be told apart."""
        schema: dict[str, dict[str, str]] = {}
        for table in tables:
            known = self.metadata.tables.get(table) if table in self._staging_queries else None
            if known is not None and known.columns:
                schema[table] = dict.fromkeys(sorted(known.columns), "string")
            elif self.schema_provider is not None:
                schema[table] = self.schema_provider(table)
            else:
                return {}
        return {table: columns for table, columns in schema.items() if columns}


def build_lineage(
    output_table: str,
    sql: str,
    sources: Mapping[str, str] | None = None,
    schema: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[tuple[str, str], set[Origin]]:
    """The lineage of one query: (table, column) to its inputs, with transforms from the output back to the input.

    Args:
        output_table: The table that the query fills.
        sql: A query of Spark.
        sources: Table to the query that stands for it.
        schema: Table to column to type, for `*`.

    Raises:
        SqlError: The query cannot be analysed.

    """
    return {
        (output_table, column): {(origin, transforms[::-1]) for origin, transforms in inputs}
        for column, inputs in query_origins(sql, schema, sources).items()
    }


def _reads_only(expression: str, columns: Iterable[str]) -> bool:
    """Whether an expression reads columns, and none but these."""
    read = {path[0] for path in parse_expression(expression).columns}
    return bool(read) and read <= {column.lower() for column in columns}
