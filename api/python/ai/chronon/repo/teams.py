"""Settings of teams: `teams.json` at the root of a feature repository."""

import json
import os
from functools import lru_cache
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.errors import TeamsError, TeamSettingError
from ai.chronon.naming import Definition, meta_data
from ai.chronon.repo.layout import TEAMS_FILE

DEFAULT_TEAM = "default"


class Teams:
    """The teams of one repository; the team `default` stands in for what another one does not set."""

    def __init__(self, path: str, teams: dict[str, dict[str, Any]]) -> None:
        """Takes the parsed content of the file at `path`."""
        self._path = path
        self._teams = teams

    @classmethod
    def load(cls, root: str, name: str = TEAMS_FILE) -> "Teams":
        """Reads the file of a name at the root of a repository.

        Raises:
            TeamsError: The file is missing or is not a JSON object.

        """
        path = os.path.join(root, name)
        try:
            with open(path, encoding="utf-8") as file:
                teams = json.load(file)
        except FileNotFoundError:
            raise TeamsError(f"{path} is missing; run from the root of the repository, or name that root") from None
        except ValueError as error:
            raise TeamsError(f"{path} is not JSON: {error}") from error
        if not isinstance(teams, dict):
            raise TeamsError(f"{path} holds {type(teams).__name__}, where an object of teams is needed")
        for team, entry in teams.items():
            if not isinstance(entry, dict):
                raise TeamsError(f"{path}: team {team!r} is {entry!r}; it must be an object of settings")
        return cls(path, teams)

    @property
    def entries(self) -> dict[str, dict[str, Any]]:
        """The settings of every team by its name."""
        return self._teams

    def setting(self, team: str, key: str) -> Any:
        """A setting of a team, or of the default team.

        Raises:
            TeamsError: The team is not in the file.
            TeamSettingError: Neither has the setting.

        """
        if team not in self._teams:
            raise TeamsError(f"team {team!r} is not in {self._path}; add it, or move the definition to a team's folder")
        for candidate in (self._teams[team], self._teams.get(DEFAULT_TEAM, {})):
            if key in candidate:
                return candidate[key]
        raise TeamSettingError(f"{self._path}: neither team {team!r} nor {DEFAULT_TEAM!r} sets {key!r}")

    def __contains__(self, team: object) -> bool:
        """Whether the file has an entry for a team."""
        return team in self._teams

    def namespace(self, team: str) -> str:
        """The database of a team."""
        return str(self.setting(team, "namespace"))

    def merge_into(self, definition: Definition) -> None:
        """Fills in what a definition takes from its team, which is the first part of its name."""
        data = meta_data(definition)
        team = str(data.name).split(".")[0]
        data.team = team
        self._fill_in(data, team)
        if isinstance(definition, ttypes.GroupBy):
            self._merge_into_parents(definition, team)

    def _fill_in(self, data: ttypes.MetaData, team: str) -> None:
        data.outputNamespace = data.outputNamespace or self.namespace(team)
        data.tableProperties = data.tableProperties or self.setting(team, "table_properties")

    def _merge_into_parents(self, group_by: ttypes.GroupBy, team: str) -> None:
        """The joins that a GroupBy is chained to, all of them for the team of the GroupBy."""
        for source in group_by.sources or []:
            parent = source.joinSource.join if source.joinSource is not None else None
            if parent is not None:
                meta_data(parent).team = team
                self._fill_in(meta_data(parent), team)


def teams_of(root: str) -> Teams:
    """The teams of the repository at a root; the file is parsed once for as long as it does not change."""
    path = os.path.join(root, TEAMS_FILE)
    try:
        stamp = os.stat(path)
    except OSError:
        return Teams.load(root)
    return _teams_as_of(root, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=8)
def _teams_as_of(root: str, _changed: int, _size: int) -> Teams:
    return Teams.load(root)


def read_conf_json(json_path: str) -> dict[str, Any]:
    """The entries of a teams file by team."""
    return Teams.load(os.path.dirname(json_path), os.path.basename(json_path)).entries


def get_team_conf(json_path: str, team: str, key: str) -> Any:
    """A setting of a team in a teams file, or that of the default team; raises as `Teams.setting` does."""
    return Teams.load(os.path.dirname(json_path), os.path.basename(json_path)).setting(team, key)


def team_exists(json_path: str, team: str) -> bool:
    """Whether a teams file has an entry for a team."""
    return team in Teams.load(os.path.dirname(json_path), os.path.basename(json_path))
