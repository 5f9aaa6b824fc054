"""Staging queries as sources: what a GroupBy or join reads that a staging query wrote.

A staging query itself is `StagingQuery` of `ai.chronon.api.ttypes`, a variable of a module in `staging_queries/`.
"""

from ai.chronon.api import ttypes
from ai.chronon.naming import meta_data
from ai.chronon.tables import get_staging_query_output_table_name, staging_query_table

__all__ = [
    "StagingQueryEntitySource",
    "StagingQueryEventSource",
    "get_staging_query_dependencies",
    "get_staging_query_output_table_name",
]


def StagingQueryEventSource(
    staging_query: ttypes.StagingQuery, query: ttypes.Query, is_cumulative: bool = False
) -> ttypes.Source:
    """The table of a staging query as an event source.

    Args:
        staging_query: The staging query; it is named after its module.
        query: What to read from its table.
        is_cumulative: Whether each partition holds all events up to its day.

    Raises:
        DefinitionError: The staging query has neither a module nor a name.
        TeamsError: Its database has to come from `teams.json`, which does not know its team.

    """
    table = staging_query_table(staging_query)
    return ttypes.Source(events=ttypes.EventSource(table=table, query=query, isCumulative=is_cumulative))


def StagingQueryEntitySource(staging_query: ttypes.StagingQuery, query: ttypes.Query) -> ttypes.Source:
    """The table of a staging query as an entity source: each partition is a snapshot of that day.

    Args:
        staging_query: The staging query; it is named after its module.
        query: What to read from its table.

    Raises:
        DefinitionError: The staging query has neither a module nor a name.
        TeamsError: Its database has to come from `teams.json`, which does not know its team.

    """
    return ttypes.Source(entities=ttypes.EntitySource(snapshotTable=staging_query_table(staging_query), query=query))


def get_staging_query_dependencies(staging_query: ttypes.StagingQuery, lag: int = 0) -> list[str]:
    """The partition specification that tells that a staging query has written a day.

    It watches the signal table of the staging query's database, where jobs note what they finished.

    Args:
        staging_query: The staging query.
        lag: Not heeded: the signal of the day itself is always waited for.

    """
    table = staging_query_table(staging_query)
    namespace = meta_data(staging_query).outputNamespace or table.split(".")[0]
    return [f"{namespace}.chronon_signal_partitions/ds={{{{ ds }}}}/table_name={table}"]
