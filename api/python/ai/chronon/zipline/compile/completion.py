"""Completes a definition: what it takes from its team and what follows from its parts."""

import os
from collections.abc import Iterator
from typing import Any

from ai.chronon.zipline.compile.column_hashes import group_by_hashes, join_hashes
from ai.chronon.zipline.compile.definitions import Found
from ai.chronon.zipline.compile.teams import Teams
from ai.chronon.zipline.naming import FOLDERS, OUTPUT_NAMESPACE_PLACEHOLDER, Definition, ensure_name, meta_data
from ai.chronon.zipline.schedule_dependencies import (
    PARTITION_COLUMN_SETTING,
    Dependency,
    custom_json,
    table_dependency,
)
from gen_thrift.api import ttypes

KINDS = tuple(FOLDERS.values())


def nodes(value: Any) -> Iterator[Definition]:
    """Every definition inside of a Thrift object, itself first; each object once."""
    seen: set[int] = set()

    def walk(item: Any) -> Iterator[Definition]:
        if isinstance(item, (list, tuple)):
            for inner in item:
                yield from walk(inner)
        elif hasattr(item, "thrift_spec") and id(item) not in seen:
            seen.add(id(item))
            if isinstance(item, KINDS):
                yield item
            for inner in list(vars(item).values()):
                yield from walk(inner)

    yield from walk(value)


def _with_namespace(value: Any, namespace: str) -> Any:
    """The value with the database in place of the placeholder, in every text inside of it."""
    if isinstance(value, str):
        return value.replace(OUTPUT_NAMESPACE_PLACEHOLDER, namespace)
    if isinstance(value, list):
        return [_with_namespace(item, namespace) for item in value]
    if isinstance(value, dict):
        return {key: _with_namespace(item, namespace) for key, item in value.items()}
    if hasattr(value, "thrift_spec"):
        for field, inner in list(vars(value).items()):
            setattr(value, field, _with_namespace(inner, namespace))
    return value


def _spread_long_names(definition: Definition) -> None:
    for node in nodes(definition):
        if isinstance(node, ttypes.Join):
            for part in node.joinParts or []:
                part.useLongNames = node.useLongNames


def _default_partition_column(definition: Definition) -> str | None:
    info = meta_data(definition).executionInfo
    settings = info.conf.common if info is not None and info.conf is not None else None
    return (settings or {}).get(PARTITION_COLUMN_SETTING)


def _source_dependencies(source: ttypes.Source | None, default_column: str | None) -> list[Dependency]:
    """The tables that a source reads; joins and models that it reads from are scheduled on their own."""
    if source is None or (source.events is None and source.entities is None):
        return []
    if source.events is not None:
        tables, query = [source.events.table], source.events.query
    else:
        entities = source.entities or ttypes.EntitySource()
        tables, query = [entities.snapshotTable, entities.mutationTable], entities.query
    query = query or ttypes.Query()
    return [
        table_dependency(table, query.partitionColumn or default_column, query.subPartitionsToWaitFor)
        for table in tables
        if table
    ]


def _dependencies(definition: ttypes.GroupBy | ttypes.Join) -> list[Dependency]:
    column = _default_partition_column(definition)
    if isinstance(definition, ttypes.GroupBy):
        return [entry for source in definition.sources or [] for entry in _source_dependencies(source, column)]
    entries = _source_dependencies(definition.left, column)
    for part in definition.joinParts or []:
        if part.groupBy is not None:
            entries += _dependencies(part.groupBy)
    return entries


def _hash_columns(definition: ttypes.GroupBy | ttypes.Join) -> None:
    if isinstance(definition, ttypes.GroupBy):
        meta_data(definition).columnHashes = group_by_hashes(definition)
        return
    for part in definition.joinParts or []:
        if part.groupBy is not None:
            _hash_columns(part.groupBy)
    meta_data(definition).columnHashes = join_hashes(definition)


def complete(found: Found, teams: Teams, root: str) -> None:
    """Fills in team, database, settings, hashes and dependencies of a definition and of those inside of it.

    Raises:
        ChrononError: A team is not known, or something needed is set nowhere.

    """
    definition = found.definition
    for node in nodes(definition):
        ensure_name(node)
        teams.fill_in(node)
    _spread_long_names(definition)
    data = meta_data(definition)
    _with_namespace(definition, str(data.outputNamespace))
    data.sourceFile = os.path.relpath(found.path, root).replace(os.sep, "/")
    if isinstance(definition, (ttypes.GroupBy, ttypes.Join)):
        _hash_columns(definition)
        data.customJson = custom_json(data.customJson, _dependencies(definition))
