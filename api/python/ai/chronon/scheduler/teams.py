"""The settings of teams that scheduling reads: queue, first day, owner, user and addresses."""

import json
from pathlib import Path
from typing import Any

from ai.chronon.errors import TeamsError


def read_teams(path: Path) -> dict[str, dict[str, Any]]:
    """What the file of teams holds; nothing if there is none.

    Raises:
        TeamsError: It is not a JSON object of objects.

    """
    if not path.exists():
        return {}
    try:
        teams = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TeamsError(f"{path} is not JSON: {error}") from error
    if not isinstance(teams, dict) or not all(isinstance(team, dict) for team in teams.values()):
        raise TeamsError(f"{path} does not hold an object of teams, each an object")
    return teams
