"""Definitions in a Jupyter notebook.

>>> from ai.chronon.api.ttypes import MetaData, StagingQuery
>>> query = StagingQuery(query="SELECT 1", metaData=MetaData(name="shop.one", outputNamespace="scratch"))
>>> JupyterStagingQuery(query, spark_session=None, name_prefix="ann").table
'scratch.ann_shop_one'
"""

import getpass
import re
from typing import TYPE_CHECKING

from ai.chronon.api import ttypes
from ai.chronon.pyspark.constants import JUPYTER_ROOT_DIR_FOR_IMPORTED_FEATURES
from ai.chronon.pyspark.executables import (
    GroupByExecutable,
    JoinExecutable,
    PlatformInterface,
    StagingQueryExecutable,
    T,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class JupyterPlatform(PlatformInterface):
    """A Jupyter notebook; the user is the one whose process it is."""

    def get_executable_join_cls(self) -> type[JoinExecutable]:
        """Joins in a Jupyter notebook."""
        return JupyterJoin

    def get_jupyter_user(self) -> str:
        """The user of the process, as part of a table's name."""
        return re.sub(r"[^a-zA-Z0-9_]", "_", getpass.getuser())

    def prefix(self, name_prefix: str | None, use_username_prefix: bool) -> str | None:
        """The prefix that was asked for, or else the name of the user, if that was."""
        return name_prefix or (self.get_jupyter_user() if use_username_prefix else None)

    def own(self, obj: T, prefix: str | None, output_namespace: str | None) -> T:
        """A copy of a definition under a prefix."""
        return self.set_metadata(obj, JUPYTER_ROOT_DIR_FOR_IMPORTED_FEATURES, prefix, output_namespace)


class JupyterGroupBy(GroupByExecutable):
    """A GroupBy in a Jupyter notebook.

    Args:
        group_by: The definition; it is copied.
        spark_session: A live session that has the jar of the driver.
        name_prefix: Put before the name of its tables; the name of the user when absent.
        output_namespace: Database of its tables; that of the definition when absent.
        use_username_prefix: Use the name of the user when there is no `name_prefix`. Without either, the tables
            are those of the definition.

    """

    def __init__(
        self,
        group_by: ttypes.GroupBy,
        spark_session: "SparkSession",
        name_prefix: str | None = None,
        output_namespace: str | None = None,
        use_username_prefix: bool = True,
    ) -> None:
        """See the class."""
        platform = JupyterPlatform(spark_session)
        prefix = platform.prefix(name_prefix, use_username_prefix)
        super().__init__(platform.own(group_by, prefix, output_namespace), spark_session)
        self.name_prefix = prefix

    def get_platform(self) -> PlatformInterface:
        """Jupyter."""
        return JupyterPlatform(self.spark)


class JupyterJoin(JoinExecutable):
    """A join in a Jupyter notebook; arguments as of `JupyterGroupBy`."""

    def __init__(
        self,
        join: ttypes.Join,
        spark_session: "SparkSession",
        name_prefix: str | None = None,
        output_namespace: str | None = None,
        use_username_prefix: bool = True,
    ) -> None:
        """See the class."""
        platform = JupyterPlatform(spark_session)
        prefix = platform.prefix(name_prefix, use_username_prefix)
        super().__init__(platform.own(join, prefix, output_namespace), spark_session)
        self.name_prefix = prefix

    def get_platform(self) -> PlatformInterface:
        """Jupyter."""
        return JupyterPlatform(self.spark)


class JupyterStagingQuery(StagingQueryExecutable):
    """A staging query in a Jupyter notebook; arguments as of `JupyterGroupBy`."""

    def __init__(
        self,
        staging_query: ttypes.StagingQuery,
        spark_session: "SparkSession",
        name_prefix: str | None = None,
        output_namespace: str | None = None,
        use_username_prefix: bool = True,
    ) -> None:
        """See the class."""
        platform = JupyterPlatform(spark_session)
        prefix = platform.prefix(name_prefix, use_username_prefix)
        super().__init__(platform.own(staging_query, prefix, output_namespace), spark_session)
        self.name_prefix = prefix

    def get_platform(self) -> PlatformInterface:
        """Jupyter."""
        return JupyterPlatform(self.spark)
