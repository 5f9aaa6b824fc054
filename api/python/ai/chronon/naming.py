"""Names of definitions: they follow from the module and the variable that hold them."""

import re
import sys
from types import FrameType, ModuleType
from typing import TypeVar

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError, DefinitionValueError

Definition = ttypes.GroupBy | ttypes.Join | ttypes.StagingQuery
AnyDefinition = TypeVar("AnyDefinition", bound=Definition)


def sanitize(name: str | None) -> str | None:
    """A name fit for a table: every character but letters, digits and underscores becomes an underscore.

    >>> sanitize("team.file.v1")
    'team_file_v1'
    """
    return None if name is None else re.sub(r"[^a-zA-Z0-9_]", "_", name)


def caller_team(frame: FrameType) -> str | None:
    """The folder of the file that the frame runs: the team, until the compiler knows better."""
    folders = frame.f_code.co_filename.split("/")
    return folders[-2] if len(folders) > 1 else None


def definition_name(module: str, variable: str) -> str:
    """The name of what `variable` of `module` holds.

    >>> definition_name("group_bys.team.folder.file", "v1")
    'team.folder.file.v1'
    """
    return f"{module.partition('.')[2]}.{variable}"


def meta_data(definition: Definition) -> ttypes.MetaData:
    """The meta data of a definition, made when there is none."""
    if definition.metaData is None:
        definition.metaData = ttypes.MetaData()
    return definition.metaData


def name_definitions(module: ModuleType, kind: type[AnyDefinition]) -> None:
    """Names every definition of one kind that a variable of the module holds; the last variable wins."""
    for variable, value in list(vars(module).items()):
        if isinstance(value, kind):
            meta_data(value).name = definition_name(module.__name__, variable)
            meta_data(value).team = module.__name__.split(".")[1]


def defining_module(definition: Definition, folder: str) -> ModuleType | None:
    """The module below `folder` that holds the definition in a variable, the first that was finished or begun."""
    for name, module in list(sys.modules.items()):
        parts = name.split(".")
        if len(parts) > 1 and parts[0] == folder and any(value is definition for value in vars(module).values()):
            return module
    return None


def ensure_group_by_name(group_by: ttypes.GroupBy) -> None:
    """Names a GroupBy after its module; one without a module must have been given a name."""
    module = defining_module(group_by, "group_bys")
    if module is not None:
        name_definitions(module, ttypes.GroupBy)
    elif not meta_data(group_by).name:
        raise DefinitionValueError(
            f"the GroupBy with keys {group_by.keyColumns} is no variable of a module in group_bys/, so it has no name; "
            "move it there, or name it: GroupBy(..., name='team.name')"
        )


def ensure_name(definition: AnyDefinition, folder: str) -> AnyDefinition:
    """Names a join or staging query after its module, and returns it; one without a module keeps its name.

    Raises:
        DefinitionError: It has neither a module nor a name.

    """
    kind = type(definition)
    module = defining_module(definition, folder)
    if module is not None:
        name_definitions(module, kind)
    elif not meta_data(definition).name:
        raise DefinitionError(
            f"a {kind.__name__} is no variable of a module in {folder}/, so its table has no name; "
            f"make it a variable of a module there, and import it from that module"
        )
    return definition
