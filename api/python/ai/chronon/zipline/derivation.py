"""Columns that are computed from other output columns."""

from gen_thrift.api import ttypes


def Derivation(name: str, expression: str) -> ttypes.Derivation:
    """A column by SQL expression over output columns; `Derivation("*", "*")` keeps those that are there."""
    return ttypes.Derivation(name=name, expression=expression)
