"""GroupBys: features per key, aggregated over events or taken from entities.

>>> from ai.chronon.zipline.query import Query, selects
>>> from ai.chronon.zipline.source import EventSource
>>> purchases = GroupBy(
...     sources=EventSource(table="data.purchases", query=Query(selects=selects("user", "price"), time_column="ts")),
...     keys=["user"],
...     aggregations=[
...         Aggregation(input_column="price", operation=Operation.SUM, windows=["7d", "24h"]),
...         Aggregation(input_column="price", operation=Operation.LAST_K(3)),
...     ],
... )
>>> [name for aggregation in purchases.aggregations for name in get_output_col_names(aggregation)]
['price_sum_7d', 'price_sum_24h', 'price_last3']
"""

import copy
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from ai.chronon.errors import DefinitionError
from ai.chronon.zipline.derivation import Derivation
from ai.chronon.zipline.group_by_rules import TIME_COLUMN, contains_windowed_aggregation, validate_group_by
from ai.chronon.zipline.group_by_rules import columns as get_columns
from ai.chronon.zipline.later import refuse_later
from ai.chronon.zipline.naming import caller_team
from ai.chronon.zipline.utils import (
    AnySource,
    checked_version,
    describe_source,
    get_query,
    normalize_sources,
    resolve_online_schedule,
)
from ai.chronon.zipline.windows import normalize_window, short_form
from gen_thrift.api import ttypes
from gen_thrift.common import ttypes as common

__all__ = [
    "DEFAULT_ONLINE",
    "DEFAULT_PRODUCTION",
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
    "get_columns",
    "get_output_col_names",
    "op_to_str",
    "validate_group_by",
    "window_to_str_pretty",
]

OperationWithArguments = tuple[int, dict[str, str]]

DEFAULT_ONLINE = None
DEFAULT_PRODUCTION = None
# Columns that a default aggregation leaves alone: time, partition, and the marks of a mutation.
RESERVED_COLUMNS = frozenset({"ts", "is_before", "mutation_ts", "ds"})
# Operations whose output is named after the number of values that they keep.
OUTPUT_PREFIX_BEFORE_K = {
    ttypes.Operation.LAST_K: "last",
    ttypes.Operation.FIRST_K: "first",
    ttypes.Operation.TOP_K: "top",
    ttypes.Operation.BOTTOM_K: "bottom",
}


class Accuracy(ttypes.Accuracy):
    """How fresh features are: to the event (`TEMPORAL`), or as of the last midnight UTC (`SNAPSHOT`)."""


class TimeUnit:
    """Unit of a window's length."""

    HOURS = common.TimeUnit.HOURS
    DAYS = common.TimeUnit.DAYS


def Window(length: int, time_unit: int) -> common.Window:
    """The span of `length` hours or days that ends at the time of the query; `"7d"` is shorter to write."""
    return common.Window(length, time_unit)


def collector(op: int, k: int) -> OperationWithArguments:
    """An operation that takes the number `k`, with that number."""
    return op, {"k": str(k)}


class Operation:
    """What an aggregation computes.

    Plain members are passed as they are, the others are called with their argument: `Operation.SUM`,
    `Operation.LAST_K(5)`.
    """

    MIN = ttypes.Operation.MIN
    MAX = ttypes.Operation.MAX
    FIRST = ttypes.Operation.FIRST
    LAST = ttypes.Operation.LAST
    APPROX_UNIQUE_COUNT = ttypes.Operation.APPROX_UNIQUE_COUNT
    UNIQUE_COUNT = ttypes.Operation.UNIQUE_COUNT
    COUNT = ttypes.Operation.COUNT
    SUM = ttypes.Operation.SUM
    AVERAGE = ttypes.Operation.AVERAGE
    VARIANCE = ttypes.Operation.VARIANCE
    SKEW = ttypes.Operation.SKEW
    KURTOSIS = ttypes.Operation.KURTOSIS
    HISTOGRAM = ttypes.Operation.HISTOGRAM

    @staticmethod
    def APPROX_UNIQUE_COUNT_LGK(k: int) -> OperationWithArguments:
        """Distinct values, approximately; the sketch has 2^k slots."""
        return collector(ttypes.Operation.APPROX_UNIQUE_COUNT, k)

    @staticmethod
    def FREQUENT_K(k: int) -> OperationWithArguments:
        """How often each of the `k` most frequent values occurs, counted exactly."""
        return collector(ttypes.Operation.HISTOGRAM, k)

    @staticmethod
    def APPROX_FREQUENT_K(k: int) -> OperationWithArguments:
        """How often each of about `k` frequent values occurs; no frequent one is missed, some may be there by error."""
        return collector(ttypes.Operation.APPROX_FREQUENT_K, k)

    @staticmethod
    def APPROX_HEAVY_HITTERS_K(k: int) -> OperationWithArguments:
        """How often each of about `k` frequent values occurs; none is there by error, some may be missed."""
        return collector(ttypes.Operation.APPROX_HEAVY_HITTERS_K, k)

    @staticmethod
    def FIRST_K(k: int) -> OperationWithArguments:
        """The `k` earliest values."""
        return collector(ttypes.Operation.FIRST_K, k)

    @staticmethod
    def LAST_K(k: int) -> OperationWithArguments:
        """The `k` latest values."""
        return collector(ttypes.Operation.LAST_K, k)

    @staticmethod
    def TOP_K(k: int) -> OperationWithArguments:
        """The `k` greatest values."""
        return collector(ttypes.Operation.TOP_K, k)

    @staticmethod
    def BOTTOM_K(k: int) -> OperationWithArguments:
        """The `k` least values."""
        return collector(ttypes.Operation.BOTTOM_K, k)

    @staticmethod
    def UNIQUE_TOP_K(k: int) -> OperationWithArguments:
        """The `k` greatest values, each once."""
        return collector(ttypes.Operation.UNIQUE_TOP_K, k)

    @staticmethod
    def APPROX_PERCENTILE(percentiles: list[float] | str, k: int = 20) -> OperationWithArguments:
        """Approximate percentiles; each lies in [0, 1], and `k` sets the accuracy of the sketch."""
        return ttypes.Operation.APPROX_PERCENTILE, {"k": str(k), "percentiles": str(percentiles)}


def op_to_str(operation: int) -> str:
    """The name of an operation in lower case."""
    return ttypes.Operation._VALUES_TO_NAMES[operation].lower()


def window_to_str_pretty(window: common.Window) -> str:
    """A window in words, such as `7 days`."""
    return f"{window.length} {common.TimeUnit._VALUES_TO_NAMES[window.timeUnit or 0].lower()}"


def _operation_suffix(aggregation: ttypes.Aggregation) -> str:
    operation = ttypes.Operation.LAST if aggregation.operation is None else aggregation.operation
    prefix = OUTPUT_PREFIX_BEFORE_K.get(operation)
    if prefix is None:
        return op_to_str(operation)
    if "k" not in (aggregation.argMap or {}):
        name = op_to_str(operation).upper()
        raise DefinitionError(f"{name} over {aggregation.inputColumn!r} has no argument k; write Operation.{name}(k)")
    return prefix + (aggregation.argMap or {})["k"]


def get_output_col_names(aggregation: ttypes.Aggregation) -> list[str]:
    """The feature columns of an aggregation, bucket by bucket, and window by window inside of a bucket."""
    base = f"{aggregation.inputColumn}_{_operation_suffix(aggregation)}"
    windowed = [f"{base}_{short_form(window)}" for window in aggregation.windows or []] or [base]
    if not aggregation.buckets:
        return windowed
    return [f"{name}_by_{bucket}" for bucket in aggregation.buckets for name in windowed]


def Aggregation(
    input_column: str | None = None,
    operation: int | OperationWithArguments | None = None,
    windows: Sequence[common.Window | str] | None = None,
    buckets: list[str] | None = None,
    tags: dict[str, str] | None = None,
    **later: Any,
) -> ttypes.Aggregation:
    """Describes one operation over one column.

    Args:
        input_column: Column of the sources' queries; `Aggregations` fills it in from its keyword.
        operation: A member of `Operation`, called when it takes an argument; `LAST` when absent.
        windows: One feature for each, as `"7d"`, `"24h"` or `Window(7, TimeUnit.DAYS)`; absent: everything before
            the time of the query.
        buckets: Columns by whose values the feature is split; the feature becomes a map.
        tags: Notes on the feature columns, kept in the meta data of the GroupBy.
        **later: Arguments of later releases; refused by name.

    Raises:
        DefinitionError: The operation takes an argument and was not called.
        DefinitionValueError: A window is not of that form.

    """
    refuse_later("Aggregation", later)
    if callable(operation):
        raise DefinitionError(
            f"the operation over {input_column!r} needs an argument; call it, such as Operation.LAST_K(10)"
        )
    arguments: dict[str, str] = {}
    if isinstance(operation, tuple):
        operation, arguments = operation
    if isinstance(windows, common.Window):
        raise DefinitionError(f"windows of the aggregation over {input_column!r} is one window; write windows=[...]")
    aggregation = ttypes.Aggregation(
        inputColumn=input_column,
        operation=ttypes.Operation.LAST if operation is None else operation,
        argMap=arguments,
        windows=[normalize_window(window) for window in windows] if windows else None,
        buckets=buckets,
    )
    aggregation.tags = tags
    return aggregation


def Aggregations(**agg_dict: ttypes.Aggregation) -> list[ttypes.Aggregation]:
    """Several aggregations; the keyword of one without an input column is its input column.

    Raises:
        DefinitionError: A value is no aggregation.

    """
    for name, aggregation in agg_dict.items():
        if not isinstance(aggregation, ttypes.Aggregation):
            raise DefinitionError(
                f"Aggregations({name}=...) got a {type(aggregation).__name__}; write Aggregation(...)"
            )
        if not aggregation.inputColumn:
            aggregation.inputColumn = name
    return list(agg_dict.values())


def DefaultAggregation(
    keys: Iterable[str],
    sources: Iterable[ttypes.Source],
    operation: int | OperationWithArguments = ttypes.Operation.LAST,
    tags: dict[str, str] | None = None,
) -> list[ttypes.Aggregation]:
    """One aggregation for each column that is neither key nor time nor partition."""
    aggregations = []
    for source in sources:
        query = get_query(source)
        skipped = {*keys, *RESERVED_COLUMNS, query.timeColumn}
        aggregations += [
            Aggregation(operation=operation, input_column=column, tags=tags)
            for column in query.selects or {}
            if column not in skipped
        ]
    return aggregations


def _with_needed_columns(source: ttypes.Source, needed: list[str]) -> None:
    """Adds to the selects what keys and aggregations need, and keeps the time column out of them."""
    query = get_query(source)
    selects = dict(query.selects or {})
    for column in needed:
        selects.setdefault(column, column)
    if TIME_COLUMN in selects:
        expression = selects.pop(TIME_COLUMN)
        if query.timeColumn is not None and query.timeColumn != expression:
            raise DefinitionError(
                f"{describe_source(source)} selects ts as {expression!r}, but its time_column is {query.timeColumn!r}; "
                "set time_column alone"
            )
        query.timeColumn = expression
    query.selects = selects


def _column_tags(aggregations: Iterable[ttypes.Aggregation]) -> dict[str, dict[str, str]] | None:
    tags = {
        column: notes
        for aggregation in aggregations
        if (notes := getattr(aggregation, "tags", None))
        for column in get_output_col_names(aggregation)
    }
    return tags or None


def GroupBy(
    sources: Sequence[AnySource] | AnySource,
    keys: list[str],
    aggregations: Iterable[ttypes.Aggregation] | None,
    version: int | None = None,
    derivations: list[ttypes.Derivation] | None = None,
    accuracy: int | None = None,
    output_namespace: str | None = None,
    table_properties: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    online: bool | None = DEFAULT_ONLINE,
    production: bool | None = DEFAULT_PRODUCTION,
    offline_schedule: str | None = None,
    online_schedule: str | None = None,
    conf: common.ConfigProperties | None = None,
    env_vars: common.EnvironmentVariables | None = None,
    cluster_conf: common.ClusterConfigProperties | None = None,
    step_days: int | None = None,
    disable_historical_backfill: bool = False,
    **later: Any,
) -> ttypes.GroupBy:
    """Describes features per key.

    Args:
        sources: One source, or several with the same columns; they are copied.
        keys: Columns that name the entity.
        aggregations: See `Aggregation`; None over entities without mutations: their columns are the features.
        version: Whole number that ends the name; raise it to change what is online.
        derivations: Columns computed from the features.
        accuracy: `Accuracy.TEMPORAL` or `Accuracy.SNAPSHOT`; absent: temporal when a source has a topic.
        output_namespace: Database of the tables; that of the team when absent.
        table_properties: Properties of the tables.
        tags: Notes, kept in the meta data.
        online: Serve the features to the fetcher.
        production: Fit for use in production.
        offline_schedule: Schedule of backfills; `@never` turns them off.
        online_schedule: Schedule of uploads; `@daily` when online, `@never` turns them off.
        conf: Settings of the jobs, above those of the team.
        env_vars: Environment of the jobs, above that of the team.
        cluster_conf: Settings of the cluster, above those of the team.
        step_days: Days that one step of a backfill covers.
        disable_historical_backfill: Kept as `historicalBackfill`, as the reference does despite the name.
        **later: Arguments of later releases; refused by name.

    Raises:
        DefinitionError: A rule is broken; see `validate_group_by`.
        DefinitionValueError: There is an online schedule and nothing online, or a percentile is outside of [0, 1].
        DefinitionTypeError: A source is none.

    """
    refuse_later("GroupBy", later)
    if not sources:
        raise DefinitionError("GroupBy(sources=...) is empty; give it one source at least")
    listed = None if aggregations is None else list(aggregations)
    if not isinstance(keys, (list, tuple)):
        raise DefinitionError(f"GroupBy(keys={keys!r}) is a {type(keys).__name__}; write a list of column names")
    copied = copy.deepcopy(normalize_sources(sources))
    for aggregation in listed or []:
        if not isinstance(aggregation, ttypes.Aggregation):
            raise DefinitionError(f"GroupBy(aggregations=...) holds {aggregation!r}; write Aggregation(...)")
    needed = [*keys, *(aggregation.inputColumn for aggregation in listed or [] if aggregation.inputColumn)]
    for source in copied:
        _with_needed_columns(source, needed)
    group_by = ttypes.GroupBy(
        sources=copied,
        keyColumns=keys,
        aggregations=listed,
        accuracy=accuracy,
        derivations=derivations,
        metaData=ttypes.MetaData(
            online=online,
            production=production,
            outputNamespace=output_namespace,
            tableProperties=table_properties,
            team=caller_team(sys._getframe(1)),
            tags=tags,
            columnTags=_column_tags(listed or []),
            version=checked_version(version),
            executionInfo=common.ExecutionInfo(
                offlineSchedule=offline_schedule,
                onlineSchedule=resolve_online_schedule(online, online_schedule),
                conf=conf,
                env=env_vars,
                clusterConf=cluster_conf,
                stepDays=step_days,
                historicalBackfill=disable_historical_backfill,
            ),
        ),
    )
    validate_group_by(group_by)
    return group_by
