"""The steps from the columns of sources to those of outputs: selects, aggregations, derivations, joins.

Columns are in lower case. What they come from is always told by the columns of tables, however many steps
lie between.
"""

from collections.abc import Iterable

from ai.chronon.api import ttypes
from ai.chronon.lineage.lineage_metadata import Origin, Origins
from ai.chronon.lineage.sql import (
    FIELD_ACCESS,
    collapse,
    column_of,
    has_subquery,
    parse_expression,
    query_origins,
)
from ai.chronon.repo.index import aggregation_columns
from ai.chronon.repo.serializer import to_tree

AGGREGATION_PREFIX = "AGG_"
WILDCARD = "*"


def select_origins(table: str, selects: dict[str, str]) -> Origins:
    """The columns of a source by those of its table.

    An expression may name a column that the select makes before it. Without the columns of the table nobody can
    tell which of the two is meant; this is what the reference takes.
    """
    origins: Origins = {}
    for name, expression in selects.items():
        origins[name.lower()] = _expression_origins(expression, table, origins)
    return origins


def _expression_origins(expression: str, table: str, before: Origins) -> set[Origin]:
    if has_subquery(expression):
        return query_origins(f"SELECT {expression} AS output FROM {table}").get("output", set())
    parsed = parse_expression(expression)
    origins: set[Origin] = set()
    for path in parsed.columns:
        column, enters_field = column_of(path, table)
        transform = parsed.transform or (FIELD_ACCESS if enters_field else None)
        steps = (transform,) if transform else ()
        if len(path) == 1 and column in before:
            # The whole is one expression, which does what it does at its outermost.
            origins.update((origin, steps or inner) for origin, inner in before[column])
        else:
            origins.add(((table.lower(), column), steps))
    return origins


def aggregation_origins(group_by: ttypes.GroupBy, source: Origins) -> Origins:
    """The keys and features of a GroupBy, before derivations, by the columns of the table of one source."""
    origins = {key.lower(): set(source.get(key.lower(), set())) for key in group_by.keyColumns or []}
    if group_by.aggregations is None:
        return {**origins, **{column: set(inputs) for column, inputs in source.items()}}
    for aggregation in group_by.aggregations:
        name = AGGREGATION_PREFIX + ttypes.Operation._VALUES_TO_NAMES.get(aggregation.operation or 0, "UNKNOWN")
        inputs = source.get(str(aggregation.inputColumn).lower(), set())
        for column in aggregation_columns(to_tree(aggregation)):
            origins[column.lower()] = {(origin, collapse([*steps, name])) for origin, steps in inputs}
    return origins


def derived_names(columns: Iterable[str], derivations: list[ttypes.Derivation]) -> list[str]:
    """The columns after derivations: the wildcard keeps those that are neither renamed nor replaced."""
    renamed = {derivation.expression for derivation in derivations}
    replaced = {derivation.name for derivation in derivations}
    result: list[str] = []
    for derivation in derivations:
        if derivation.name == WILDCARD:
            result += [column for column in columns if column not in renamed and column not in replaced]
        else:
            result.append(str(derivation.name))
    return list(dict.fromkeys(result))


def derivation_origins(before: Origins, derivations: list[ttypes.Derivation], kept: Iterable[str] = ()) -> Origins:
    """Derived columns by what the columns before the derivations come from.

    Args:
        before: The columns that derivations can name.
        derivations: In the order of the definition.
        kept: Columns that stay whether there is a wildcard or not.

    """
    expressions = {str(each.name).lower(): str(each.expression) for each in derivations if each.name != WILDCARD}
    lowered = [
        ttypes.Derivation(name=str(each.name).lower(), expression=str(each.expression).lower()) for each in derivations
    ]
    origins: Origins = {}
    for column in dict.fromkeys([*derived_names(before, lowered), *kept]):
        if column not in expressions:
            origins[column] = set(before.get(column, set()))
            continue
        parsed = parse_expression(expressions[column])
        step = (parsed.transform,) if parsed.transform else ()
        origins[column] = {
            (origin, collapse([*first, *step]))
            for path in parsed.columns
            for origin, first in before.get(path[0], set())
        }
    return origins


def union(parts: Iterable[Origins]) -> Origins:
    """The columns of several sources that are read one after the other."""
    result: Origins = {}
    for part in parts:
        for column, inputs in part.items():
            result.setdefault(column, set()).update(inputs)
    return result
