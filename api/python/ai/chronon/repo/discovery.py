"""Finds definitions: the variables of the modules below a folder of the repository."""

import copy
import importlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

from ai.chronon.api import ttypes
from ai.chronon.errors import ChrononError
from ai.chronon.naming import meta_data, name_definitions

AnyDefinition = TypeVar("AnyDefinition", bound=ttypes.GroupBy | ttypes.Join)


def put_on_path(root: str) -> None:
    """Makes the folders of a repository importable, ahead of anything else."""
    if root not in sys.path:
        sys.path.insert(0, root)
        importlib.invalidate_caches()


def module_files(path: str) -> list[str]:
    """The Python files at a path: itself, or every one below it in the order of their names."""
    if os.path.isfile(path):
        if not path.endswith(".py"):
            raise ChrononError(f"{path} is not a Python file; give a .py file or a folder of them")
        return [path]
    if not os.path.isdir(path):
        raise ChrononError(f"{path} does not exist; give a file or folder relative to the root of the repository")
    files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if name.endswith(".py")]
    return sorted(files)


def import_file(root: str, path: str) -> ModuleType:
    """Imports a file of the repository under its dotted path from the root."""
    relative = os.path.relpath(path, root)
    return importlib.import_module(os.path.splitext(relative)[0].replace(os.sep, "."))


def _claim_parts(module: ModuleType, join: ttypes.Join) -> None:
    """Gives the GroupBys of a join that are variables of its module to the team of the module.

    This holds for imported ones too. The team inside of a compiled join depends on it.
    """
    variables = [value for value in vars(module).values() if isinstance(value, ttypes.GroupBy)]
    for part in join.joinParts or []:
        if part.groupBy is not None and any(part.groupBy is variable for variable in variables):
            meta_data(part.groupBy).team = module.__name__.split(".")[1]


def definitions(module: ModuleType, kind: type[AnyDefinition]) -> Iterator[AnyDefinition]:
    """Copies of the definitions of one kind that a module holds, named after their variables, each once."""
    name_definitions(module, kind)
    found = {id(value): value for value in vars(module).values() if isinstance(value, kind)}
    for value in found.values():
        if isinstance(value, ttypes.Join):
            _claim_parts(module, value)
        yield copy.deepcopy(value)
