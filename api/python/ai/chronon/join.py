"""Joins: features of several GroupBys, right as of the time of each row on the left.

>>> from ai.chronon.api.ttypes import EventSource, Source
>>> from ai.chronon.group_by import Aggregation, GroupBy, Operation
>>> from ai.chronon.query import Query, select
>>> def source(table, *columns):
...     return Source(events=EventSource(table=table, query=Query(selects=select(*columns), time_column="ts")))
>>> spend = GroupBy(
...     sources=source("data.purchases", "user", "price"),
...     keys=["user"],
...     aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
...     name="shop.spend",
... )
>>> training_set = Join(
...     left=source("data.checkouts", "buyer"),
...     right_parts=[JoinPart(group_by=spend, key_mapping={"buyer": "user"}, prefix="buyer")],
... )
>>> training_set.left.events.query.selects
{'buyer': 'buyer', 'ts': 'ts'}
"""

import copy
import json
from typing import TYPE_CHECKING, Any

from ai.chronon.api import ttypes
from ai.chronon.dependencies import describe_source, get_dependencies, source_query
from ai.chronon.errors import DefinitionError, DefinitionValueError
from ai.chronon.group_by_rules import describe_group_by, validate_group_by
from ai.chronon.naming import ensure_group_by_name
from ai.chronon.support import missing_names, refuse_argument
from ai.chronon.utils import dedupe_in_order, edit_distance

__all__ = ["Join", "JoinPart", "validate_left_source"]

if not TYPE_CHECKING:  # a type checker would take every name for known
    __getattr__ = missing_names(
        __name__,
        frozenset(
            {
                "BootstrapPart",
                "ContextualSource",
                "DataType",
                "Derivation",
                "ExternalPart",
                "ExternalSource",
                "LabelPart",
            }
        ),
    )


def JoinPart(
    group_by: ttypes.GroupBy,
    key_mapping: dict[str, str] | None = None,
    prefix: str | None = None,
    tags: dict[str, Any] | None = None,
) -> ttypes.JoinPart:
    """Makes a GroupBy a part of a join, and names it after its module.

    Args:
        group_by: The GroupBy; a variable of a module in `group_bys/`, or one with a name.
        key_mapping: Column on the left to key of the GroupBy, where the two differ.
        prefix: Put before the names of the feature columns.
        tags: Notes on the part, kept in the custom JSON of the join.

    Raises:
        DefinitionError: The mapping leads to a column that is not a key.
        DefinitionValueError: The GroupBy has no name, and no module to take one from.

    """
    if not isinstance(group_by, ttypes.GroupBy):
        raise DefinitionError(f"JoinPart(group_by=...) got a {type(group_by).__name__}; give it a GroupBy")
    ensure_group_by_name(group_by)
    keys = group_by.keyColumns or []
    for column, key in (key_mapping or {}).items():
        if keys and key not in keys:
            nearest = sorted(keys, key=lambda candidate: edit_distance(candidate, key))
            raise DefinitionError(
                f"JoinPart of {describe_group_by(group_by)}: key_mapping sends {column!r} to {key!r}, "
                f"which is not among its keys; keys, nearest first: {nearest}"
            )
    part = ttypes.JoinPart(groupBy=group_by, keyMapping=key_mapping, prefix=prefix)
    part.tags = tags
    return part


def validate_left_source(source: ttypes.Source) -> None:
    """Refuses sources that cannot stand on the left of a join.

    Raises:
        DefinitionValueError: The source is cumulative or a join; it is a `ValueError` too.

    """
    if source.events is not None and source.events.isCumulative:
        raise DefinitionValueError(
            f"Join(left=...): {describe_source(source)} is cumulative, which is NOT supported by Chronon on the left; "
            "use a table with one row for each event"
        )
    if source.joinSource is not None:
        raise DefinitionValueError(
            "Join(left=...): a join source is NOT supported by Chronon on the left; use the table that the join writes"
        )


def _prepared_left(left: ttypes.Source) -> ttypes.Source:
    """A copy of the left source that also selects the time of its events."""
    if not isinstance(left, ttypes.Source):
        raise DefinitionError(f"Join(left=...) got a {type(left).__name__}; wrap it: Source(events=...)")
    validate_left_source(left)
    left = copy.deepcopy(left)
    query = source_query(left)
    if left.events is None or not query.selects:
        return left
    if "ts" in query.selects:
        raise DefinitionError(
            f"Join(left=...): {describe_source(left)} selects ts; drop it and set time_column in the query"
        )
    if query.timeColumn is None:
        raise DefinitionError(
            f"Join(left=...): {describe_source(left)} has no time column; set time_column in its query"
        )
    query.selects["ts"] = query.timeColumn
    return left


def _part_dependencies(part: ttypes.JoinPart, dependencies: list[str] | None, lag: int) -> list[str]:
    group_by = part.groupBy or ttypes.GroupBy()
    return [
        text
        for source in group_by.sources or []
        for text in get_dependencies(source, dependencies, group_by.metaData, lag)
    ]


def _part_tags(parts: list[ttypes.JoinPart]) -> dict[str, Any]:
    tagged = {}
    for part in parts:
        tags = getattr(part, "tags", None)
        if tags:
            name = part.groupBy.metaData.name if part.groupBy and part.groupBy.metaData else None
            tagged["_".join(text for text in [part.prefix, f"{name}"] if text is not None)] = tags
    return tagged


def Join(
    left: ttypes.Source,
    right_parts: list[ttypes.JoinPart],
    check_consistency: bool = False,
    additional_args: list[str] | str | dict[str, Any] | None = None,
    additional_env: dict[str, str] | None = None,
    dependencies: list[str] | None = None,
    online: bool = False,
    production: bool = False,
    output_namespace: str | None = None,
    table_properties: dict[str, str] | None = None,
    env: dict[str, dict[str, str]] | None = None,
    lag: int = 0,
    skew_keys: dict[str, list[str]] | None = None,
    sample_percent: float | None = None,
    consistency_sample_percent: float = 5.0,
    online_external_parts: list[ttypes.ExternalPart] | None = None,
    offline_schedule: str = "@daily",
    historical_backfill: bool | None = None,
    row_ids: list[str] | None = None,
    bootstrap_parts: list[ttypes.BootstrapPart] | None = None,
    bootstrap_from_log: bool = False,
    label_part: ttypes.LabelPart | None = None,
    derivations: list[ttypes.Derivation] | None = None,
    deprecation_date: str | None = None,
    tags: dict[str, Any] | None = None,
    description: str | None = None,
    model_transforms: ttypes.ModelTransforms | None = None,
    **kwargs: Any,
) -> ttypes.Join:
    """Describes a join of GroupBys to a source.

    Args:
        left: Rows, keys and times for which features are wanted.
        right_parts: The GroupBys, see `JoinPart`.
        check_consistency: Compare logged features with backfilled ones.
        additional_args: Further arguments for the batch jobs.
        additional_env: Further environment for the batch jobs, kept in the custom JSON.
        dependencies: Partition specifications to wait for in place of that of the left.
        online: Serve the features to the fetcher.
        production: Fit for use in production.
        output_namespace: Database of the tables; that of the team when absent.
        table_properties: Properties of the tables; those of the team when absent.
        env: Run mode to environment variables.
        lag: Days by which the left may be behind.
        skew_keys: Column to values whose rows are left out.
        sample_percent: Percentage of requests to log, 0 to 100; none when absent.
        consistency_sample_percent: Percentage of keys that the consistency check covers, 0 to 100.
        online_external_parts: Not supported yet.
        offline_schedule: Schedule of the batch jobs; `@never` turns them off.
        historical_backfill: Fill all missing partitions, not only the newest.
        row_ids: Columns that identify a row on the left.
        bootstrap_parts: Not supported yet.
        bootstrap_from_log: Not supported yet.
        label_part: Not supported yet.
        derivations: Not supported yet.
        deprecation_date: Day on which the join is retired, `yyyy-MM-dd`.
        tags: Notes, kept in the custom JSON.
        description: For people.
        model_transforms: Not supported yet.
        **kwargs: Further keys of the custom JSON.

    Raises:
        DefinitionError: The left, or the GroupBy of a part, breaks a rule.
        DefinitionValueError: The left is of a kind that cannot stand there.
        UnsupportedError: An argument that this version does not support yet.

    """
    refuse_argument("Join", "online_external_parts", online_external_parts)
    refuse_argument("Join", "bootstrap_parts", bootstrap_parts)
    refuse_argument("Join", "bootstrap_from_log", bootstrap_from_log)
    refuse_argument("Join", "label_part", label_part)
    refuse_argument("Join", "derivations", derivations)
    refuse_argument("Join", "model_transforms", model_transforms)
    prepared = _prepared_left(left)
    for part in right_parts:
        if not isinstance(part, ttypes.JoinPart):
            raise DefinitionError(f"Join(right_parts=...) got a {type(part).__name__}; write JoinPart(group_by=...)")
        if part.groupBy is not None:
            validate_group_by(part.groupBy)
    custom: dict[str, Any] = {"check_consistency": check_consistency, "lag": lag}
    if additional_args:
        custom["additional_args"] = additional_args
    if additional_env:
        custom["additional_env"] = additional_env
    custom.update(kwargs)
    custom.update(join_tags=tags, join_part_tags=_part_tags(right_parts))
    needed = get_dependencies(prepared, dependencies, lag=lag)
    needed += [text for part in right_parts for text in _part_dependencies(part, dependencies, lag)]
    meta_data = ttypes.MetaData(
        online=online,
        production=production,
        customJson=json.dumps(custom),
        dependencies=dedupe_in_order(needed),
        outputNamespace=output_namespace,
        tableProperties=table_properties,
        modeToEnvMap=env,
        samplePercent=sample_percent,
        offlineSchedule=offline_schedule,
        consistencySamplePercent=consistency_sample_percent if check_consistency else None,
        historicalBackfill=historical_backfill,
        deprecationDate=deprecation_date,
        description=description,
    )
    return ttypes.Join(
        left=prepared,
        joinParts=right_parts,
        metaData=meta_data,
        skewKeys=skew_keys,
        onlineExternalParts=online_external_parts,
        bootstrapParts=bootstrap_parts,
        rowIds=row_ids,
        labelPart=label_part,
        derivations=derivations,
        modelTransforms=model_transforms,
    )
