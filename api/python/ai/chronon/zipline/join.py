"""Joins: features of several GroupBys, right as of the time of each row on the left."""

import copy
from collections import Counter
from typing import Any

from ai.chronon.errors import DefinitionError, DefinitionValueError
from ai.chronon.zipline.data_types import DataType, FieldsType
from ai.chronon.zipline.derivation import Derivation
from ai.chronon.zipline.group_by_rules import TIME_COLUMN, describe_group_by
from ai.chronon.zipline.later import refuse_later
from ai.chronon.zipline.naming import ensure_name
from ai.chronon.zipline.utils import checked_version, describe_source, edit_distance, resolve_online_schedule
from gen_thrift.api import ttypes
from gen_thrift.common import ttypes as common

__all__ = [
    "BootstrapPart",
    "ContextualSource",
    "DataType",
    "Derivation",
    "ExternalPart",
    "ExternalSource",
    "Join",
    "JoinPart",
]

CONTEXTUAL = "contextual"
# Filled in by the job: the table of the requests that were logged.
LOGGED_TABLE = "{{ logged_table }}"
MODULAR_EXECUTION = "modular_execution"


def JoinPart(
    group_by: ttypes.GroupBy,
    key_mapping: dict[str, str] | None = None,
    prefix: str | None = None,
    tags: dict[str, str] | None = None,
) -> ttypes.JoinPart:
    """Makes a GroupBy a part of a join, and names it after its module.

    Args:
        group_by: The GroupBy; a variable of a module in `group_bys/`, or one with a name.
        key_mapping: Column on the left to key of the GroupBy, where the two differ.
        prefix: Put before the names of the feature columns.
        tags: Notes on the part; not kept in the compiled file.

    Raises:
        DefinitionError: What is given is no GroupBy.
        DefinitionValueError: The mapping leads to a column that is not a key, or the GroupBy has no name.

    """
    if not isinstance(group_by, ttypes.GroupBy):
        raise DefinitionError(f"JoinPart(group_by=...) got a {type(group_by).__name__}; give it a GroupBy")
    ensure_name(group_by)
    keys = group_by.keyColumns or []
    for column, key in (key_mapping or {}).items():
        if key not in keys:
            nearest = sorted(keys, key=lambda candidate: edit_distance(candidate, key))
            raise DefinitionValueError(
                f"JoinPart of {describe_group_by(group_by)}: key_mapping sends {column!r} to {key!r}, "
                f"which is not among its keys; keys, nearest first: {nearest}"
            )
    part = ttypes.JoinPart(groupBy=group_by, keyMapping=key_mapping, prefix=prefix)
    part.tags = tags
    return part


def ExternalSource(name: str, team: str, key_fields: FieldsType, value_fields: FieldsType) -> ttypes.ExternalSource:
    """Features that are computed elsewhere; each field is a name and a `DataType`.

    Raises:
        DefinitionError: The name is the one of contextual features.

    """
    if name == CONTEXTUAL:
        raise DefinitionError(
            f"ExternalSource(name={name!r}) is kept for features of the request; use ContextualSource"
        )
    return ttypes.ExternalSource(
        metadata=ttypes.MetaData(name=name, team=team),
        keySchema=DataType.STRUCT(f"ext_{name}_keys", *key_fields),
        valueSchema=DataType.STRUCT(f"ext_{name}_values", *value_fields),
    )


def ContextualSource(fields: FieldsType, team: str = "default") -> ttypes.ExternalSource:
    """Features that come with the request; each field is a name and a `DataType`."""
    return ttypes.ExternalSource(
        metadata=ttypes.MetaData(name=CONTEXTUAL, team=team),
        keySchema=DataType.STRUCT(f"{CONTEXTUAL}_keys", *fields),
        valueSchema=DataType.STRUCT(f"{CONTEXTUAL}_values", *fields),
    )


def ExternalPart(
    source: ttypes.ExternalSource, key_mapping: dict[str, str] | None = None, prefix: str | None = None
) -> ttypes.ExternalPart:
    """Makes an external source a part of a join; the arguments are as those of `JoinPart`."""
    return ttypes.ExternalPart(source=source, keyMapping=key_mapping, prefix=prefix)


def BootstrapPart(
    table: str, key_columns: list[str] | None = None, query: ttypes.Query | None = None
) -> ttypes.BootstrapPart:
    """A table with feature values that are taken as they are, joined on `key_columns` or the row ids of the join."""
    return ttypes.BootstrapPart(table=table, query=query, keyColumns=key_columns)


def _prepared_left(left: ttypes.Source) -> ttypes.Source:
    """A copy of the left source that also selects the time of its events."""
    if not isinstance(left, ttypes.Source):
        raise DefinitionError(
            f"Join(left=...) got a {type(left).__name__}; write EventSource(...) or EntitySource(...)"
        )
    left = copy.deepcopy(left)
    query = left.events.query if left.events is not None else None
    if query is None or not query.selects:
        return left
    if TIME_COLUMN in query.selects:
        raise DefinitionError(
            f"Join(left=...): {describe_source(left)} selects ts; drop it and set time_column in the query"
        )
    if query.timeColumn is None:
        raise DefinitionError(
            f"Join(left=...): {describe_source(left)} has no time column; set time_column in its query"
        )
    query.selects = {**query.selects, TIME_COLUMN: query.timeColumn}
    return left


def _check_external_parts(parts: list[ttypes.ExternalPart]) -> None:
    counts = Counter((part.prefix, part.source.metadata.name) for part in parts if part.source and part.source.metadata)
    twice = [f"{name} (prefix {prefix})" for (prefix, name), count in counts.items() if count > 1]
    if twice:
        raise DefinitionError(
            f"Join(online_external_parts=...) holds duplicates: {', '.join(twice)}; give each another prefix"
        )


def _bootstrap_parts(
    parts: list[ttypes.BootstrapPart] | None, from_log: bool, online: bool, sample_percent: float | None
) -> list[ttypes.BootstrapPart] | None:
    if not from_log:
        return parts
    if not online or not sample_percent:
        raise DefinitionError(
            f"Join(bootstrap_from_log=True) with online={online} and sample_percent={sample_percent}: only online "
            "joins with sample_percent above 0 have a log"
        )
    return [*(parts or []), ttypes.BootstrapPart(table=LOGGED_TABLE)]


def _settings(conf: common.ConfigProperties | None, modular_execution: bool) -> common.ConfigProperties | None:
    if not modular_execution:
        return conf
    conf = copy.deepcopy(conf) if conf is not None else common.ConfigProperties()
    conf.common = {**(conf.common or {}), MODULAR_EXECUTION: "true"}
    return conf


def Join(
    left: ttypes.Source,
    right_parts: list[ttypes.JoinPart],
    row_ids: str | list[str] | None = None,
    version: int | None = None,
    online_external_parts: list[ttypes.ExternalPart] | None = None,
    bootstrap_parts: list[ttypes.BootstrapPart] | None = None,
    bootstrap_from_log: bool = False,
    skew_keys: dict[str, list[str]] | None = None,
    derivations: list[ttypes.Derivation] | None = None,
    output_namespace: str | None = None,
    table_properties: dict[str, str] | None = None,
    online: bool = False,
    production: bool = False,
    sample_percent: float | None = 100.0,
    check_consistency: bool | None = None,
    consistency_sample_percent: float = 5.0,
    use_long_names: bool = False,
    offline_schedule: str | None = "@daily",
    online_schedule: str | None = None,
    historical_backfill: bool | None = None,
    conf: common.ConfigProperties | None = None,
    env_vars: common.EnvironmentVariables | None = None,
    cluster_conf: common.ClusterConfigProperties | None = None,
    step_days: int | None = None,
    enable_stats_compute: bool | None = None,
    modular_execution: bool = False,
    **later: Any,
) -> ttypes.Join:
    """Describes a join of GroupBys to a source.

    Args:
        left: Rows, keys and times for which features are wanted; it is copied.
        right_parts: The GroupBys, see `JoinPart`.
        row_ids: Column, or columns, that identify a row on the left.
        version: Whole number that ends the name; raise it to change what is online.
        online_external_parts: Features of other services, see `ExternalPart`.
        bootstrap_parts: Tables with values to take as they are, see `BootstrapPart`.
        bootstrap_from_log: Take logged values as they are.
        skew_keys: Column to values whose rows are left out.
        derivations: Columns computed from the features.
        output_namespace: Database of the tables; that of the team when absent.
        table_properties: Properties of the tables.
        online: Serve the features to the fetcher.
        production: Fit for use in production.
        sample_percent: Percentage of requests to log, 0 to 100.
        check_consistency: Compare logged features with backfilled ones.
        consistency_sample_percent: Percentage of keys that the comparison covers, 0 to 100.
        use_long_names: Call columns after the name of the GroupBy, not after the keys.
        offline_schedule: Schedule of backfills; `@never` turns them off.
        online_schedule: Schedule of uploads; `@daily` when online, `@never` turns them off.
        historical_backfill: Fill all missing partitions, not only the newest.
        conf: Settings of the jobs, above those of the team.
        env_vars: Environment of the jobs, above that of the team.
        cluster_conf: Settings of the cluster, above those of the team.
        step_days: Days that one step of a backfill covers.
        enable_stats_compute: Compute statistics of the output.
        modular_execution: Run the parts as jobs of their own.
        **later: Arguments of later releases; refused by name.

    Raises:
        DefinitionError: The left or an external part breaks a rule, or there is no log to bootstrap from.
        DefinitionValueError: There is an online schedule and nothing online.

    """
    refuse_later("Join", later)
    if online_external_parts:
        _check_external_parts(online_external_parts)
    return ttypes.Join(
        left=_prepared_left(left),
        joinParts=right_parts,
        rowIds=[row_ids] if isinstance(row_ids, str) else row_ids,
        onlineExternalParts=online_external_parts,
        bootstrapParts=_bootstrap_parts(bootstrap_parts, bootstrap_from_log, online, sample_percent),
        skewKeys=skew_keys,
        derivations=derivations,
        useLongNames=use_long_names,
        metaData=ttypes.MetaData(
            online=online,
            production=production,
            outputNamespace=output_namespace,
            tableProperties=table_properties,
            version=checked_version(version),
            samplePercent=sample_percent,
            consistencyCheck=check_consistency,
            consistencySamplePercent=consistency_sample_percent if check_consistency else None,
            executionInfo=common.ExecutionInfo(
                offlineSchedule=offline_schedule,
                onlineSchedule=resolve_online_schedule(online, online_schedule),
                historicalBackfill=historical_backfill,
                conf=_settings(conf, modular_execution),
                env=env_vars,
                clusterConf=cluster_conf,
                stepDays=step_days,
                enableStatsCompute=enable_stats_compute,
            ),
        ),
    )
