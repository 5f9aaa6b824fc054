"""Settings of teams: `teams.json` at the root of a feature repository."""

import json
import os
from typing import Any

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
    def load(cls, root: str) -> "Teams":
        """Reads the file at the root of a repository.

        Raises:
            TeamsError: The file is missing or is not a JSON object.

        """
        path = os.path.join(root, TEAMS_FILE)
        try:
            with open(path, encoding="utf-8") as file:
                teams = json.load(file)
        except FileNotFoundError:
            raise TeamsError(f"{path} is missing; run from the root of the repository or give --chronon_root") from None
        except ValueError as error:
            raise TeamsError(f"{path} is not JSON: {error}") from error
        if not isinstance(teams, dict):
            raise TeamsError(f"{path} holds {type(teams).__name__}, where an object of teams is needed")
        return cls(path, teams)

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

    def namespace(self, team: str) -> str:
        """The database of a team."""
        return str(self.setting(team, "namespace"))

    def merge_into(self, definition: Definition) -> None:
        """Fills in what a definition takes from its team, which is the first part of its name."""
        data = meta_data(definition)
        data.team = str(data.name).split(".")[0]
        data.outputNamespace = data.outputNamespace or self.namespace(data.team)
        data.tableProperties = data.tableProperties or self.setting(data.team, "table_properties")
