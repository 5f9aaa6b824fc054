"""Prints the public functions of the authoring modules as JSON; run by two interpreters, ours and the reference's."""

import importlib
import inspect
import json
from typing import Any

MODULES = [
    "query",
    "group_by",
    "join",
    "staging_query",
    "model",
    "external_api",
    "utils",
    "repo.teams",
    "repo.serializer",
    "repo.validator",
    "repo.external_join_part",
    "repo.extract_objects",
    "repo.dependency_tracker",
    "logger",
    "repo",
]


def parameters(function: Any) -> list[list[str]]:
    """Names, kinds and defaults."""
    return [
        [name, parameter.kind.name, "" if parameter.default is parameter.empty else repr(parameter.default)]
        for name, parameter in inspect.signature(function).parameters.items()
    ]


def describe(name: str) -> dict[str, Any]:
    """The public names of a module: functions by their parameters, other things by their kind."""
    found: dict[str, Any] = {}
    for key, value in vars(importlib.import_module(f"ai.chronon.{name}")).items():
        if not key.startswith("_") and not inspect.ismodule(value):
            found[key] = parameters(value) if inspect.isfunction(value) else type(value).__name__
    return found


def defined(name: str) -> list[str]:
    """The names that a module defines itself, so that who imports them means this module."""
    module = importlib.import_module(f"ai.chronon.{name}")
    return [key for key, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]


if __name__ == "__main__":
    print(json.dumps({name: {"names": describe(name), "defined": defined(name)} for name in MODULES}))
