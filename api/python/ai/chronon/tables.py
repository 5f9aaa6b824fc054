"""Names of the tables that definitions are written to, and in which run mode."""

import json
from collections.abc import Iterator

from ai.chronon.api import ttypes
from ai.chronon.naming import Definition, ensure_name, meta_data, sanitize
from ai.chronon.repo.external_join_part import ExternalJoinPart
from ai.chronon.repo.teams import teams_of
from ai.chronon.repository import repository_root

# Stands for the database of the team until a definition is compiled.
DATABASE_TEMPLATE = "{{ db }}"
# Tables that are no product of a mode of their own: steps of the join's backfill.
BOOTSTRAP, JOIN_PARTS = "bootstrap", "join_parts"
NEVER = "@never"


def output_table_name(obj: Definition, full_name: bool) -> str:
    """The table that a definition is written to; with its database when `full_name` is set."""
    data = obj.metaData or ttypes.MetaData()
    table = f"{sanitize(data.name)}"
    return f"{data.outputNamespace or DATABASE_TEMPLATE}.{table}" if full_name else table


def group_by_output_table_name(obj: ttypes.GroupBy, full_name: bool = False) -> str:
    """The table of a GroupBy's backfill."""
    return output_table_name(obj, full_name)


def log_table_name(obj: Definition, full_name: bool = False) -> str:
    """The table of a definition's flattened log."""
    return output_table_name(obj, full_name) + "_logged"


def join_part_name(jp: ttypes.JoinPart) -> str:
    """The name of a part: its prefix, when it has one, and its GroupBy; for an external part, `ext_` and its source."""
    if isinstance(jp, ExternalJoinPart):
        return jp.full_prefix
    group_by = jp.groupBy
    name = sanitize(group_by.metaData.name) if group_by is not None and group_by.metaData is not None else None
    return "_".join(part for part in [jp.prefix, f"{name}"] if part is not None)


def join_part_output_table_name(join: ttypes.Join, jp: ttypes.JoinPart, full_name: bool = False) -> str:
    """The table that a part of a join is written to."""
    return f"{output_table_name(join, full_name)}_{join_part_name(jp)}"


def get_join_output_table_name(join: ttypes.Join, full_name: bool = False) -> str:
    """The table of a join, which is named after its module and gets the database of its team on the way.

    Raises:
        DefinitionError: The join has neither a module nor a name.
        TeamsError: It has no database of its own, and `teams.json` does not know its team.

    """
    data = meta_data(ensure_name(join, "joins"))
    if full_name and not data.outputNamespace:
        data.outputNamespace = teams_of(repository_root()).namespace(data.team or str(data.name).split(".")[0])
    return output_table_name(join, full_name)


def get_staging_query_output_table_name(staging_query: ttypes.StagingQuery, full_name: bool = False) -> str:
    """The table of a staging query, which is named after its module on the way.

    Raises:
        DefinitionError: The staging query has neither a module nor a name.

    """
    return output_table_name(ensure_name(staging_query, "staging_queries"), full_name)


def staging_query_table(staging_query: ttypes.StagingQuery) -> str:
    """The table that the job of a staging query writes, with its database."""
    data = meta_data(staging_query)
    if not (data.name and data.outputNamespace):
        ensure_name(staging_query, "staging_queries")
    if data.outputNamespace:
        return output_table_name(staging_query, full_name=True)
    team = data.team or str(data.name).split(".")[0]
    return f"{teams_of(repository_root()).namespace(team)}.{output_table_name(staging_query, full_name=False)}"


def get_offline_schedule(conf: Definition) -> str | None:
    """The schedule of a definition's batch jobs, `@daily` when it says none; `None` when they are turned off."""
    schedule = meta_data(conf).offlineSchedule or "@daily"
    return None if schedule == NEVER else schedule


def requires_log_flattening_task(conf: Definition) -> bool:
    """Whether requests of a definition are logged."""
    return (meta_data(conf).samplePercent or 0) > 0


def _is_streamed(group_by: ttypes.GroupBy) -> bool:
    return any(
        (source.events is not None and source.events.topic)
        or (source.entities is not None and source.entities.mutationTopic)
        for source in group_by.sources or []
    )


def _group_by_modes(group_by: ttypes.GroupBy) -> Iterator[tuple[str, list[str] | None]]:
    table = output_table_name(group_by, full_name=True)
    if group_by.backfillStartDate:
        yield "backfill", [table]
    if meta_data(group_by).online:
        yield "upload", [f"{table}_upload"]
        if _is_streamed(group_by):
            yield "streaming", None


def _checks_consistency(join: ttypes.Join) -> bool:
    custom = json.loads(meta_data(join).customJson or "{}")
    return isinstance(custom, dict) and custom.get("check_consistency") is True


def _join_modes(join: ttypes.Join) -> Iterator[tuple[str, list[str] | None]]:
    table = output_table_name(join, full_name=True)
    scheduled = get_offline_schedule(join) is not None
    if scheduled:
        yield "backfill", [table]
        yield "stats-summary", [f"{table}_daily_stats"]
    if _checks_consistency(join):
        yield "consistency-metrics-compute", [f"{table}_consistency"]
    if requires_log_flattening_task(join):
        yield "log-flattener", [log_table_name(join, full_name=True)]
    if join.labelPart is not None:
        yield "label-join", [f"{table}_{suffix}" for suffix in ("labels", "labeled", "labeled_latest")]
    if join.bootstrapParts or scheduled:
        yield BOOTSTRAP, [f"{table}_bootstrap"]
    if join.joinParts:
        # Without their database: schedulers that read this list know them so.
        yield JOIN_PARTS, [join_part_output_table_name(join, part) for part in join.joinParts]


def get_modes_tables(conf: Definition) -> dict[str, list[str] | None]:
    """Run mode to the tables that it writes; streaming writes none.

    A join also has the tables between, as `bootstrap` and `join_parts`; the latter without their database.
    """
    if isinstance(conf, ttypes.GroupBy):
        return dict(_group_by_modes(conf))
    if isinstance(conf, ttypes.Join):
        return dict(_join_modes(conf))
    return {"backfill": [output_table_name(conf, full_name=True)]}


def get_applicable_modes(conf: Definition) -> list[str]:
    """The keys of `get_modes_tables`."""
    return list(get_modes_tables(conf))


def get_related_table_names(conf: Definition, skip_join_parts: bool = True) -> list[str]:
    """All tables of a definition, without those of a join's parts unless they are asked for."""
    return [
        table
        for mode, tables in get_modes_tables(conf).items()
        for table in tables or []
        if not (skip_join_parts and mode == JOIN_PARTS)
    ]
