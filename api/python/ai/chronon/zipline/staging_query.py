"""Staging queries: free SQL whose result is kept as a partitioned table."""

import re
import sys
import warnings
from dataclasses import dataclass
from typing import Any

from ai.chronon.errors import DefinitionError, DefinitionValueError
from ai.chronon.zipline.later import refuse_later
from ai.chronon.zipline.naming import caller_team
from ai.chronon.zipline.schedule_dependencies import Dependency, custom_json, table_dependency
from ai.chronon.zipline.utils import checked_version
from gen_thrift.api import ttypes
from gen_thrift.common import ttypes as common

__all__ = ["EngineType", "StagingQuery", "TableDependency"]


class EngineType:
    """What runs a staging query; Spark when it is not said."""

    SPARK = ttypes.EngineType.SPARK
    BIGQUERY = ttypes.EngineType.BIGQUERY
    SNOWFLAKE = ttypes.EngineType.SNOWFLAKE


def _days(length: int | None) -> common.Window | None:
    return None if length is None else common.Window(length, common.TimeUnit.DAYS)


@dataclass
class TableDependency:
    """The partitions of a table that a staging query waits for.

    Args:
        table: Table, with its database.
        partition_column: Its partition column; without one, a scheduler outside of the platform does not wait for it.
        partition_format: Pattern of its dates, such as `yyyyMMdd`.
        additional_partitions: Further partitions of a day to wait for, such as `hr=23`.
        offset: Deprecated: both offsets at once.
        start_offset: Days from the first day of the query back to the first partition that is needed; 0 when absent,
            without bound when only `start_cutoff` is given.
        end_offset: Days from the last day of the query back to the last partition that is needed; 0 when absent.
        start_cutoff: No earlier partition is needed.
        end_cutoff: No later partition is needed.
        time_partitioned: The partition column holds a time, not a text.

    """

    table: str
    partition_column: str | None = None
    partition_format: str | None = None
    additional_partitions: list[str] | None = None
    offset: int | None = None
    start_offset: int | None = None
    end_offset: int | None = None
    start_cutoff: str | None = None
    end_cutoff: str | None = None
    time_partitioned: bool | None = None

    def __post_init__(self) -> None:
        """Warns of the deprecated argument."""
        if self.offset is not None:
            warnings.warn(
                f"TableDependency({self.table!r}, offset=...) is deprecated; write start_offset and end_offset",
                DeprecationWarning,
                stacklevel=3,
            )

    def resolved_offsets(self) -> tuple[int | None, int]:
        """The days to look back for the first and for the last partition; None is without bound."""
        end = self.end_offset if self.end_offset is not None else self.offset or 0
        if self.start_offset is not None or self.offset is not None:
            return self.start_offset if self.start_offset is not None else self.offset, end
        only_start_cutoff = self.start_cutoff is not None
        return None if only_start_cutoff else 0, end

    def to_thrift(self) -> common.TableDependency:
        """The dependency as it is kept in the compiled file."""
        start, end = self.resolved_offsets()
        return common.TableDependency(
            tableInfo=common.TableInfo(
                table=self.table,
                partitionColumn=self.partition_column,
                partitionFormat=self.partition_format,
                partitionInterval=_days(1),
                timePartitioned=self.time_partitioned,
            ),
            startOffset=_days(start),
            endOffset=_days(end),
            startCutOff=self.start_cutoff,
            endCutOff=self.end_cutoff,
        )


def _tables_in(query: str) -> list[str]:
    """The tables that a query names, its own named subqueries included; none when it does not parse."""
    import sqlglot  # noqa: PLC0415 - takes longer to import than the rest of the package
    from sqlglot import exp  # noqa: PLC0415

    try:
        tree = sqlglot.parse_one(re.sub(r"\{\{.*?\}\}", "1", query, flags=re.DOTALL), dialect="spark")
    except sqlglot.errors.SqlglotError:
        return []
    return sorted({table.sql() for table in tree.find_all(exp.Table) if table.name})


def _scheduler_entry(dependency: TableDependency | dict[str, str]) -> list[Dependency]:
    if isinstance(dependency, dict):
        return [dependency]
    if dependency.partition_column is None:
        return []
    return [
        table_dependency(
            dependency.table,
            dependency.partition_column,
            dependency.additional_partitions,
            dependency.resolved_offsets()[1],
            dependency.end_cutoff,
            dependency.partition_format,
        )
    ]


def _checked(dependencies: Any, query: str) -> list[TableDependency | dict[str, str]]:
    if dependencies is None:
        tables = _tables_in(query)
        if tables:
            raise DefinitionError(
                f"StagingQuery(query=...) reads {', '.join(tables)}, but has no dependencies; "
                "write dependencies=[TableDependency(table=..., partition_column=..., end_offset=0)]"
            )
        return []
    for dependency in dependencies:
        if not isinstance(dependency, (TableDependency, dict)):
            raise DefinitionValueError(
                f"StagingQuery(dependencies=...) holds {dependency!r}; write TableDependency(...), or a dictionary "
                "with name and spec"
            )
    return list(dependencies)


def StagingQuery(
    query: str,
    version: int | None = None,
    output_namespace: str | None = None,
    table_properties: dict[str, str] | None = None,
    setups: list[str] | None = None,
    engine_type: int | None = None,
    dependencies: list[TableDependency | dict[str, str]] | None = None,
    tags: dict[str, str] | None = None,
    offline_schedule: str | None = "@daily",
    conf: common.ConfigProperties | None = None,
    env_vars: common.EnvironmentVariables | None = None,
    cluster_conf: common.ClusterConfigProperties | None = None,
    step_days: int | None = None,
    recompute_days: int | None = None,
    additional_partitions: list[str] | None = None,
    **later: Any,
) -> ttypes.StagingQuery:
    """Describes a table by SQL.

    Args:
        query: Statement; `{{ start_date }}` and `{{ end_date }}` stand for the days of the run.
        version: Whole number that ends the name.
        output_namespace: Database of the table; that of the team when absent.
        table_properties: Properties of the table.
        setups: SQL statements to run before the query.
        engine_type: A member of `EngineType`.
        dependencies: Tables to wait for; needed when the query reads tables, an empty list waits for none.
        tags: Notes, kept in the meta data.
        offline_schedule: Schedule of the runs; `@never` turns them off.
        conf: Settings of the jobs, above those of the team.
        env_vars: Environment of the jobs, above that of the team.
        cluster_conf: Settings of the cluster, above those of the team.
        step_days: Days that one step covers.
        recompute_days: Days before the newest that every run computes again.
        additional_partitions: Further partition columns of the table.
        **later: Arguments of later releases; refused by name.

    Raises:
        DefinitionError: The query reads tables and says nothing of dependencies.
        DefinitionValueError: A dependency is neither a `TableDependency` nor a dictionary.

    """
    refuse_later("StagingQuery", later)
    listed = _checked(dependencies, query)
    entries = [entry for dependency in listed for entry in _scheduler_entry(dependency)]
    return ttypes.StagingQuery(
        query=query,
        setups=setups,
        engineType=engine_type,
        tableDependencies=[item.to_thrift() for item in listed if isinstance(item, TableDependency)],
        recomputeDays=recompute_days,
        metaData=ttypes.MetaData(
            team=caller_team(sys._getframe(1)),
            version=checked_version(version),
            outputNamespace=output_namespace,
            tableProperties=table_properties,
            additionalOutputPartitionColumns=additional_partitions,
            tags=tags,
            customJson=custom_json(None, entries),
            executionInfo=common.ExecutionInfo(
                offlineSchedule=offline_schedule,
                conf=conf,
                env=env_vars,
                clusterConf=cluster_conf,
                stepDays=step_days,
            ),
        ),
    )
