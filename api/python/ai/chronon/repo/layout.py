"""Where things are in a feature repository."""

from ai.chronon.api import ttypes
from ai.chronon.repo import (
    GROUP_BY_FOLDER_NAME,
    JOIN_FOLDER_NAME,
    STAGING_QUERY_FOLDER_NAME,
    TEAMS_FILE_PATH,
)

# Folder of definitions to the class that is looked for in it. Order: what others are made of comes first.
FOLDERS: dict[str, type[ttypes.GroupBy] | type[ttypes.Join] | type[ttypes.StagingQuery]] = {
    STAGING_QUERY_FOLDER_NAME: ttypes.StagingQuery,
    GROUP_BY_FOLDER_NAME: ttypes.GroupBy,
    JOIN_FOLDER_NAME: ttypes.Join,
}
TEAMS_FILE = TEAMS_FILE_PATH
