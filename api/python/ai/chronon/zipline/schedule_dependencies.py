"""What a scheduler has to wait for, as it is kept in the custom JSON of a definition."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from ai.chronon.errors import DefinitionError
from ai.chronon.zipline.naming import sanitize

AIRFLOW_DEPENDENCIES_KEY = "airflowDependencies"
PARTITION_COLUMN_SETTING = "spark.chronon.partition.column"
DEFAULT_PARTITION_FORMAT = "yyyy-MM-dd"
# Letters of a date pattern to those of strftime, longest first.
PATTERN_LETTERS = (
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
)

Dependency = dict[str, str]


def _python_format(pattern: str) -> str:
    for letters, code in PATTERN_LETTERS:
        pattern = pattern.replace(letters, code)
    return pattern


def _is_past(cutoff: str, offset: int, partition_format: str) -> bool:
    """Whether the last partition that is needed lies before the newest one, so that it does not move any more."""
    newest = datetime.now(timezone.utc) - timedelta(days=offset)
    return cutoff < newest.strftime(_python_format(partition_format))


def table_dependency(
    table: str,
    partition_column: str | None,
    additional_partitions: Iterable[str] | None = None,
    offset: int = 0,
    end_cutoff: str | None = None,
    partition_format: str | None = None,
) -> Dependency:
    """The dependency on the partition of a table that is `offset` days old, or on the last one that is needed.

    Raises:
        DefinitionError: The partition column is not known.

    """
    if not partition_column:
        raise DefinitionError(
            f"the partition column of {table} is not known; set {PARTITION_COLUMN_SETTING} in the common settings of "
            "the team or of the default team in teams.py, or partition_column in the query"
        )
    suffix, day = f"with_offset_{offset}", f"{{{{ macros.ds_add(ds, {-offset}) }}}}"
    if end_cutoff is not None and _is_past(end_cutoff, offset, partition_format or DEFAULT_PARTITION_FORMAT):
        suffix, day = f"at_{sanitize(end_cutoff)}", end_cutoff
    spec = "/".join([table, f"{partition_column}={day}", *(additional_partitions or [])])
    return {"name": f"wf_{sanitize(table)}_{suffix}", "spec": spec}


def custom_json(existing: str | None, dependencies: Iterable[Dependency]) -> str:
    """The custom JSON with dependencies, each once."""
    unique = {json.dumps(dependency, sort_keys=True): dependency for dependency in dependencies}
    content = json.loads(existing) if existing else {}
    content[AIRFLOW_DEPENDENCIES_KEY] = list(unique.values())
    return json.dumps(content)
