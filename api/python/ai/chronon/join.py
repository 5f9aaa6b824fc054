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
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.data_types import DataType, FieldsType
from ai.chronon.dependencies import (
    describe_source,
    get_bootstrap_dependencies,
    get_dependencies,
    get_label_table_dependencies,
    parts_dependencies,
    source_query,
)
from ai.chronon.derivation import Derivation
from ai.chronon.distance import edit_distance
from ai.chronon.errors import DefinitionError, DefinitionTypeError, DefinitionValueError
from ai.chronon.external import ContextualSource, ExternalPart, ExternalSource, check_distinct
from ai.chronon.group_by_rules import describe_group_by, validate_group_by
from ai.chronon.label import LabelPart
from ai.chronon.naming import ensure_group_by_name
from ai.chronon.sharing import note_use

__all__ = [
    "BootstrapPart",
    "ContextualSource",
    "DataType",
    "Derivation",
    "ExternalPart",
    "ExternalSource",
    "FieldsType",
    "Join",
    "JoinPart",
    "LabelPart",
    "validate_left_source",
]

# Stands for the table of a join's logged requests until it is compiled.
LOGGED_TABLE_TEMPLATE = "{{ logged_table }}"


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
    note_use(source_query(left), changed=False)
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


def BootstrapPart(
    table: str, key_columns: list[str] | None = None, query: ttypes.Query | None = None
) -> ttypes.BootstrapPart:
    """Describes a table whose values take the place of computed ones, as far as it has them.

    Args:
        table: Table with the values, with its database.
        key_columns: Columns that it is joined to the left by; the row ids of the join when absent.
        query: What to read from it; all of its columns when absent.

    """
    return ttypes.BootstrapPart(table=table, query=query, keyColumns=key_columns)


def _bootstrap_parts(
    parts: list[ttypes.BootstrapPart] | None, from_log: bool, online: bool, sample_percent: float | None
) -> list[ttypes.BootstrapPart] | None:
    """The parts, and the log of the join when it is asked for."""
    if not from_log:
        return parts
    if not (online and sample_percent and sample_percent > 0):
        raise DefinitionError(
            f"Join(bootstrap_from_log=True) has online={online} and sample_percent={sample_percent}, so nothing is "
            "logged; set online=True and sample_percent to more than 0"
        )
    return [*(parts or []), BootstrapPart(LOGGED_TABLE_TEMPLATE)]


def _completed_label_part(part: ttypes.LabelPart, left_dependencies: list[str]) -> ttypes.LabelPart:
    """A copy of the label part that knows what its job has to wait for."""
    dependencies = dict.fromkeys([*left_dependencies, *get_label_table_dependencies(part)])
    schedule = part.metaData.offlineSchedule if part.metaData is not None else None
    return ttypes.LabelPart(
        labels=part.labels,
        leftStartOffset=part.leftStartOffset,
        leftEndOffset=part.leftEndOffset,
        metaData=ttypes.MetaData(dependencies=list(dependencies), offlineSchedule=schedule),
    )


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
        online_external_parts: Features of other services, see `ExternalPart`, served but not computed.
        offline_schedule: Schedule of the batch jobs; `@never` turns them off.
        historical_backfill: Fill all missing partitions, not only the newest.
        row_ids: Columns that identify a row on the left.
        bootstrap_parts: Tables whose values take the place of computed ones, see `BootstrapPart`.
        bootstrap_from_log: Take values from the log of this join's own requests; needs online and sample_percent.
        label_part: Labels to join to the features once they are known, see `LabelPart`.
        derivations: Output columns computed from the features, see `Derivation`; they replace the features unless
            the wildcard `Derivation("*", "*")` is among them.
        deprecation_date: Day on which the join is retired, `yyyy-MM-dd`.
        tags: Notes, kept in the custom JSON.
        description: For people.
        model_transforms: Models to apply to the features, see `ai.chronon.model`.
        **kwargs: Further keys of the custom JSON.

    Raises:
        DefinitionError: The left, the GroupBy of a part, an external part or the bootstrap breaks a rule.
        DefinitionValueError: The left is of a kind that cannot stand there.

    """
    if not isinstance(right_parts, (list, tuple)):
        raise DefinitionTypeError(f"Join(right_parts={right_parts!r}): not a list; write right_parts=[JoinPart(...)]")
    prepared = _prepared_left(left)
    for part in right_parts:
        if not isinstance(part, ttypes.JoinPart):
            raise DefinitionError(f"Join(right_parts=...) got a {type(part).__name__}; write JoinPart(group_by=...)")
        if part.groupBy is not None:
            validate_group_by(part.groupBy)
    check_distinct(online_external_parts or [])
    custom: dict[str, Any] = {"check_consistency": check_consistency, "lag": lag}
    if additional_args:
        custom["additional_args"] = additional_args
    if additional_env:
        custom["additional_env"] = additional_env
    custom.update(kwargs)
    custom.update(join_tags=tags, join_part_tags=_part_tags(right_parts))
    all_bootstrap_parts = _bootstrap_parts(bootstrap_parts, bootstrap_from_log, online, sample_percent)
    left_dependencies = get_dependencies(prepared, dependencies, lag=lag)
    needed = left_dependencies + parts_dependencies(right_parts, dependencies, lag)
    if dependencies is None:
        needed += get_bootstrap_dependencies(all_bootstrap_parts)
    meta_data = ttypes.MetaData(
        online=online,
        production=production,
        customJson=json.dumps(custom),
        dependencies=list(dict.fromkeys(needed)),
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
        bootstrapParts=all_bootstrap_parts,
        rowIds=row_ids,
        labelPart=_completed_label_part(label_part, left_dependencies) if label_part is not None else None,
        derivations=derivations,
        modelTransforms=model_transforms,
    )
