"""Dependencies as a scheduler outside of the platform takes them, under the names of the reference."""

from ai.chronon.zipline.schedule_dependencies import AIRFLOW_DEPENDENCIES_KEY, DEFAULT_PARTITION_FORMAT
from ai.chronon.zipline.schedule_dependencies import table_dependency as create_airflow_dependency

__all__ = ["AIRFLOW_DEPENDENCIES_KEY", "DEFAULT_PARTITION_FORMAT", "create_airflow_dependency"]
