"""The entries that tell a scheduler which partitions a definition has to wait for."""

import json
import re

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError

DEFAULT_PARTITION_COLUMN = "ds"


def source_query(source: ttypes.Source) -> ttypes.Query:
    """The query of whichever arm of the source is set."""
    arm = source.events or source.entities or source.joinSource
    if arm is None or arm.query is None:
        raise DefinitionError(f"{describe_source(source)} has no query; give it one: query=Query(selects=select(...))")
    return arm.query


def describe_source(source: ttypes.Source) -> str:
    """How messages call a source: by its kind and table."""
    if source.events is not None:
        return f"the event source over {source.events.table!r}"
    if source.entities is not None:
        return f"the entity source over {source.entities.snapshotTable!r}"
    return "the join source" if source.joinSource is not None else "the empty source"


def source_tables(source: ttypes.Source) -> list[str]:
    """The tables that a batch job reads for the source, sub-partitions included."""
    if source.events is not None:
        return [table for table in [source.events.table] if table]
    if source.entities is not None:
        return [table for table in [source.entities.snapshotTable, source.entities.mutationTable] if table]
    return []


def entry(name: str, spec: str, start: str | None, end: str | None) -> str:
    """One dependency as the JSON text that is kept in the meta data."""
    return json.dumps({"name": name, "spec": spec, "start": start, "end": end})


def explicit_name(spec: str) -> str:
    """The name of a dependency that an author wrote as a partition specification.

    >>> explicit_name("db.tbl/ds={{ ds }}/hr=01")
    'wait_for_db_tbl_ds_ds_hr_01'
    """
    return re.sub(r"_+", "_", re.sub(r"[^a-zA-Z0-9]", "_", f"wait_for_{spec}")).rstrip("_")


def table_entry(table: str, query: ttypes.Query, lag: int) -> str:
    """The dependency on one table, `lag` days back; `table` may go on with sub-partitions after a slash."""
    column = query.partitionColumn or DEFAULT_PARTITION_COLUMN
    base, *subpartitions = table.split("/")
    day = f"{{{{ macros.ds_add(ds, -{lag}) }}}}" if lag else "{{ ds }}"
    spec = "/".join([base, f"{column}={day}", *subpartitions])
    name = f"wait_for_{base}_{column}" + (f"_minus_{lag}" if lag else "")
    return entry(name, spec, query.startPartition, query.endPartition)


def get_dependencies(
    src: ttypes.Source,
    dependencies: list[str] | None = None,
    meta_data: ttypes.MetaData | None = None,
    lag: int = 0,
) -> list[str]:
    """The dependencies of one source.

    Args:
        src: The source.
        dependencies: Partition specifications that replace what the source would wait for.
        meta_data: Meta data of the GroupBy that the source belongs to; its dependencies win.
        lag: Days by which the tables may be behind; explicit dependencies do not heed it.

    """
    if meta_data is not None:
        return [json.dumps(json.loads(text)) for text in meta_data.dependencies or []]
    query = source_query(src)
    if dependencies:
        return [entry(explicit_name(spec), spec, query.startPartition, query.endPartition) for spec in dependencies]
    return [table_entry(table, query, lag) for table in source_tables(src)]
