"""Where things are in a feature repository."""

from ai.chronon.api import ttypes

STAGING_QUERY_FOLDER_NAME = "staging_queries"
GROUP_BY_FOLDER_NAME = "group_bys"
JOIN_FOLDER_NAME = "joins"
# Folder of definitions to the class that is looked for in it. Order: what others are made of comes first.
FOLDERS: dict[str, type[ttypes.GroupBy] | type[ttypes.Join] | type[ttypes.StagingQuery]] = {
    STAGING_QUERY_FOLDER_NAME: ttypes.StagingQuery,
    GROUP_BY_FOLDER_NAME: ttypes.GroupBy,
    JOIN_FOLDER_NAME: ttypes.Join,
}
TEAMS_FILE = "teams.json"
# The teams of a repository in the zipline dialect.
ZIPLINE_TEAMS_FILE = "teams.py"
