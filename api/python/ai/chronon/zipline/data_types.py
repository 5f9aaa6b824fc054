"""Types of the fields of external sources and models."""

from ai.chronon.errors import DefinitionError
from gen_thrift.api import ttypes

FieldsType = list[tuple[str, ttypes.TDataType]]


def _fields(*named: tuple[str, ttypes.TDataType]) -> list[ttypes.DataField]:
    return [ttypes.DataField(name, data_type) for name, data_type in named]


class DataType:
    """Plain types as members, nested ones as functions: `DataType.LONG`, `DataType.LIST(DataType.LONG)`."""

    BOOLEAN = ttypes.TDataType(ttypes.DataKind.BOOLEAN)
    SHORT = ttypes.TDataType(ttypes.DataKind.SHORT)
    INT = ttypes.TDataType(ttypes.DataKind.INT)
    LONG = ttypes.TDataType(ttypes.DataKind.LONG)
    FLOAT = ttypes.TDataType(ttypes.DataKind.FLOAT)
    DOUBLE = ttypes.TDataType(ttypes.DataKind.DOUBLE)
    STRING = ttypes.TDataType(ttypes.DataKind.STRING)
    BINARY = ttypes.TDataType(ttypes.DataKind.BINARY)

    @staticmethod
    def MAP(key_type: ttypes.TDataType, value_type: ttypes.TDataType) -> ttypes.TDataType:
        """A map; its keys must be strings, else DefinitionError."""
        if key_type != DataType.STRING:
            raise DefinitionError(f"DataType.MAP: keys of type {key_type} do not work; they must be DataType.STRING")
        return ttypes.TDataType(ttypes.DataKind.MAP, _fields(("key", key_type), ("value", value_type)))

    @staticmethod
    def LIST(elem_type: ttypes.TDataType) -> ttypes.TDataType:
        """A list."""
        return ttypes.TDataType(ttypes.DataKind.LIST, _fields(("elem", elem_type)))

    @staticmethod
    def STRUCT(name: str, *fields: tuple[str, ttypes.TDataType]) -> ttypes.TDataType:
        """A struct of named fields, in order."""
        return ttypes.TDataType(ttypes.DataKind.STRUCT, _fields(*fields), name)
