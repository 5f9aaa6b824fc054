"""The settings of teams that scheduling reads: queue, first day, owner, user and addresses."""

from pathlib import Path
from typing import Any

from ai.chronon.repo.teams import Teams


def read_teams(path: Path) -> dict[str, dict[str, Any]]:
    """What the file of teams holds; nothing if there is none, as scheduling can do without.

    Raises:
        TeamsError: It is not a JSON object of objects.

    """
    return Teams.load(str(path.parent), path.name).entries if path.exists() else {}
