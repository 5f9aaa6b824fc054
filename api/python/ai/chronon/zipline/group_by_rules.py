"""The rules that every GroupBy keeps when it is made; `validate_group_by` is the table of them."""

import json
from collections.abc import Iterable

from ai.chronon.errors import DefinitionError, DefinitionValueError
from ai.chronon.zipline.utils import describe_source, get_query
from gen_thrift.api import ttypes
from gen_thrift.common import ttypes as common

TIME_COLUMN = "ts"


def contains_windowed_aggregation(aggregations: Iterable[ttypes.Aggregation] | None) -> bool:
    """Whether any of the aggregations has a window."""
    return any(aggregation.windows for aggregation in aggregations or [])


def describe_group_by(group_by: ttypes.GroupBy) -> str:
    """How messages call a GroupBy: by its name, or by its keys as long as it has none."""
    name = group_by.metaData.name if group_by.metaData is not None else None
    return f"GroupBy {name}" if name else f"GroupBy with keys {group_by.keyColumns}"


def _fail(group_by: ttypes.GroupBy, problem: str, fix: str) -> DefinitionError:
    return DefinitionError(f"{describe_group_by(group_by)}: {problem}; {fix}")


def columns(source: ttypes.Source) -> list[str]:
    """The columns that a source selects."""
    return list(get_query(source).selects or {})


def _check_columns(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    first = columns(sources[0])
    for source in sources[1:]:
        if different := set(first).symmetric_difference(columns(source)):
            raise _fail(
                group_by,
                f"{describe_source(source)} and {describe_source(sources[0])} differ in columns: {sorted(different)}",
                "select the same columns from every source",
            )
    for key in group_by.keyColumns or []:
        if key not in first:
            raise _fail(group_by, f"key {key!r} is not selected", f"select it; selected are {sorted(first)}")


def _check_event_source(group_by: ttypes.GroupBy, source: ttypes.Source) -> None:
    query = get_query(source)
    if query.mutationTimeColumn or query.reversalColumn:
        raise _fail(
            group_by,
            f"{describe_source(source)} has a mutation time or reversal column",
            "drop mutation_time_column and reversal_column: they belong to entity sources",
        )
    if group_by.accuracy != ttypes.Accuracy.SNAPSHOT and query.timeColumn is None:
        raise _fail(
            group_by,
            f"{describe_source(source)} has no time column",
            "set time_column in its query, or accuracy=Accuracy.SNAPSHOT",
        )


def _check_sources(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    for source in sources:
        if source.events is not None:
            _check_event_source(group_by, source)
        elif contains_windowed_aggregation(group_by.aggregations) and get_query(source).timeColumn is None:
            raise _fail(
                group_by,
                f"{describe_source(source)} has no time column, but an aggregation has windows",
                "set time_column in its query",
            )


def _check_aggregations_present(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    if group_by.aggregations is not None:
        return
    for source in sources:
        entities = source.entities
        if entities is None or entities.mutationTable or entities.mutationTopic:
            raise _fail(
                group_by,
                f"no aggregations over {describe_source(source)}",
                "give aggregations=[...]; only entity sources without mutations may go without",
            )


def _check_percentiles(group_by: ttypes.GroupBy, aggregation: ttypes.Aggregation) -> None:
    text = (aggregation.argMap or {}).get("percentiles")
    try:
        percentiles = json.loads(text) if text is not None else None
    except ValueError:
        percentiles = None
    if not isinstance(percentiles, list) or not all(
        isinstance(value, (int, float)) and 0 <= value <= 1 for value in percentiles
    ):
        raise DefinitionValueError(
            f"{describe_group_by(group_by)}: APPROX_PERCENTILE over {aggregation.inputColumn!r} has percentiles "
            f"{text!r}; they must be a list of numbers between 0 and 1: Operation.APPROX_PERCENTILE([0.5, 0.95])"
        )


def _check_aggregation(group_by: ttypes.GroupBy, aggregation: ttypes.Aggregation, selected: set[str]) -> None:
    name = ttypes.Operation._VALUES_TO_NAMES.get(aggregation.operation or 0)
    if not aggregation.inputColumn:
        raise _fail(group_by, f"the aggregation {name} has no input column", "give it input_column=...")
    if aggregation.inputColumn != TIME_COLUMN and aggregation.inputColumn not in selected:
        raise _fail(
            group_by,
            f"the input column {aggregation.inputColumn!r} is not selected",
            f"select it; are: {sorted(selected)}",
        )
    if aggregation.operation == ttypes.Operation.APPROX_PERCENTILE:
        _check_percentiles(group_by, aggregation)
    hourly = [window for window in aggregation.windows or [] if window.timeUnit == common.TimeUnit.HOURS]
    if hourly and group_by.accuracy == ttypes.Accuracy.SNAPSHOT:
        raise _fail(
            group_by,
            f"{name} over {aggregation.inputColumn!r} has a window of {hourly[0].length} hours with SNAPSHOT accuracy, "
            "which knows whole days only",
            "write the window in days, or drop the accuracy",
        )


def validate_group_by(group_by: ttypes.GroupBy) -> None:
    """Checks a GroupBy.

    Raises:
        DefinitionError: It breaks a rule; an `AssertionError` too.
        DefinitionValueError: The percentiles of an aggregation are no list of numbers in [0, 1].

    """
    sources = group_by.sources or []
    if not sources:
        raise _fail(group_by, "it has no source", "give it sources=[...]")
    _check_sources(group_by, sources)
    _check_columns(group_by, sources)
    _check_aggregations_present(group_by, sources)
    selected = {column for source in sources for column in columns(source)}
    for aggregation in group_by.aggregations or []:
        _check_aggregation(group_by, aggregation, selected)
