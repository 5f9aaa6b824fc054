"""Where things are in a feature repository."""

from ai.chronon.api import ttypes

# Folder of definitions to the class that is looked for in it. Order: what others are made of comes first.
FOLDERS: dict[str, type[ttypes.GroupBy] | type[ttypes.Join]] = {"group_bys": ttypes.GroupBy, "joins": ttypes.Join}
# Folders that the dialect has and this version cannot compile yet.
UNSUPPORTED_FOLDERS = ("staging_queries",)
TEAMS_FILE = "teams.json"
