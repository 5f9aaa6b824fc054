"""Questions about definitions that feature repositories and tools ask."""

from collections.abc import Iterable

from ai.chronon.api import ttypes
from ai.chronon.dependencies import get_dependencies, source_query
from ai.chronon.naming import Definition, sanitize

__all__ = [
    "dedupe_in_order",
    "edit_distance",
    "get_columns",
    "get_dependencies",
    "get_query",
    "get_table",
    "get_topic",
    "group_by_output_table_name",
    "has_topic",
    "join_part_name",
    "join_part_output_table_name",
    "log_table_name",
    "output_table_name",
    "sanitize",
]

# Stands for the database of the team until a definition is compiled.
DATABASE_TEMPLATE = "{{ db }}"


def get_query(source: ttypes.Source) -> ttypes.Query:
    """The query of a source of any kind."""
    return source_query(source)


def get_columns(source: ttypes.Source) -> list[str]:
    """The columns that the query of a source selects."""
    return list(source_query(source).selects or {})


def get_table(source: ttypes.Source) -> str | None:
    """The table of a source, without sub-partitions."""
    table = None
    if source.events is not None:
        table = source.events.table
    elif source.entities is not None:
        table = source.entities.snapshotTable
    return table.split("/")[0] if table is not None else None


def get_topic(source: ttypes.Source) -> str | None:
    """The topic of a source: of its events, or of its mutations."""
    if source.events is not None:
        return source.events.topic
    return source.entities.mutationTopic if source.entities is not None else None


def has_topic(group_by: ttypes.GroupBy) -> bool:
    """Whether any source of a GroupBy can be streamed."""
    return any(get_topic(source) for source in group_by.sources or [])


def dedupe_in_order(items: Iterable[str]) -> list[str]:
    """The items without repetitions, each at its first place."""
    return list(dict.fromkeys(items))


def edit_distance(first: str, second: str) -> int:
    """How many characters have to be added, dropped or replaced to turn one text into the other.

    >>> edit_distance("user", "users_")
    2
    """
    row = list(range(len(second) + 1))
    for i, left in enumerate(first, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(second, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


def output_table_name(definition: Definition, full_name: bool) -> str:
    """The table that a definition is written to; with its database when `full_name` is set."""
    meta_data = definition.metaData or ttypes.MetaData()
    table = f"{sanitize(meta_data.name)}"
    return f"{meta_data.outputNamespace or DATABASE_TEMPLATE}.{table}" if full_name else table


def group_by_output_table_name(group_by: ttypes.GroupBy, full_name: bool = False) -> str:
    """The table of a GroupBy's backfill."""
    return output_table_name(group_by, full_name)


def log_table_name(definition: Definition, full_name: bool = False) -> str:
    """The table of a definition's flattened log."""
    return output_table_name(definition, full_name) + "_logged"


def join_part_name(join_part: ttypes.JoinPart) -> str:
    """The name of a part: its prefix, when it has one, and its GroupBy."""
    group_by = join_part.groupBy
    name = sanitize(group_by.metaData.name) if group_by is not None and group_by.metaData is not None else None
    return "_".join(part for part in [join_part.prefix, f"{name}"] if part is not None)


def join_part_output_table_name(join: ttypes.Join, join_part: ttypes.JoinPart, full_name: bool = False) -> str:
    """The table that a part of a join is written to."""
    return f"{output_table_name(join, full_name)}_{join_part_name(join_part)}"
