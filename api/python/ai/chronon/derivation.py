"""Derivations: output columns that are computed from the features of a GroupBy or Join."""

from ai.chronon.api import ttypes

WILDCARD = "*"


def Derivation(name: str, expression: str, description: str | None = None) -> ttypes.Derivation:
    """One output column, by name, from an SQL expression over the columns before it.

    Args:
        name: Name of the column; `*` together with the expression `*` keeps every other column.
        expression: SQL over features, keys and, in a join, columns of the left; a bare column name renames it.
        description: For people.

    >>> Derivation("ctr", "clicks_sum / views_sum").expression
    'clicks_sum / views_sum'

    """
    return ttypes.Derivation(name, expression, ttypes.MetaData(description=description) if description else None)


def build_derived_columns(pre_derived_columns: list[str], derivations: list[ttypes.Derivation] | None) -> list[str]:
    """The columns after derivations, in their order; the wildcard stands for the columns that none of them renames.

    >>> build_derived_columns(["v_sum", "k"], [Derivation("*", "*"), Derivation("r", "v_sum")])
    ['k', 'r']
    """
    if not derivations:
        return pre_derived_columns
    used = {derivation.expression for derivation in derivations}
    derived: list[str] = []
    for derivation in derivations:
        if derivation.name == WILDCARD:
            derived += [column for column in pre_derived_columns if column not in used]
        else:
            derived.append(str(derivation.name))
    return derived
