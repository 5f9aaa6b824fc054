"""Thrift objects as simple JSON, the form of compiled files, and back.

Keys are field names in the order of their ids, absent fields are left out, empty lists and maps are
kept, enumerations are numbers and booleans are 0 and 1. The JVM reads a file, writes it again and
demands an equal tree, so this form is a contract.
"""

import copy
import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from thrift.Thrift import TType

from ai.chronon.errors import CompiledFileError, DefinitionError, DefinitionValueError

Struct = TypeVar("Struct")
# Fields of meta data that only the other dialect has.
ZIPLINE_META_DATA = frozenset({"executionInfo", "sourceFile", "columnHashes", "columnTags", "version"})
INTEGER_TYPES = frozenset({TType.BYTE, TType.I16, TType.I32, TType.I64})


class _Field(NamedTuple):
    type_id: int
    name: str
    arguments: Any


def _fields(struct: type) -> Iterator[_Field]:
    for entry in struct.thrift_spec:  # type: ignore[attr-defined]
        if entry is not None:
            yield _Field(entry[1], entry[2], entry[3])


def _refusal(path: str, value: object, wanted: str) -> DefinitionValueError:
    return DefinitionValueError(f"{path} is {value!r}, a {type(value).__name__}; it must be {wanted}")


def _encode_scalar(type_id: int, value: object, path: str) -> object:
    if type_id == TType.STRING:
        if not isinstance(value, str):
            raise _refusal(path, value, "text")
        return value
    if type_id == TType.BOOL:
        return 1 if value else 0
    if not isinstance(value, (int, float)):
        raise _refusal(path, value, "a number")
    if type_id == TType.DOUBLE:
        if not math.isfinite(value):
            raise _refusal(path, value, "a finite number")
        return float(value)
    if not float(value).is_integer():
        raise _refusal(path, value, "a whole number")
    return int(value)


def _encode(type_id: int, arguments: Any, value: Any, path: str) -> object:
    if type_id == TType.STRUCT:
        if not isinstance(value, arguments[0]):
            raise _refusal(path, value, f"a {arguments[0].__name__}")
        return to_tree(value, path)
    if type_id == TType.LIST:
        if not isinstance(value, (list, tuple)):
            raise _refusal(path, value, "a list")
        return [_encode(arguments[0], arguments[1], item, f"{path}[{i}]") for i, item in enumerate(value)]
    if type_id == TType.MAP:
        if not isinstance(value, dict):
            raise _refusal(path, value, "a dictionary")
        return {
            _encode(arguments[0], arguments[1], key, f"a key of {path}"): _encode(
                arguments[2], arguments[3], item, f"{path}[{key!r}]"
            )
            for key, item in value.items()
        }
    return _encode_scalar(type_id, value, path)


def to_tree(struct: object, path: str = "") -> dict[str, object]:
    """The simple JSON of a struct as dictionaries and lists.

    Raises:
        DefinitionValueError: A field holds a value of the wrong kind.

    """
    path = path or type(struct).__name__
    return {
        field.name: _encode(field.type_id, field.arguments, value, f"{path}.{field.name}")
        for field in _fields(type(struct))
        if (value := getattr(struct, field.name)) is not None
    }


def thrift_simple_json(obj: object) -> str:
    """The text of a compiled file: indented by two, ASCII only, without a newline at the end."""
    return json.dumps(to_tree(obj), indent=2)


def _decode(  # noqa: PLR0911 - one return for each kind of value
    type_id: int, arguments: Any, value: Any, path: str
) -> object:
    if type_id == TType.STRUCT:
        return from_tree(value, arguments[0], path)
    if type_id == TType.LIST and isinstance(value, list):
        return [_decode(arguments[0], arguments[1], item, f"{path}[{i}]") for i, item in enumerate(value)]
    if type_id == TType.MAP and isinstance(value, dict):
        return {key: _decode(arguments[2], arguments[3], item, f"{path}[{key!r}]") for key, item in value.items()}
    if type_id == TType.STRING and isinstance(value, str):
        return value
    if type_id == TType.BOOL and value in (0, 1):
        return bool(value)
    if type_id == TType.DOUBLE and isinstance(value, (int, float)):
        return float(value)
    if type_id in INTEGER_TYPES and isinstance(value, int):
        return value
    raise CompiledFileError(f"{path} holds {value!r}, which is not of the type of that field")


def from_tree(tree: object, struct: type[Struct], path: str = "") -> Struct:
    """A struct from its simple JSON; keys that it does not know are passed over, null is absent.

    Raises:
        CompiledFileError: A value is not of the type of its field.

    """
    path = path or struct.__name__
    if not isinstance(tree, dict):
        raise CompiledFileError(f"{path} holds {tree!r}, where an object is needed")
    values = {
        field.name: _decode(field.type_id, field.arguments, tree[field.name], f"{path}.{field.name}")
        for field in _fields(struct)
        if tree.get(field.name) is not None
    }
    return struct(**values)


def json2thrift(json_str: str, thrift_class: type[Struct]) -> Struct:
    """A struct from the text of its simple JSON."""
    return from_tree(json.loads(json_str), thrift_class)


def file2thrift(path: str, thrift_class: type[Struct]) -> Struct:
    """A struct from a compiled file.

    Raises:
        CompiledFileError: The file is not JSON, or not of this struct; the message names the file.

    """
    try:
        with open(path, encoding="utf-8") as file:
            tree = json.load(file)
        _refuse_other_dialect(tree)
        return from_tree(tree, thrift_class)
    except ValueError as error:
        raise CompiledFileError(f"cannot read the compiled file {path}: {error}; compile it again") from error


def _refuse_other_dialect(tree: Any) -> None:
    data = tree.get("metaData") if isinstance(tree, dict) else None
    foreign = sorted(ZIPLINE_META_DATA.intersection(data)) if isinstance(data, dict) else []
    if foreign:
        raise CompiledFileError(f"it is of the zipline dialect (metaData has {', '.join(foreign)}), not of this one")


def thrift_json(obj: Any) -> str:
    """A struct in the JSON of the Thrift protocol, with ids of fields in place of names."""
    from thrift import TSerialization  # noqa: PLC0415 - few need it
    from thrift.protocol.TJSONProtocol import TJSONProtocolFactory  # noqa: PLC0415

    text: bytes = TSerialization.serialize(obj, protocol_factory=TJSONProtocolFactory())
    return text.decode("utf-8")


def thrift_simple_json_protected(obj: Any, obj_type: type) -> str:
    """The text of a compiled file, after making sure that it reads back as the same.

    Raises:
        DefinitionError: It does not.

    """
    text = thrift_simple_json(obj)
    if to_tree(json2thrift(text, obj_type)) != json.loads(text):
        raise DefinitionError(f"a {obj_type.__name__} does not read back from its JSON as it was written")
    return text


def copy_struct(struct: Any) -> Any:
    """A deep copy of a Thrift object, what was attached to it included; much faster than `copy.deepcopy`."""
    if isinstance(struct, list):
        return [copy_struct(item) for item in struct]
    if isinstance(struct, dict):
        return {key: copy_struct(item) for key, item in struct.items()}
    if hasattr(struct, "thrift_spec"):
        made = object.__new__(type(struct))
        made.__dict__.update({name: copy_struct(value) for name, value in vars(struct).items()})
        return made
    return struct if isinstance(struct, (str, int, float, bool, type(None))) else copy.deepcopy(struct)
