"""Names of definitions and of their tables: they follow from the module and the variable that hold them.

A name is `<team>.<file>.<variable>`, and `__<version>` after it where there is a version.
"""

import re
import sys
from types import FrameType, ModuleType
from typing import Any

from ai.chronon.errors import DefinitionValueError
from gen_thrift.api import ttypes

Definition = ttypes.GroupBy | ttypes.Join | ttypes.StagingQuery | ttypes.ModelTransforms | ttypes.Model

# Folder of the repository to the kind of definitions that it is made for.
FOLDERS: dict[str, type[Definition]] = {
    "group_bys": ttypes.GroupBy,
    "joins": ttypes.Join,
    "staging_queries": ttypes.StagingQuery,
    "models": ttypes.Model,
    "model_transforms": ttypes.ModelTransforms,
}
# Stands for the database of the team until the compiler knows it.
OUTPUT_NAMESPACE_PLACEHOLDER = "_chronon_namespace_placeholder_"
# Parts of a module's name: folder and team.
MODULE_DEPTH = 2


def sanitize(name: str | None) -> str | None:
    """A name fit for a table: every character but letters, digits and underscores becomes an underscore."""
    return None if name is None else re.sub(r"[^a-zA-Z0-9_]", "_", name)


def caller_team(frame: FrameType) -> str | None:
    """The folder of the file that the frame runs: the team, until the compiler knows better."""
    folders = frame.f_code.co_filename.split("/")
    return folders[-2] if len(folders) > 1 else None


def kind_name(kind: type[Definition]) -> str:
    """How messages call a kind of definitions."""
    return kind.__name__


def folder_of(definition: Definition) -> str:
    """The folder that definitions of this kind are kept in once compiled."""
    return next(folder for folder, kind in FOLDERS.items() if isinstance(definition, kind))


def meta_data(definition: Definition) -> ttypes.MetaData:
    """The meta data of a definition, made when there is none."""
    if definition.metaData is None:
        definition.metaData = ttypes.MetaData()
    return definition.metaData


def versioned(name: str, version: str | None) -> str:
    """A name with its version.

    >>> versioned("team.file.v1", "3"), versioned("team.file.v1", None)
    ('team.file.v1__3', 'team.file.v1')
    """
    return name if version is None else f"{name}__{version}"


def without_version(name: str) -> str:
    """A name as it is without its version.

    >>> without_version("team.file.v1__3"), without_version("team.file.my__var")
    ('team.file.v1', 'team.file.my__var')
    """
    return re.sub(r"__\d+$", "", name)


def name_definitions(module: ModuleType, kind: type[Definition]) -> None:
    """Names every definition of one kind that a variable of the module holds; the last variable wins."""
    folder, _, rest = module.__name__.partition(".")
    for variable, value in list(vars(module).items()):
        if folder in FOLDERS and isinstance(value, kind):
            data = meta_data(value)
            data.name = versioned(f"{rest}.{variable}", data.version)
            data.team = rest.split(".")[0]


def _defining_module(definition: Definition) -> ModuleType | None:
    folder = folder_of(definition)
    for name, module in list(sys.modules.items()):
        parts = name.split(".")
        if len(parts) >= MODULE_DEPTH and parts[0] == folder and any(v is definition for v in vars(module).values()):
            return module
    return None


def ensure_name(definition: Definition) -> None:
    """Names a definition after the variable that holds it, unless it has a name.

    Raises:
        DefinitionValueError: It has no name, and no variable of a module in its folder holds it.

    """
    if meta_data(definition).name:
        return
    module = _defining_module(definition)
    if module is None:
        kind = kind_name(type(definition))
        raise DefinitionValueError(
            f"this {kind} has no name, as no variable of a module in {folder_of(definition)}/ holds it; "
            f"assign it to a variable there, and import that"
        )
    name_definitions(module, type(definition))


def output_table_name(obj: Definition, full_name: bool) -> str:
    """The table of a definition, with its database when `full_name` is set."""
    data = meta_data(obj)
    table = f"{sanitize(data.name)}"
    return f"{data.outputNamespace or OUTPUT_NAMESPACE_PLACEHOLDER}.{table}" if full_name else table


def _table(definition: Any) -> str:
    """The table that the definition is written to; the database of the team is filled in when it is compiled."""
    ensure_name(definition)
    return output_table_name(definition, full_name=True)


def add_table_properties() -> None:
    """Gives definitions that write a table the property `table`."""
    kinds: tuple[Any, ...] = (ttypes.GroupBy, ttypes.Join, ttypes.StagingQuery, ttypes.ModelTransforms)
    for kind in kinds:
        kind.table = property(_table)
