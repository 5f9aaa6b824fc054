"""Prints the generated types of the zipline dialect of whichever package is installed, as JSON."""

import importlib
import json
from typing import Any

PROGRAMS = ("common", "observability", "api", "planner", "fetcher", "hub", "eval")


def describe(kind: Any) -> Any:
    """Fields by id with name, type and default of a struct; members of an enumeration."""
    if hasattr(kind, "_VALUES_TO_NAMES"):
        return kind._VALUES_TO_NAMES
    return [(entry[0], entry[2], entry[1], str(entry[3]), entry[4]) for entry in kind.thrift_spec or () if entry]


def main() -> None:
    """Prints the description."""
    described = {}
    for program in PROGRAMS:
        module = importlib.import_module(f"gen_thrift.{program}.ttypes")
        kinds = {
            name: kind for name, kind in vars(module).items() if getattr(kind, "__module__", "") == module.__name__
        }
        constants = vars(importlib.import_module(f"gen_thrift.{program}.constants"))
        texts = {name: value for name, value in constants.items() if name.isupper() and isinstance(value, str)}
        described[program] = {"types": {name: describe(kind) for name, kind in kinds.items()}, "constants": texts}
    print(json.dumps(described))


if __name__ == "__main__":
    main()
