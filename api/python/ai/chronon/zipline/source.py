"""Sources: what GroupBys and joins read. Each function returns the wrapped `Source`."""

from gen_thrift.api import ttypes


def EventSource(
    table: str, query: ttypes.Query, topic: str | None = None, is_cumulative: bool | None = None
) -> ttypes.Source:
    """Facts with a time.

    Args:
        table: Table, with its database.
        query: What to read; see `Query`.
        topic: Topic that carries the same facts live; without one, features are as of the last midnight UTC.
        is_cumulative: Each partition holds everything up to its date.

    """
    return ttypes.Source(
        events=ttypes.EventSource(table=table, topic=topic, query=query, isCumulative=is_cumulative),
    )


def EntitySource(
    snapshot_table: str, query: ttypes.Query, mutation_table: str | None = None, mutation_topic: str | None = None
) -> ttypes.Source:
    """Rows that have a current state.

    Args:
        snapshot_table: Table with the state at the end of each day.
        query: What to read; see `Query`.
        mutation_table: Table with the changes of each day.
        mutation_topic: Topic that carries the changes live.

    """
    return ttypes.Source(
        entities=ttypes.EntitySource(
            snapshotTable=snapshot_table, mutationTable=mutation_table, mutationTopic=mutation_topic, query=query
        )
    )


def JoinSource(join: ttypes.Join, query: ttypes.Query | None = None) -> ttypes.Source:
    """The output of a join; `query` is over its output columns."""
    return ttypes.Source(joinSource=ttypes.JoinSource(join=join, query=query))
