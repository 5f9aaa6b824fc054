"""Definitions in a Databricks notebook: as in Jupyter, under the name of the user of the workspace."""

import re
from typing import TYPE_CHECKING

from ai.chronon.api import ttypes
from ai.chronon.pyspark.constants import DATABRICKS_ROOT_DIR_FOR_IMPORTED_FEATURES
from ai.chronon.pyspark.executables import (
    GroupByExecutable,
    JoinExecutable,
    PlatformInterface,
    StagingQueryExecutable,
    T,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class DatabricksPlatform(PlatformInterface):
    """A Databricks notebook; the user is the one who is logged in to the workspace."""

    def get_executable_join_cls(self) -> type[JoinExecutable]:
        """Joins in a Databricks notebook."""
        return DatabricksJoin

    def get_databricks_user(self) -> str:
        """The part of the user's mail address before the @, as part of a table's name."""
        row = self.spark.sql("SELECT current_user()").first()
        address = str(row[0]) if row is not None else ""
        return re.sub(r"[^a-zA-Z0-9_]", "_", address.split("@")[0])

    def own(self, obj: T, prefix: str) -> T:
        """A copy of a definition under a prefix."""
        return self.set_metadata(obj, DATABRICKS_ROOT_DIR_FOR_IMPORTED_FEATURES, prefix)


class DatabricksGroupBy(GroupByExecutable):
    """A GroupBy in a Databricks notebook, on a live session that has the jar of the driver."""

    def __init__(self, group_by: ttypes.GroupBy, spark_session: "SparkSession") -> None:
        """Copies the definition."""
        platform = DatabricksPlatform(spark_session)
        prefix = platform.get_databricks_user()
        super().__init__(platform.own(group_by, prefix), spark_session)
        self.name_prefix = prefix

    def get_platform(self) -> PlatformInterface:
        """Databricks."""
        return DatabricksPlatform(self.spark)


class DatabricksJoin(JoinExecutable):
    """A join in a Databricks notebook, on a live session that has the jar of the driver."""

    def __init__(self, join: ttypes.Join, spark_session: "SparkSession") -> None:
        """Copies the definition."""
        platform = DatabricksPlatform(spark_session)
        prefix = platform.get_databricks_user()
        super().__init__(platform.own(join, prefix), spark_session)
        self.name_prefix = prefix

    def get_platform(self) -> PlatformInterface:
        """Databricks."""
        return DatabricksPlatform(self.spark)


class DatabricksStagingQuery(StagingQueryExecutable):
    """A staging query in a Databricks notebook, on a live session that has the jar of the driver."""

    def __init__(self, staging_query: ttypes.StagingQuery, spark_session: "SparkSession") -> None:
        """Copies the definition."""
        platform = DatabricksPlatform(spark_session)
        prefix = platform.get_databricks_user()
        super().__init__(platform.own(staging_query, prefix), spark_session)
        self.name_prefix = prefix

    def get_platform(self) -> PlatformInterface:
        """Databricks."""
        return DatabricksPlatform(self.spark)
