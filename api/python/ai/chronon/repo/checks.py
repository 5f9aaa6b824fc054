"""What can be told from a definition alone: that a job would refuse it, or that it means less than it says.

These checks go beyond the reference's, which leaves them to the engine: duplicate columns, columns of derivations
and buckets that are not there, keys that the left does not select, operations on types that they do not take, and
SQL that does not parse. As repositories may hold such definitions, which nobody runs, they are errors only with
`--strict`; warnings never are.
"""

from collections import Counter
from collections.abc import Iterator

from ai.chronon.api import ttypes
from ai.chronon.columns import (
    get_pre_derived_external_features,
    get_pre_derived_group_by_features,
    part_columns,
)
from ai.chronon.derivation import WILDCARD
from ai.chronon.distance import edit_distance
from ai.chronon.errors import ChrononError
from ai.chronon.group_by_rules import describe_group_by
from ai.chronon.naming import meta_data
from ai.chronon.repo.compiled import Compilable
from ai.chronon.repo.sql import cast_type, columns_of, sql_problem
from ai.chronon.repo.validator import ALWAYS_THERE, is_identifier

# How many names a message suggests.
NEAREST = 5
HOURS_OF_A_DAY = 24
# From this length on, the tail of a window moves by days.
HOURS_OF_DAILY_HOPS = 12 * HOURS_OF_A_DAY
NUMBERS = frozenset({"TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL"})
# Operations of a kind of input; what is not listed takes anything.
NUMERIC = frozenset(
    {
        ttypes.Operation.AVERAGE,
        ttypes.Operation.VARIANCE,
        ttypes.Operation.SKEW,
        ttypes.Operation.KURTOSIS,
        ttypes.Operation.APPROX_PERCENTILE,
    }
)


def check_by_itself(definition: Compilable) -> tuple[list[str], list[str]]:
    """What a job would refuse in a definition, and what it means less than it says, in words."""
    if isinstance(definition, ttypes.GroupBy):
        return list(_group_by_errors(definition)), list(_hop_warnings(definition))
    if isinstance(definition, ttypes.Join):
        return list(_join_errors(definition)), []
    problem = sql_problem(definition.query, statement=True)
    return [f"query of StagingQuery {meta_data(definition).name}: {problem}"] if problem else [], []


def _repeated(columns: list[str]) -> list[str]:
    return [column for column, count in Counter(columns).items() if count > 1]


def _group_by_errors(group_by: ttypes.GroupBy) -> Iterator[str]:
    owner = describe_group_by(group_by)
    try:
        features = get_pre_derived_group_by_features(group_by)
    except ChrononError as error:
        yield f"{owner}: {error}"
        return
    for column in _repeated(features):
        yield f"{owner}: two aggregations give the column {column!r}; drop one"
    for source in group_by.sources or []:
        yield from _source_errors(source, owner)
        yield from _type_errors(group_by, source)
        yield from _bucket_errors(group_by, source)
    yield from _derivation_errors(group_by.derivations, features + list(group_by.keyColumns or []), owner)


def _join_errors(join: ttypes.Join) -> Iterator[str]:
    owner = f"Join {meta_data(join).name}"
    try:
        columns = [column for part in join.joinParts or [] for column in dict.fromkeys(part_columns(part))]
    except ChrononError as error:
        yield f"{owner}: {error}"
        return
    for column in _repeated(columns):
        yield f"{owner}: two parts give the column {column!r}; give one of them a prefix"
    if join.left is not None:
        yield from _source_errors(join.left, f"{owner}, left")
        yield from _key_errors(join, join.left, owner)
    left_columns = list(_selects(join.left)) if join.left is not None else []
    known = columns + get_pre_derived_external_features(join) + left_columns if left_columns else None
    yield from _derivation_errors(join.derivations, known, owner)


def _key_errors(join: ttypes.Join, left: ttypes.Source, owner: str) -> Iterator[str]:
    selected = list(_selects(left))
    if not selected:
        return  # every column of the table
    for part in join.joinParts or []:
        left_of = {right: column for column, right in (part.keyMapping or {}).items()}
        for key in (part.groupBy.keyColumns if part.groupBy is not None else None) or []:
            column = left_of.get(key, key)
            if column not in selected:
                yield (
                    f"{owner}: the left does not select {column!r}, the key {key!r} of "
                    f"{describe_group_by(part.groupBy or ttypes.GroupBy())}; select it, or map another column to it "
                    f"with key_mapping; selected are {selected}"
                )


def _source_errors(source: ttypes.Source, owner: str) -> Iterator[str]:
    arm = source.events or source.entities or source.joinSource
    query = arm.query if arm is not None else None
    if query is None:
        return
    expressions = {f"the column {name!r}": text for name, text in (query.selects or {}).items()}
    expressions.update({f"wheres[{i}]": text for i, text in enumerate(query.wheres or [])})
    expressions["the time column"] = query.timeColumn or ""
    for place, text in expressions.items():
        if problem := sql_problem(text):
            yield f"{owner}: {place}: {problem}"


def _derivation_errors(
    derivations: list[ttypes.Derivation] | None, columns: list[str] | None, owner: str
) -> Iterator[str]:
    """SQL that does not parse, and columns that are not there; `None` for columns that only the table knows."""
    for derivation in derivations or []:
        if derivation.expression == WILDCARD:
            continue
        if problem := sql_problem(derivation.expression):
            yield f"{owner}: derivation {derivation.name!r}: {problem}"
        elif columns is not None and not is_identifier(str(derivation.expression)):
            # Spark takes names in any case.
            known = ALWAYS_THERE.union(column.lower() for column in columns)
            for column in sorted(name for name in columns_of(derivation.expression) if name.lower() not in known):
                nearest = sorted(columns, key=lambda name: edit_distance(name, column))[:NEAREST]
                yield (
                    f"{owner}: derivation {derivation.name!r} reads {column!r}, which is no column before derivations; "
                    f"nearest are {nearest}"
                )


def _bucket_errors(group_by: ttypes.GroupBy, source: ttypes.Source) -> Iterator[str]:
    selected = _selects(source)
    if not selected:
        return  # every column of the table
    for aggregation in group_by.aggregations or []:
        for bucket in aggregation.buckets or []:
            if bucket not in selected:
                yield (
                    f"{describe_group_by(group_by)}: the bucket {bucket!r} of {aggregation.inputColumn!r} is not "
                    f"selected; select it; selected are {list(selected)}"
                )


def _selects(source: ttypes.Source) -> dict[str, str]:
    arm = source.events or source.entities or source.joinSource
    return (arm.query.selects if arm is not None and arm.query is not None else None) or {}


def _type_errors(group_by: ttypes.GroupBy, source: ttypes.Source) -> Iterator[str]:
    """Operations on columns whose type the select itself tells, as it is a cast."""
    selects = _selects(source)
    for aggregation in group_by.aggregations or []:
        kind = cast_type(selects.get(str(aggregation.inputColumn), ""))
        if kind is not None and not _accepts(aggregation.operation, kind):
            operation = ttypes.Operation._VALUES_TO_NAMES.get(aggregation.operation or 0, "the operation")
            yield (
                f"{describe_group_by(group_by)}: {operation} does not take {aggregation.inputColumn!r}, "
                f"which is cast to {kind}; cast it to another type in selects"
            )


def _accepts(operation: int | None, kind: str) -> bool:
    if kind in ("DATE", "TIMESTAMP"):
        return False
    if operation in NUMERIC:
        return kind in NUMBERS
    if operation == ttypes.Operation.SUM:
        return kind in NUMBERS or kind == "BOOLEAN"
    if operation == ttypes.Operation.HISTOGRAM:
        return kind == "STRING"
    return True


def _hop_warnings(group_by: ttypes.GroupBy) -> Iterator[str]:
    for aggregation in group_by.aggregations or []:
        for window in aggregation.windows or []:
            hours = window.length if isinstance(window.length, int) else 0
            if window.timeUnit == ttypes.TimeUnit.HOURS and hours >= HOURS_OF_DAILY_HOPS and hours % HOURS_OF_A_DAY:
                yield (
                    f"{describe_group_by(group_by)}: the window of {hours} hours over {aggregation.inputColumn!r} "
                    f"is no multiple of a day, but its tail moves by days, as windows of 12 days and more do; "
                    f"use {hours // HOURS_OF_A_DAY} or {hours // HOURS_OF_A_DAY + 1} days"
                )
