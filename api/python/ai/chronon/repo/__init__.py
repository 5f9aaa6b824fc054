"""Tools that work on a feature repository: compile definitions, and run their jobs."""

GROUP_BY_FOLDER_NAME = "group_bys"
JOIN_FOLDER_NAME = "joins"
STAGING_QUERY_FOLDER_NAME = "staging_queries"
TEAMS_FILE_PATH = "teams.json"
