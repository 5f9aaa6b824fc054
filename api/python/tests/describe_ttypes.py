"""Prints the specification of every generated type as JSON; run by two interpreters, for ours and the reference's."""

import inspect
import json
from typing import Any

from ai.chronon.api import ttypes


def plain(value: Any) -> Any:
    """A specification without references: a struct inside of another stands by its name."""
    if isinstance(value, list) and value and inspect.isclass(value[0]):
        return value[0].__name__
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def describe() -> dict[str, Any]:
    """Enumerations by their values, structs by their fields."""
    classes = [
        value for value in vars(ttypes).values() if inspect.isclass(value) and value.__module__ == ttypes.__name__
    ]
    return {
        item.__name__: item._VALUES_TO_NAMES if hasattr(item, "_VALUES_TO_NAMES") else plain(item.thrift_spec)
        for item in classes
    }


if __name__ == "__main__":
    print(json.dumps(describe(), sort_keys=True))
