"""GroupBys: features per key, aggregated over events or taken from entities.

>>> from ai.chronon.api.ttypes import EventSource
>>> from ai.chronon.query import Query, select
>>> purchases = GroupBy(
...     sources=EventSource(table="data.purchases", query=Query(selects=select("user", "price"), time_column="ts")),
...     keys=["user"],
...     aggregations=[
...         Aggregation(input_column="price", operation=Operation.SUM, windows=[Window(7, TimeUnit.DAYS)]),
...         Aggregation(input_column="price", operation=Operation.LAST_K(3)),
...     ],
... )
>>> [name for aggregation in purchases.aggregations for name in get_output_col_names(aggregation)]
['price_sum_7d', 'price_last3']
"""

import json
import logging
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.dependencies import describe_source, get_dependencies, source_query
from ai.chronon.derivation import Derivation
from ai.chronon.errors import DefinitionError, DefinitionTypeError
from ai.chronon.group_by_rules import (
    UPLOAD_SCHEDULE_KEY,
    UPLOAD_SCHEDULES,
    contains_windowed_aggregation,
    validate_group_by,
)
from ai.chronon.naming import caller_team
from ai.chronon.operations import (
    Accuracy,
    Operation,
    OperationArgument,
    TimeUnit,
    Window,
    collector,
    generic_collector,
    op_to_str,
    window_to_str_pretty,
)
from ai.chronon.sharing import note_use

__all__ = [
    "DEFAULT_ONLINE",
    "DEFAULT_PRODUCTION",
    "DEFAULT_UPLOAD_SCHEDULE",
    "UPLOAD_SCHEDULES",
    "UPLOAD_SCHEDULE_KEY",
    "Accuracy",
    "Aggregation",
    "Aggregations",
    "DefaultAggregation",
    "Derivation",
    "GroupBy",
    "Operation",
    "TimeUnit",
    "Window",
    "collector",
    "contains_windowed_aggregation",
    "generic_collector",
    "get_output_col_names",
    "op_to_str",
    "validate_group_by",
    "window_to_str_pretty",
]

AnySource = ttypes.Source | ttypes.EventSource | ttypes.EntitySource | ttypes.JoinSource

DEFAULT_ONLINE = None
DEFAULT_PRODUCTION = None
DEFAULT_UPLOAD_SCHEDULE = "@daily"
# Columns that a default aggregation leaves alone: time, partition, and the marks of a mutation.
RESERVED_COLUMNS = frozenset({"ts", "is_before", "mutation_ts", "ds"})
# Operations whose output is named after the number of values that they keep.
OUTPUT_PREFIX_BEFORE_K = {
    ttypes.Operation.LAST_K: "last",
    ttypes.Operation.FIRST_K: "first",
    ttypes.Operation.TOP_K: "top",
    ttypes.Operation.BOTTOM_K: "bottom",
}
LOGGER = logging.getLogger(__name__)


def _operation_suffix(aggregation: ttypes.Aggregation) -> str:
    operation = ttypes.Operation.LAST if aggregation.operation is None else aggregation.operation
    prefix = OUTPUT_PREFIX_BEFORE_K.get(operation)
    if prefix is None:
        return op_to_str(operation)
    if "k" not in (aggregation.argMap or {}):
        raise DefinitionError(
            f"{op_to_str(operation).upper()} over {aggregation.inputColumn!r} has no argument k; "
            f"write Operation.{op_to_str(operation).upper()}(k)"
        )
    return prefix + (aggregation.argMap or {})["k"]


def get_output_col_names(aggregation: ttypes.Aggregation) -> list[str]:
    """The feature columns of an aggregation, bucket by bucket, and window by window inside of a bucket."""
    base = f"{aggregation.inputColumn}_{_operation_suffix(aggregation)}"
    windowed = [
        f"{base}_{window.length}{'h' if window.timeUnit == ttypes.TimeUnit.HOURS else 'd'}"
        for window in aggregation.windows or []
    ] or [base]
    if not aggregation.buckets:
        return windowed
    return [f"{name}_by_{bucket}" for bucket in aggregation.buckets for name in windowed]


def Aggregation(
    input_column: str | None = None,
    operation: OperationArgument | None = None,
    windows: list[ttypes.Window] | None = None,
    buckets: list[str] | None = None,
    tags: dict[str, Any] | None = None,
    element_wise: bool | None = None,
) -> ttypes.Aggregation:
    """Describes one operation over one column.

    Args:
        input_column: Column of the sources' queries; `Aggregations` fills it in from its keyword.
        operation: A member of `Operation`, called when it takes an argument; `LAST` when absent.
        windows: One feature for each window; absent: everything before the time of the query.
        buckets: Columns by whose values the feature is split; the feature becomes a map.
        tags: Notes on the feature columns, kept in the custom JSON of the GroupBy.
        element_wise: Aggregate the elements of a list column position by position.

    Raises:
        DefinitionError: The operation takes an argument and was not called.

    """
    if callable(operation):
        raise DefinitionError(
            f"the operation over {input_column!r} needs an argument; call it, such as Operation.LAST_K(10)"
        )
    arguments: dict[str, str] = {}
    if isinstance(operation, tuple):
        operation, arguments = operation
    if operation is None:
        operation = ttypes.Operation.LAST
    if operation == ttypes.Operation.UNIQUE_COUNT:
        LOGGER.warning(
            "UNIQUE_COUNT keeps every distinct value; consider BOUNDED_UNIQUE_COUNT_K or APPROX_UNIQUE_COUNT"
        )
    elif operation == ttypes.Operation.HISTOGRAM:
        LOGGER.warning("HISTOGRAM keeps every distinct value; consider APPROX_HISTOGRAM_K")
    aggregation = ttypes.Aggregation(input_column, operation, arguments, windows, buckets, element_wise)
    aggregation.tags = tags
    return aggregation


def Aggregations(**agg_dict: ttypes.Aggregation) -> list[ttypes.Aggregation]:
    """Aggregations by name of their input column.

    Raises:
        DefinitionError: A value is not an aggregation.

    """
    for name, aggregation in agg_dict.items():
        if not isinstance(aggregation, ttypes.Aggregation):
            raise DefinitionError(f"Aggregations({name}={aggregation!r}): not an aggregation; write Aggregation(...)")
        if not aggregation.inputColumn:
            aggregation.inputColumn = name
    return list(agg_dict.values())


def DefaultAggregation(
    keys: list[str],
    sources: list[ttypes.Source],
    operation: OperationArgument = Operation.LAST,
    tags: dict[str, Any] | None = None,
) -> list[ttypes.Aggregation]:
    """One aggregation for each selected column of each source that is neither a key, nor a time, nor a partition."""
    aggregations = []
    for source in sources:
        if not isinstance(source, ttypes.Source):
            raise DefinitionError(
                f"DefaultAggregation(sources=...) got a {type(source).__name__}; wrap it, such as Source(events=...)"
            )
        query = source_query(source)
        skipped = RESERVED_COLUMNS.union(keys, [query.timeColumn])
        aggregations += [
            Aggregation(input_column=column, operation=operation, tags=tags)
            for column in query.selects or {}
            if column not in skipped
        ]
    return aggregations


def _wrap_source(source: AnySource) -> ttypes.Source:
    if isinstance(source, ttypes.Source):
        wrapped = source
    elif isinstance(source, ttypes.EventSource):
        wrapped = ttypes.Source(events=source)
    elif isinstance(source, ttypes.EntitySource):
        wrapped = ttypes.Source(entities=source)
    elif isinstance(source, ttypes.JoinSource):
        wrapped = ttypes.Source(joinSource=source)
    else:
        raise DefinitionError(
            f"GroupBy(sources=...) got a {type(source).__name__}; give it Source, EventSource or EntitySource objects"
        )
    return wrapped


def _listed(aggregations: Iterable[ttypes.Aggregation]) -> list[ttypes.Aggregation]:
    if isinstance(aggregations, ttypes.Aggregation):
        raise DefinitionTypeError("GroupBy(aggregations=Aggregation(...)): not a list; write aggregations=[...]")
    return list(aggregations)


def _wrap_sources(sources: AnySource | Sequence[AnySource]) -> list[ttypes.Source]:
    return [_wrap_source(source) for source in (sources if isinstance(sources, (list, tuple)) else [sources])]


def _complete_selects(source: ttypes.Source, columns: Iterable[str]) -> None:
    """Selects the columns that the GroupBy needs, in the author's own query, and turns `ts` into the time column.

    The query is changed in place, as it is by the reference: a source that several GroupBys share
    collects the columns of all of them, and its bytes depend on that.
    """
    query = source_query(source)
    before = dict(query.selects or {})
    if query.selects is None:
        query.selects = {}
    for column in columns:
        query.selects.setdefault(column, column)
    if "ts" in query.selects:
        _take_time_column(source, query, query.selects.pop("ts"))
    note_use(query, changed=query.selects != before)


def _take_time_column(source: ttypes.Source, query: ttypes.Query, expression: str) -> None:
    if query.timeColumn is None:
        query.timeColumn = expression
    if query.timeColumn != expression:
        raise DefinitionError(
            f"{describe_source(source)} selects ts as {expression!r}, but its time column is {query.timeColumn!r}; "
            "drop ts from the selects: the time column takes its place (to aggregate ts, set time_column='ts')"
        )


def _column_tags(aggregations: Iterable[ttypes.Aggregation] | None) -> dict[str, dict[str, Any]]:
    return {
        column: tags
        for aggregation in aggregations or []
        if (tags := getattr(aggregation, "tags", None))
        for column in get_output_col_names(aggregation)
    }


def GroupBy(
    sources: AnySource | Sequence[AnySource],
    keys: list[str],
    aggregations: list[ttypes.Aggregation] | None,
    online: bool | None = DEFAULT_ONLINE,
    production: bool | None = DEFAULT_PRODUCTION,
    backfill_start_date: str | None = None,
    dependencies: list[str] | None = None,
    env: dict[str, dict[str, str]] | None = None,
    table_properties: dict[str, str] | None = None,
    output_namespace: str | None = None,
    accuracy: int | None = None,
    lag: int = 0,
    offline_schedule: str = "@daily",
    upload_schedule: str | None = DEFAULT_UPLOAD_SCHEDULE,
    name: str | None = None,
    tags: dict[str, Any] | None = None,
    derivations: list[ttypes.Derivation] | None = None,
    historical_backfill: bool | None = None,
    deprecation_date: str | None = None,
    description: str | None = None,
    is_incremental: bool | None = None,
    **kwargs: Any,
) -> ttypes.GroupBy:
    """Describes features per key.

    Args:
        sources: One source or several of equal columns. Their queries are completed in place.
        keys: Columns that the features belong to.
        aggregations: What to compute; `None` over entities takes the selected columns as they are.
        online: Serve the features to the fetcher.
        production: Fit to be used by production joins.
        backfill_start_date: First day of a backfill of this GroupBy alone, `yyyy-MM-dd`.
        dependencies: Partition specifications to wait for in place of those of the sources.
        env: Run mode to environment variables.
        table_properties: Properties of the tables; those of the team when absent.
        output_namespace: Database of the tables; that of the team when absent.
        accuracy: A member of `Accuracy`; when absent it follows from the sources.
        lag: Days by which the sources may be behind.
        offline_schedule: Schedule of the batch jobs, such as `@daily` or a cron line.
        upload_schedule: How often the online store gets the whole batch, one of `UPLOAD_SCHEDULES`; other than
            `@daily` only for SNAPSHOT accuracy without a stream.
        name: Name, for a GroupBy that is not a variable of a module in `group_bys/`.
        tags: Notes, kept in the custom JSON.
        derivations: Output columns computed from the features, see `Derivation`; they replace the features unless
            the wildcard `Derivation("*", "*")` is among them.
        historical_backfill: Fill all missing partitions, not only the newest.
        deprecation_date: Day on which the GroupBy is retired, `yyyy-MM-dd`.
        description: For people.
        is_incremental: Keep daily aggregates, so that a backfill reads new days only; event sources and SNAPSHOT
            accuracy.
        **kwargs: Further keys of the custom JSON.

    Raises:
        DefinitionError: A rule of `validate_group_by` is broken.
        DefinitionValueError: Percentiles that are not numbers in [0, 1].

    """
    if not sources:
        raise DefinitionError("GroupBy(sources=...) is empty; give it at least one source")
    if historical_backfill is not None and not backfill_start_date:
        raise DefinitionError("GroupBy(historical_backfill=...) needs backfill_start_date='yyyy-MM-dd'")
    if not isinstance(keys, (list, tuple)):
        raise DefinitionTypeError(f"GroupBy(keys={keys!r}): not a list; write keys=['user_id']")
    wrapped = _wrap_sources(sources)
    if aggregations is not None:
        aggregations = _listed(aggregations)
    needed = [*keys, *(item.inputColumn for item in aggregations or [] if item.inputColumn)]
    for source in wrapped:
        _complete_selects(source, needed)
    custom = {**kwargs, "lag": lag, "groupby_tags": tags, "column_tags": _column_tags(aggregations)}
    if upload_schedule != DEFAULT_UPLOAD_SCHEDULE:
        custom[UPLOAD_SCHEDULE_KEY] = upload_schedule
    meta_data = ttypes.MetaData(
        name=name,
        online=online,
        production=production,
        outputNamespace=output_namespace,
        customJson=json.dumps(custom),
        dependencies=[text for source in wrapped for text in get_dependencies(source, dependencies, lag=lag)],
        modeToEnvMap=env,
        tableProperties=table_properties,
        team=caller_team(sys._getframe(1)),
        offlineSchedule=offline_schedule,
        historicalBackfill=historical_backfill,
        deprecationDate=deprecation_date,
        description=description,
    )
    group_by = ttypes.GroupBy(
        metaData=meta_data,
        sources=wrapped,
        keyColumns=keys,
        aggregations=aggregations,
        accuracy=accuracy,
        backfillStartDate=backfill_start_date,
        derivations=derivations,
        isIncremental=is_incremental,
    )
    validate_group_by(group_by)
    return group_by
