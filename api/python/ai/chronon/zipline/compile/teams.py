"""`teams.py`: the teams of a repository, and the settings that its definitions take from them.

Settings are layered: the default team, the team, the definition. Each has values for all modes (`common`) and for
single modes; a layer's common values also go above those that earlier layers had for single modes, so that each mode
holds all that is in force for it.
"""

import os
import runpy
from collections.abc import Iterable
from typing import Any

from ai.chronon.dialect import TEAMS_PY
from ai.chronon.errors import ChrononError, DefinitionError, DefinitionValueError, TeamsError
from ai.chronon.zipline.naming import Definition, meta_data
from gen_thrift.api import ttypes
from gen_thrift.common import ttypes as common

DEFAULT_TEAM = "default"
# Fields of the execution info and of a team, the struct in them, and the field of the struct with values by mode.
LAYERED = (
    ("env", common.EnvironmentVariables, "modeEnvironments"),
    ("conf", common.ConfigProperties, "modeConfigs"),
    ("clusterConf", common.ClusterConfigProperties, "modeClusterConfigs"),
)


def _plain(values: dict[Any, Any]) -> dict[str, Any]:
    """The values with texts for keys, as modes may be members of an enumeration."""
    return {str(key): value for key, value in values.items()}


def merged(kind: type[Any], modes_field: str, layers: Iterable[Any]) -> Any:
    """One struct of several layers, the last one on top; None when there is none."""
    present = [layer for layer in layers if layer is not None]
    if not present:
        return None
    shared: dict[str, str] = {}
    by_mode: dict[str, dict[str, str]] = {}
    for layer in present:
        own = _plain(layer.common or {})
        own_modes = _plain(getattr(layer, modes_field) or {})
        for mode in {**by_mode, **own_modes}:
            by_mode[mode] = {**by_mode.get(mode, shared), **own, **own_modes.get(mode, {})}
        shared = {**shared, **own}
    untouched = len(present) == 1 and present[0].common is None
    return kind(common=None if untouched else shared, **{modes_field: by_mode or None})


class Teams:
    """The teams of one repository."""

    def __init__(self, path: str, teams: dict[str, ttypes.Team]) -> None:
        """Takes the teams that the file at `path` defines, by the names of their variables."""
        self.path = path
        self.teams = teams

    @classmethod
    def load(cls, root: str) -> "Teams":
        """Runs the file at the root of a repository.

        Raises:
            TeamsError: The file is missing or fails.

        """
        path = os.path.join(root, TEAMS_PY)
        if not os.path.isfile(path):
            raise TeamsError(f"{path} is missing; run from the root of the repository or give --chronon-root")
        try:
            variables = runpy.run_path(path)
        except ChrononError as error:
            raise TeamsError(f"{path}: {error}") from error
        except Exception as error:
            raise TeamsError(f"{path} fails with {type(error).__name__}: {error}") from error
        return cls(path, {name: value for name, value in variables.items() if isinstance(value, ttypes.Team)})

    def team(self, name: str | None) -> ttypes.Team:
        """A team by its name.

        Raises:
            DefinitionError: It, or the default team, is not in the file; an `AssertionError` too.

        """
        for needed in (DEFAULT_TEAM, name):
            if needed not in self.teams:
                raise DefinitionError(
                    f"Team '{needed}' is not in {self.path}; add {needed} = Team(outputNamespace=...), or move the "
                    f"file to the folder of another team; teams are {sorted(self.teams)}"
                )
        return self.teams[str(name)]

    def execution_info(self, team: ttypes.Team, own: common.ExecutionInfo) -> None:
        """Puts the settings of the teams below those that a definition has of its own."""
        default = self.teams[DEFAULT_TEAM]
        for field, kind, modes in LAYERED:
            layers = [getattr(default, field), getattr(team, field), getattr(own, field)]
            setattr(own, field, merged(kind, modes, layers))

    def fill_in(self, definition: Definition) -> None:
        """Completes the meta data of a definition that has a name.

        Raises:
            DefinitionError: Its team is not in the file.
            DefinitionValueError: Neither it nor its team says which database its tables belong to.

        """
        data = meta_data(definition)
        data.team = str(data.name).split(".")[0]
        team = self.team(data.team)
        data.outputNamespace = data.outputNamespace or team.outputNamespace
        if not data.outputNamespace:
            raise DefinitionValueError(
                f"{data.name} has no database for its tables; set output_namespace, or outputNamespace of the team "
                f"{data.team} in {self.path}"
            )
        if data.executionInfo is None:
            data.executionInfo = common.ExecutionInfo()
        self.execution_info(team, data.executionInfo)

    def meta_data_of(self, name: str) -> ttypes.MetaData:
        """The settings of a team as they are kept for jobs that belong to no definition."""
        info = common.ExecutionInfo()
        self.execution_info(self.team(name), info)
        return ttypes.MetaData(executionInfo=info)
