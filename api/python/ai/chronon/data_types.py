"""Types of the columns that external sources and models take and return."""

from collections.abc import Sequence

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError

FieldsType = Sequence[tuple[str, ttypes.TDataType]]


def _kind(kind: int) -> ttypes.TDataType:
    return ttypes.TDataType(kind)


class DataType:
    """Types by name: constants for simple ones, functions for those that are made of others.

    >>> DataType.LIST(DataType.STRING).params[0].name
    'elem'
    """

    BOOLEAN = _kind(ttypes.DataKind.BOOLEAN)
    SHORT = _kind(ttypes.DataKind.SHORT)
    INT = _kind(ttypes.DataKind.INT)
    LONG = _kind(ttypes.DataKind.LONG)
    FLOAT = _kind(ttypes.DataKind.FLOAT)
    DOUBLE = _kind(ttypes.DataKind.DOUBLE)
    STRING = _kind(ttypes.DataKind.STRING)
    BINARY = _kind(ttypes.DataKind.BINARY)

    @staticmethod
    def MAP(key_type: ttypes.TDataType, value_type: ttypes.TDataType) -> ttypes.TDataType:
        """A map; its keys must be strings, else `DefinitionError`."""
        if key_type != DataType.STRING:
            raise DefinitionError(f"DataType.MAP: key_type is {key_type}; it must be DataType.STRING")
        return ttypes.TDataType(ttypes.DataKind.MAP, _fields([("key", key_type), ("value", value_type)]))

    @staticmethod
    def LIST(elem_type: ttypes.TDataType) -> ttypes.TDataType:
        """A list of values of one type."""
        return ttypes.TDataType(ttypes.DataKind.LIST, _fields([("elem", elem_type)]))

    @staticmethod
    def STRUCT(name: str, *fields: tuple[str, ttypes.TDataType]) -> ttypes.TDataType:
        """A named struct of (name, type) pairs."""
        return ttypes.TDataType(ttypes.DataKind.STRUCT, _fields(fields), name)


def _fields(fields: FieldsType) -> list[ttypes.DataField]:
    return [ttypes.DataField(name, data_type) for name, data_type in fields]
