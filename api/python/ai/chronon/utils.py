"""Questions about definitions that feature repositories and tools ask."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.columns import FeatureDisplayKeys
from ai.chronon.dependencies import (
    explicit_name,
    get_bootstrap_dependencies,
    get_dependencies,
    get_label_table_dependencies,
    source_query,
    source_topic,
    table_dependency,
)
from ai.chronon.distance import edit_distance
from ai.chronon.errors import DefinitionError
from ai.chronon.naming import defining_module, sanitize
from ai.chronon.tables import (
    BOOTSTRAP,
    DATABASE_TEMPLATE,
    JOIN_PARTS,
    get_applicable_modes,
    get_join_output_table_name,
    get_modes_tables,
    get_offline_schedule,
    get_related_table_names,
    get_staging_query_output_table_name,
    group_by_output_table_name,
    join_part_name,
    join_part_output_table_name,
    log_table_name,
    output_table_name,
    requires_log_flattening_task,
)

__all__ = [
    "DATABASE_TEMPLATE",
    "ChrononJobTypes",
    "FeatureDisplayKeys",
    "Modes",
    "SubStage",
    "check_contains",
    "check_contains_single",
    "dedupe_in_order",
    "dict_to_bash_commands",
    "dict_to_exports",
    "edit_distance",
    "get_applicable_modes",
    "get_bootstrap_dependencies",
    "get_columns",
    "get_config_path",
    "get_dependencies",
    "get_join_output_table_name",
    "get_label_table_dependencies",
    "get_max_window_for_gb_in_days",
    "get_mod_name_from_gc",
    "get_modes_tables",
    "get_offline_schedule",
    "get_query",
    "get_related_table_names",
    "get_staging_query_output_table_name",
    "get_streaming_sources",
    "get_table",
    "get_topic",
    "get_underlying_source",
    "group_by_output_table_name",
    "has_topic",
    "is_streaming",
    "join_part_name",
    "join_part_output_table_name",
    "log_table_name",
    "output_table_name",
    "requires_log_flattening_task",
    "sanitize",
    "wait_for_name",
    "wait_for_simple_schema",
]

HOURS_OF_A_DAY = 24
ChrononJobTypes = ttypes.GroupBy | ttypes.Join | ttypes.StagingQuery


class Modes:
    """Run modes by name, as `get_modes_tables` has them for keys."""

    backfill = "backfill"
    upload = "upload"
    streaming = "streaming"
    stats_summary = "stats-summary"
    label_join = "label-join"
    log_flattener = "log-flattener"
    consistency_metrics_compute = "consistency-metrics-compute"


class SubStage:
    """Steps of a join's backfill whose tables `get_modes_tables` has too."""

    bootstrap = BOOTSTRAP
    join_parts = JOIN_PARTS


def get_mod_name_from_gc(obj: ChrononJobTypes, mod_prefix: str) -> str | None:
    """The name of the module that holds a definition in a variable, if its first part is `mod_prefix`."""
    module = defining_module(obj, mod_prefix)
    return module.__name__ if module is not None else None


def get_underlying_source(
    source: ttypes.Source,
) -> ttypes.EventSource | ttypes.EntitySource | ttypes.JoinSource:
    """Whichever arm of a source is set.

    Raises:
        DefinitionError: None is.

    """
    arm = source.events or source.entities or source.joinSource
    if arm is None:
        raise DefinitionError("a Source has none of events, entities and joinSource; give it one of them")
    return arm


def get_query(source: ttypes.Source) -> ttypes.Query:
    """The query of a source of any kind."""
    return source_query(source)


def get_columns(source: ttypes.Source) -> list[str]:
    """The columns that the query of a source selects."""
    return list(source_query(source).selects or {})


def get_table(source: ttypes.Source) -> str | None:
    """The table of a source without sub-partitions; for a join source, the table of the join."""
    arm = get_underlying_source(source)
    if isinstance(arm, ttypes.JoinSource):
        table = get_join_output_table_name(arm.join, full_name=True) if arm.join is not None else None
    else:
        table = arm.table if isinstance(arm, ttypes.EventSource) else arm.snapshotTable
    return table.split("/")[0] if table is not None else None


def get_topic(source: ttypes.Source) -> str | None:
    """The topic of a source: of its events, or of its mutations; a join source has none of its own."""
    return source_topic(source)


def is_streaming(source: ttypes.Source) -> bool:
    """Whether a source has a topic."""
    return get_topic(source) is not None


def get_streaming_sources(group_by: ttypes.GroupBy) -> list[ttypes.Source]:
    """The sources of a GroupBy that have a topic."""
    return [source for source in group_by.sources or [] if is_streaming(source)]


def has_topic(group_by: ttypes.GroupBy) -> bool:
    """Whether any source of a GroupBy can be streamed."""
    return any(get_topic(source) for source in group_by.sources or [])


def get_max_window_for_gb_in_days(group_by: ttypes.GroupBy) -> int:
    """The longest window of a GroupBy in days, hours rounded up; 1 when it has none."""
    days = [
        math.ceil((window.length or 0) / (HOURS_OF_A_DAY if window.timeUnit == ttypes.TimeUnit.HOURS else 1))
        for aggregation in group_by.aggregations or []
        for window in aggregation.windows or []
    ]
    return max([1, *days])


def dedupe_in_order(seq: Iterable[str]) -> list[str]:
    """The items without repetitions, each at its first place."""
    return list(dict.fromkeys(seq))


def check_contains_single(
    candidate: Any, valid_items: Sequence[Any], type_name: str, name: str, print_function: Any = repr
) -> None:
    """Raises `DefinitionError` unless a candidate is among the valid items; nothing is checked when there are none.

    Args:
        candidate: What was given.
        valid_items: What may be given.
        type_name: What the candidate is, for the message.
        name: What it is meant for, for the message.
        print_function: Turns an item into text.

    """
    if valid_items and candidate not in valid_items:
        nearest = sorted(valid_items, key=lambda item: edit_distance(f"{item}", f"{candidate}"))
        choices = "".join(f"\n    {print_function(item)}" for item in nearest)
        raise DefinitionError(
            f"{print_function(candidate)} is not a valid {type_name} for {name}; valid, nearest first:{choices}"
        )


def check_contains(candidates: Iterable[Any], *args: Any) -> None:
    """`check_contains_single` for each of the candidates."""
    for candidate in candidates:
        check_contains_single(candidate, *args)


def wait_for_name(dep: str) -> str:
    """The name of a dependency that an author wrote as a partition specification."""
    return explicit_name(dep)


def wait_for_simple_schema(
    table: str, lag: int, start: str | None, end: str | None, query: ttypes.Query | None = None
) -> dict[str, str | None]:
    """The dependency on a table, `lag` days back; its keys are name, spec, start and end."""
    return table_dependency(table, lag, start, end, query)


def dict_to_bash_commands(d: dict[str, Any] | None) -> str:
    """Arguments for a command line; a value that is empty or 0 makes a bare flag.

    >>> dict_to_bash_commands({"start_ds": "2024-01-01", "force": None})
    '--start-ds=2024-01-01 --force'
    """
    flags = {f"--{key.replace('_', '-')}": value for key, value in (d or {}).items()}
    return " ".join(f"{flag}={value}" if value else flag for flag, value in flags.items())


def dict_to_exports(d: dict[str, Any] | None) -> str:
    """Shell commands that export the settings, with upper-case names.

    >>> dict_to_exports({"driver_memory": "4G"})
    'export DRIVER_MEMORY=4G'
    """
    return " && ".join(f"export {key.upper()}={value}" for key, value in (d or {}).items())


def get_config_path(join_name: str) -> str:
    """The compiled file of a join, relative to the root of the repository.

    >>> get_config_path("team.file.v1")
    'production/joins/team/file.v1'
    """
    team, dot, rest = join_name.partition(".")
    if not dot:
        raise DefinitionError(f"{join_name!r} is no name of a join; names are <team>.<file>.<variable>")
    return f"production/joins/{team}/{rest}"
