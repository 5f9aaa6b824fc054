"""What to read from a source: columns, filters, bounds, the time of the event, and how the table is partitioned."""

from typing import Any

from ai.chronon.zipline.later import refuse_later
from gen_thrift.api import ttypes


def Query(
    selects: dict[str, str] | None = None,
    wheres: list[str] | None = None,
    start_partition: str | None = None,
    end_partition: str | None = None,
    time_column: str | None = None,
    setups: list[str] | None = None,
    mutation_time_column: str | None = None,
    reversal_column: str | None = None,
    partition_column: str | None = None,
    partition_format: str | None = None,
    sub_partitions_to_wait_for: list[str] | None = None,
    time_partitioned: bool | None = None,
    **later: Any,
) -> ttypes.Query:
    """Describes a projection and filter of one source.

    Args:
        selects: Output column to SQL expression; see the function `selects`.
        wheres: SQL predicates; all of them must hold.
        start_partition: First partition to read, inclusive, such as `2023-01-31`.
        end_partition: Last partition to read, inclusive.
        time_column: SQL expression for the event time in milliseconds since the epoch, UTC.
        setups: SQL statements to run before the query.
        mutation_time_column: SQL expression for the time of a mutation, in milliseconds since the epoch.
        reversal_column: SQL expression that is true for the image of a row before its mutation.
        partition_column: Partition column of the table; `spark.chronon.partition.column` of the settings when absent.
        partition_format: Pattern of its dates, such as `yyyyMMdd`.
        sub_partitions_to_wait_for: Further partitions of a day that jobs wait for, such as `hr=23`.
        time_partitioned: The partition column holds a time, not a text.
        **later: Arguments of later releases; refused by name.

    """
    refuse_later("Query", later)
    return ttypes.Query(
        selects=selects,
        wheres=wheres,
        startPartition=start_partition,
        endPartition=end_partition,
        timeColumn=time_column,
        setups=setups,
        mutationTimeColumn=mutation_time_column,
        reversalColumn=reversal_column,
        partitionColumn=partition_column,
        partitionFormat=partition_format,
        subPartitionsToWaitFor=sub_partitions_to_wait_for,
        timePartitioned=time_partitioned,
    )


def selects(*args: str, **kwargs: str) -> dict[str, str]:
    """Columns by name, then columns by SQL expression; a keyword that repeats a name keeps the place of the name.

    >>> selects("a", "b", a="x", c="y")
    {'a': 'x', 'b': 'b', 'c': 'y'}
    """
    return {**{name: name for name in args}, **kwargs}
