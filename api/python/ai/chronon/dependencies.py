"""The entries that tell a scheduler which partitions a definition has to wait for."""

import json
import re

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError
from ai.chronon.naming import defining_module
from ai.chronon.tables import get_join_output_table_name

DEFAULT_PARTITION_COLUMN = "ds"
# Stands for the output table of a join until it is compiled.
JOIN_TABLE_TEMPLATE = "{{ join_backfill_table }}"


def source_query(source: ttypes.Source) -> ttypes.Query:
    """The query of whichever arm of the source is set."""
    arm = source.entities or source.events or source.joinSource
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
    """The tables that a batch job reads for the source, sub-partitions included; a parent join is named on the way."""
    if source.entities is not None:
        return [table for table in [source.entities.snapshotTable, source.entities.mutationTable] if table]
    if source.events is not None:
        return [table for table in [source.events.table] if table]
    if source.joinSource is not None and source.joinSource.join is not None:
        return [get_join_output_table_name(source.joinSource.join, full_name=True)]
    return []


def source_topic(source: ttypes.Source) -> str | None:
    """The topic of a source: of its events, or of its mutations; a join source has none of its own."""
    if source.events is not None:
        return source.events.topic
    return source.entities.mutationTopic if source.entities is not None else None


def entry(name: str, spec: str, start: str | None, end: str | None) -> str:
    """One dependency as the JSON text that is kept in the meta data."""
    return json.dumps({"name": name, "spec": spec, "start": start, "end": end})


def explicit_name(spec: str) -> str:
    """The name of a dependency that an author wrote as a partition specification.

    >>> explicit_name("db.tbl/ds={{ ds }}/hr=01")
    'wait_for_db_tbl_ds_ds_hr_01'
    """
    return re.sub(r"_+", "_", re.sub(r"[^a-zA-Z0-9]", "_", f"wait_for_{spec}")).rstrip("_")


def table_dependency(
    table: str, lag: int, start: str | None, end: str | None, query: ttypes.Query | None = None
) -> dict[str, str | None]:
    """The dependency on one table, `lag` days back; `table` may go on with sub-partitions after a slash."""
    column = (query.partitionColumn if query is not None else None) or DEFAULT_PARTITION_COLUMN
    base, *subpartitions = table.split("/")
    day = f"{{{{ macros.ds_add(ds, -{lag}) }}}}" if lag else "{{ ds }}"
    spec = "/".join([base, f"{column}={day}", *subpartitions])
    name = f"wait_for_{base}_{column}" + (f"_minus_{lag}" if lag else "")
    return {"name": name, "spec": spec, "start": start, "end": end}


def table_entry(table: str, query: ttypes.Query, lag: int) -> str:
    """The dependency on one table as the JSON text that is kept in the meta data."""
    return json.dumps(table_dependency(table, lag, query.startPartition, query.endPartition, query))


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
        _name_parent(src)
        return [entry(explicit_name(spec), spec, query.startPartition, query.endPartition) for spec in dependencies]
    return [table_entry(table, query, lag) for table in source_tables(src)]


def _name_parent(source: ttypes.Source) -> None:
    """Names the join that a source reads from, though its table is not asked for: a job could not run it nameless."""
    parent = source.joinSource.join if source.joinSource is not None else None
    if parent is not None and defining_module(parent, "joins") is not None:
        get_join_output_table_name(parent, full_name=True)


def get_bootstrap_dependencies(bootstrap_parts: list[ttypes.BootstrapPart] | None) -> list[str]:
    """The dependencies on the tables of bootstrap parts."""
    return [
        table_entry(part.table, part.query or ttypes.Query(), lag=0) for part in bootstrap_parts or [] if part.table
    ]


def parts_dependencies(parts: list[ttypes.JoinPart], dependencies: list[str] | None = None, lag: int = 0) -> list[str]:
    """The dependencies of the parts of a join: those of their GroupBys, as far as these have meta data."""
    return [
        text
        for part in parts
        if part.groupBy is not None
        for source in part.groupBy.sources or []
        for text in get_dependencies(source, dependencies, part.groupBy.metaData, lag)
    ]


def get_label_table_dependencies(label_part: ttypes.LabelPart) -> list[str]:
    """The dependencies of a label job: those of its GroupBys, and the table of the join, named once it is known."""
    join_table = {"name": f"wait_for_{JOIN_TABLE_TEMPLATE}", "spec": f"{JOIN_TABLE_TEMPLATE}/ds={{{{ ds }}}}"}
    return [*parts_dependencies(label_part.labels or []), json.dumps(join_table)]
