"""What to read from a source: columns, filters, bounds and the time of the event."""

from ai.chronon.api import ttypes


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
) -> ttypes.Query:
    """Describes a projection and filter of one source.

    Args:
        selects: Output column to SQL expression; see `select`.
        wheres: SQL predicates; all of them must hold.
        start_partition: First partition to read, inclusive, such as `2023-01-31`.
        end_partition: Last partition to read, inclusive.
        time_column: SQL expression for the event time in milliseconds since the epoch, UTC.
        setups: SQL statements to run before the query.
        mutation_time_column: SQL expression for the time of a mutation, in milliseconds since the epoch.
        reversal_column: SQL expression that is true for the image of a row before its mutation.
        partition_column: Partition column of the table, where it is not the configured one.

    >>> Query(selects=select("user", amount="price * 2"), time_column="ts").selects
    {'user': 'user', 'amount': 'price * 2'}

    """
    return ttypes.Query(
        selects,
        wheres,
        start_partition,
        end_partition,
        time_column,
        setups or [],
        mutation_time_column,
        reversal_column,
        partition_column,
    )


def select(*args: str, **kwargs: str) -> dict[str, str]:
    """Columns by name, then columns by SQL expression.

    A keyword that repeats a positional name replaces its expression and keeps its place.

    >>> select("a", "b", a="x", c="y")
    {'a': 'x', 'b': 'b', 'c': 'y'}
    """
    return {**{name: name for name in args}, **kwargs}
