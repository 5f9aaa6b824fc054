"""What the notebook classes agree on."""

# How days are written in arguments; the session's own format and yyyy-MM-dd are taken as well.
PARTITION_COLUMN_FORMAT = "%Y%m%d"
# Modules below these folders hold the definitions that notebooks import.
JUPYTER_ROOT_DIR_FOR_IMPORTED_FEATURES = "src"
DATABRICKS_ROOT_DIR_FOR_IMPORTED_FEATURES = "src"
