"""The rules that every GroupBy keeps; `validate_group_by` is the table of them."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from ai.chronon.api import ttypes
from ai.chronon.dependencies import describe_source, source_query, source_topic
from ai.chronon.errors import DefinitionError, DefinitionValueError

# How often the online store may get the whole batch; kept in the custom JSON under this key.
UPLOAD_SCHEDULES = ("@daily", "@weekly", "@monthly", "@quarterly")
UPLOAD_SCHEDULE_KEY = "uploadSchedule"


def contains_windowed_aggregation(aggregations: Sequence[ttypes.Aggregation] | None) -> bool:
    """Whether any of the aggregations has a window."""
    return any(aggregation.windows for aggregation in aggregations or [])


def describe_group_by(group_by: ttypes.GroupBy) -> str:
    """How messages call a GroupBy: by its name, or by its keys as long as it has none."""
    name = group_by.metaData.name if group_by.metaData is not None else None
    return f"GroupBy {name}" if name else f"GroupBy with keys {group_by.keyColumns}"


def _fail(group_by: ttypes.GroupBy, problem: str, fix: str) -> DefinitionError:
    return DefinitionError(f"{describe_group_by(group_by)}: {problem}; {fix}")


def _columns(source: ttypes.Source) -> list[str]:
    return list(source_query(source).selects or {})


def _check_columns(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    for source in sources:
        if not source_query(source).selects:
            raise _fail(
                group_by, f"{describe_source(source)} selects no column", "add selects=select(...) to its query"
            )
    first = _columns(sources[0])
    if "ts" in first:
        raise _fail(group_by, f"{describe_source(sources[0])} selects ts", "set time_column in its query")
    for source in sources[1:]:
        if different := set(first).symmetric_difference(_columns(source)):
            raise _fail(
                group_by,
                f"{describe_source(source)} and {describe_source(sources[0])} differ in columns: {sorted(different)}",
                "select the same columns from every source",
            )
    for key in group_by.keyColumns or []:
        if key not in first:
            raise _fail(group_by, f"key {key!r} is not selected", f"select it; selected are {sorted(first)}")


def _check_event_source(group_by: ttypes.GroupBy, source: ttypes.Source, events: ttypes.EventSource) -> None:
    query = source_query(source)
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
    if group_by.accuracy == ttypes.Accuracy.SNAPSHOT and events.topic:
        raise _fail(
            group_by,
            f"{describe_source(source)} has the topic {events.topic!r}: "
            "SNAPSHOT accuracy should not be specified for streaming sources",
            "drop the accuracy or the topic",
        )


def _check_join_source(group_by: ttypes.GroupBy, parent: ttypes.Join | None) -> None:
    left = parent.left if parent is not None else None
    streamed = left is not None and (
        (left.events is not None and left.events.topic) or (left.entities is not None and left.entities.mutationTopic)
    )
    if not streamed:
        raise _fail(
            group_by, "the left of the join it reads from has no topic: parent join must have a topic", "add one"
        )


def _check_sources(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    for source in sources:
        if source.events is not None:
            _check_event_source(group_by, source, source.events)
        elif source.joinSource is not None:
            _check_join_source(group_by, source.joinSource.join)
        elif contains_windowed_aggregation(group_by.aggregations) and source_query(source).timeColumn is None:
            raise _fail(
                group_by,
                f"{describe_source(source)} has no time column, but an aggregation has windows",
                "set time_column in its query",
            )


def _check_incremental(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    if not group_by.isIncremental:
        return
    events = [source.events for source in sources]
    if None in events:
        raise _fail(group_by, "is_incremental with a source that is not an event source", "drop is_incremental")
    streamed = any(source is not None and source.topic for source in events)
    if group_by.accuracy == ttypes.Accuracy.TEMPORAL or (group_by.accuracy is None and streamed):
        raise _fail(group_by, "is_incremental with temporal accuracy", "set accuracy=Accuracy.SNAPSHOT")


def _check_upload_schedule(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    custom = json.loads((group_by.metaData.customJson if group_by.metaData is not None else None) or "{}")
    schedule = custom.get(UPLOAD_SCHEDULE_KEY) if isinstance(custom, dict) else None
    if schedule is None or schedule == UPLOAD_SCHEDULES[0]:
        return
    if schedule not in UPLOAD_SCHEDULES:
        raise _fail(group_by, f"upload_schedule is {schedule!r}", f"use one of {', '.join(UPLOAD_SCHEDULES)}")
    if group_by.accuracy == ttypes.Accuracy.TEMPORAL:
        raise _fail(
            group_by,
            f"upload_schedule {schedule!r} with TEMPORAL accuracy",
            "it is for SNAPSHOT accuracy; drop it or set accuracy=Accuracy.SNAPSHOT",
        )
    for source in sources:
        if source_topic(source):
            raise _fail(
                group_by,
                f"upload_schedule {schedule!r}, but {describe_source(source)} is streaming, and every fetch would "
                "replay the stream since the last upload",
                "drop the schedule or the topic",
            )


def _check_aggregations_present(group_by: ttypes.GroupBy, sources: list[ttypes.Source]) -> None:
    if group_by.aggregations is not None:
        return
    for source in sources:
        if source.events is not None:
            raise _fail(group_by, f"no aggregations over {describe_source(source)}", "give aggregations=[...]")
        entities = source.entities
        if entities is not None and (entities.mutationTable or entities.mutationTopic):
            raise _fail(
                group_by,
                f"no aggregations over {describe_source(source)}, which has mutations",
                "give aggregations=[...]",
            )


def _check_percentiles(group_by: ttypes.GroupBy, aggregation: ttypes.Aggregation) -> None:
    text = (aggregation.argMap or {}).get("percentiles")
    try:
        values = json.loads(text) if text is not None else None
    except ValueError:
        values = None
    numbers = isinstance(values, list) and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= 1
        for value in values
    )
    if not numbers:
        raise DefinitionValueError(
            f"{describe_group_by(group_by)}: APPROX_PERCENTILE over {aggregation.inputColumn!r} has "
            f"percentiles {text!r}; "
            "give a list of numbers in [0, 1]: Operation.APPROX_PERCENTILE([0.5, 0.99])"
        )


def _check_windows(group_by: ttypes.GroupBy, aggregation: ttypes.Aggregation) -> None:
    hours = [window.length for window in aggregation.windows or [] if window.timeUnit == ttypes.TimeUnit.HOURS]
    daily = group_by.accuracy == ttypes.Accuracy.SNAPSHOT or group_by.backfillStartDate is not None
    if hours and daily:
        raise _fail(
            group_by,
            f"the aggregation over {aggregation.inputColumn!r} has a window of {hours[0]} hours, "
            "but the features are computed once a day (accuracy SNAPSHOT or backfill_start_date)",
            "use windows in TimeUnit.DAYS, or drop the accuracy and the start date",
        )


def _check_aggregation(group_by: ttypes.GroupBy, selected: set[str], aggregation: ttypes.Aggregation) -> None:
    column = aggregation.inputColumn
    if not column:
        raise _fail(group_by, "an aggregation has no input column", "give input_column=...")
    if column != "ts" and column not in selected:
        raise _fail(
            group_by, f"the input column {column!r} is not selected", f"select it; selected: {sorted(selected)}"
        )
    if aggregation.operation == ttypes.Operation.APPROX_PERCENTILE:
        _check_percentiles(group_by, aggregation)
    _check_windows(group_by, aggregation)


def validate_group_by(group_by: ttypes.GroupBy) -> None:
    """Checks a GroupBy against every rule, and names all that are broken.

    Raises:
        DefinitionError: A rule is broken; it is an `AssertionError` too.
        DefinitionValueError: Percentiles that are not numbers in [0, 1]; it is a `ValueError` too.

    """
    sources = group_by.sources or []
    if not sources:
        raise _fail(group_by, "no source", "give it at least one")
    aggregations = group_by.aggregations or []
    checks: list[Callable[[], None]] = [
        lambda: _check_columns(group_by, sources),
        lambda: _check_sources(group_by, sources),
        lambda: _check_incremental(group_by, sources),
        lambda: _check_upload_schedule(group_by, sources),
        lambda: _check_aggregations_present(group_by, sources),
    ]
    _raise_all(checks)
    selected = {column for source in sources for column in _columns(source)}
    _raise_all([partial(_check_aggregation, group_by, selected, aggregation) for aggregation in aggregations])


def _raise_all(checks: Iterable[Callable[[], None]]) -> None:
    """Runs every check, and raises what they found as one error, of the type of the first."""
    found: list[DefinitionError | DefinitionValueError] = []
    for check in checks:
        try:
            check()
        except (DefinitionError, DefinitionValueError) as error:
            found.append(error)
    if len(found) > 1:
        raise type(found[0])("\n".join(dict.fromkeys(str(error) for error in found)))
    if found:
        raise found[0]
