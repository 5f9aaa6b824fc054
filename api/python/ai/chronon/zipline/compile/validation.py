"""The rules that completed definitions keep, above those of the authoring functions; all broken ones are reported."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ai.chronon.errors import DefinitionValueError
from ai.chronon.zipline.compile.column_hashes import (
    IDENTIFIER,
    WILDCARD,
    external_columns,
    internal_columns,
    left_columns,
    part_features,
    part_prefix,
    pre_derived_group_by_columns,
)
from ai.chronon.zipline.naming import Definition, meta_data
from ai.chronon.zipline.utils import describe_source, get_query, get_root_source, is_streaming
from gen_thrift.api import ttypes
from gen_thrift.common import ttypes as common

# Columns that every table has beside those that are defined.
TIME_COLUMNS = frozenset({"ts", "ds"})


def _has_hourly_windows(group_by: ttypes.GroupBy) -> bool:
    """Whether a window is in hours; what stands after an aggregation without windows is not looked at.

    Compiled repositories depend on the latter.
    """
    for aggregation in group_by.aggregations or []:
        if not aggregation.windows:
            return False
        if any(window.timeUnit == common.TimeUnit.HOURS for window in aggregation.windows):
            return True
    return False


def _check_hourly(group_by: ttypes.GroupBy) -> Iterator[str]:
    streamed = any(is_streaming(source) for source in group_by.sources or [])
    temporal = group_by.accuracy == ttypes.Accuracy.TEMPORAL or (group_by.accuracy is None and streamed)
    if not temporal and _has_hourly_windows(group_by):
        yield (
            "has hourly windows, but is refreshed daily; write the windows in days, give a source a topic, or set "
            "accuracy=Accuracy.TEMPORAL"
        )


def _check_bounded(group_by: ttypes.GroupBy) -> Iterator[str]:
    unwindowed = [item.inputColumn for item in group_by.aggregations or [] if not item.windows]
    if not unwindowed:
        return
    for source in group_by.sources or []:
        if isinstance(get_root_source(source), ttypes.EventSource) and not get_query(source).startPartition:
            yield (
                f"aggregates {', '.join(map(repr, unwindowed))} without windows over {describe_source(source)}, which "
                "has no start; set start_partition in its query, or give the aggregations windows"
            )


def _check_derivations(columns: Iterable[str], derivations: list[ttypes.Derivation] | None) -> Iterator[str]:
    available = list(columns)
    listed = derivations or []
    renamed = {item.expression for item in listed}
    taken = {name for name in available if name not in renamed} if any(d.name == WILDCARD for d in listed) else set()
    for item in listed:
        if item.name == WILDCARD:
            continue
        expression = f"{item.expression}"
        if IDENTIFIER.fullmatch(expression) and expression not in available and expression not in TIME_COLUMNS:
            yield f"derives {item.name!r} from {expression!r}, which is no column; columns are {available}"
        if f"{item.name}" in taken:
            yield f"derives {item.name!r}, a name that another output column has; rename one of the two"
        taken.add(f"{item.name}")


def _check_group_by(group_by: ttypes.GroupBy) -> Iterator[str]:
    yield from _check_hourly(group_by)
    yield from _check_bounded(group_by)
    keys = set(group_by.keyColumns or []) if meta_data(group_by).online else set()
    if group_by.derivations:
        columns = [name for name in pre_derived_group_by_columns(group_by) if name not in keys]
        yield from _check_derivations(columns, group_by.derivations)


def _check_keys(join: ttypes.Join, part: ttypes.JoinPart) -> Iterator[str]:
    left = list(left_columns(join))
    group_by = part.groupBy or ttypes.GroupBy()
    mapped = {right: name for name, right in (part.keyMapping or {}).items()}
    needed = [mapped.get(key, key) for key in group_by.keyColumns or []]
    missing = [key for key in needed if key not in left]
    if left and missing:
        yield (
            f"needs {missing} on the left for the keys {group_by.keyColumns} of {meta_data(group_by).name}; the left "
            f"has {left}; select them there, or map other columns with key_mapping={{left column: key}}"
        )


def _check_collisions(join: ttypes.Join) -> Iterator[str]:
    if join.useLongNames:
        return
    owners: dict[str, list[str]] = defaultdict(list)
    for part in join.joinParts or []:
        prefix = part_prefix(part)
        for name in part_features(part, join.left):
            owners[f"{prefix}_{name}"].append(str(meta_data(part.groupBy or ttypes.GroupBy()).name))
    twice = {name: parts for name, parts in owners.items() if len(parts) > 1}
    if twice:
        listed = "; ".join(f"{name} from {', '.join(parts)}" for name, parts in twice.items())
        yield f"has columns of one name: {listed}; give the parts another prefix each"


def _check_join(join: ttypes.Join) -> Iterator[str]:
    for part in join.joinParts or []:
        yield from _check_keys(join, part)
    yield from _check_collisions(join)
    if join.derivations:
        left = {} if meta_data(join).online else left_columns(join)
        yield from _check_derivations([*internal_columns(join), *external_columns(join), *left], join.derivations)


def broken_rules(definition: Definition) -> list[DefinitionValueError]:
    """An error for each rule that a definition breaks."""
    if isinstance(definition, ttypes.GroupBy):
        problems = _check_group_by(definition)
    elif isinstance(definition, ttypes.Join):
        problems = _check_join(definition)
    else:
        return []
    kind, name = type(definition).__name__, meta_data(definition).name
    return [DefinitionValueError(f"{kind} {name} {problem}") for problem in problems]
