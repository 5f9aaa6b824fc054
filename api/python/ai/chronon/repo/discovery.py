"""Finds definitions: the variables of the modules below a folder of the repository."""

import importlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

from ai.chronon.api import ttypes
from ai.chronon.errors import MissingFileError
from ai.chronon.naming import definition_name, meta_data
from ai.chronon.repo.serializer import copy_struct

AnyDefinition = TypeVar("AnyDefinition", bound=ttypes.GroupBy | ttypes.Join | ttypes.StagingQuery)


def put_on_path(root: str) -> None:
    """Makes the folders of a repository importable, ahead of anything else."""
    if root not in sys.path:
        sys.path.insert(0, root)
        importlib.invalidate_caches()


def module_files(path: str) -> list[str]:
    """The Python files at a path: itself, or every one below it in the order of their names."""
    if os.path.isfile(path):
        if not path.endswith(".py"):
            raise MissingFileError(f"{path} is not a Python file; give a .py file or a folder of them")
        return [path]
    if not os.path.isdir(path):
        raise MissingFileError(f"{path} does not exist; give a file or folder relative to the root of the repository")
    files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if name.endswith(".py")]
    return sorted(files)


def import_file(root: str, path: str) -> ModuleType:
    """Imports a file of the repository under its dotted path from the root."""
    relative = os.path.relpath(path, root)
    return importlib.import_module(os.path.splitext(relative)[0].replace(os.sep, "."))


def _claimed(module: ModuleType, join: ttypes.Join, copied: ttypes.Join) -> None:
    """Gives the GroupBys of a join that are variables of its module to the team of the module, in the copy.

    This holds for imported ones too. The team inside of a compiled join depends on it.
    """
    variables = {id(value) for value in vars(module).values() if isinstance(value, ttypes.GroupBy)}
    for part, part_copy in zip(join.joinParts or [], copied.joinParts or [], strict=True):
        if part.groupBy is not None and part_copy.groupBy is not None and id(part.groupBy) in variables:
            meta_data(part_copy.groupBy).team = module.__name__.split(".")[1]


def definitions(module: ModuleType, kind: type[AnyDefinition]) -> Iterator[AnyDefinition]:
    """Copies of the definitions of one kind that a module holds, named after their variables, each once.

    Where two variables hold one definition, the last one names it. What the module holds stays as it is,
    so that what is compiled does not depend on what was compiled before.
    """
    named = {id(value): (variable, value) for variable, value in vars(module).items() if isinstance(value, kind)}
    for variable, value in named.values():
        copied = copy_struct(value)
        meta_data(copied).name = definition_name(module.__name__, variable)
        meta_data(copied).team = module.__name__.split(".")[1]
        if isinstance(value, ttypes.Join):
            _claimed(module, value, copied)
        yield copied
