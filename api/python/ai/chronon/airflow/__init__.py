"""DAGs of a repository's jobs for Apache Airflow 2.4 and later, 3 among them.

A file in Airflow's DAG folder:

    from ai.chronon.airflow import all_dags

    globals().update(all_dags("/srv/features"))

The ids of DAGs and tasks are those of Chronon's templates. docs/airflow.md tells what can be set, docs/plan.md which
jobs there are and what each waits for.
"""

from ai.chronon.airflow.dags import (
    all_dags,
    dags_of,
    group_by_dags,
    join_dags,
    log_flattening_dags,
    metadata_dags,
    online_offline_dags,
    staging_query_dags,
    stats_dags,
)
from ai.chronon.scheduler.partitions import CommandPartitions, FolderPartitions, HivePartitions

__all__ = [
    "CommandPartitions",
    "FolderPartitions",
    "HivePartitions",
    "all_dags",
    "dags_of",
    "group_by_dags",
    "join_dags",
    "log_flattening_dags",
    "metadata_dags",
    "online_offline_dags",
    "staging_query_dags",
    "stats_dags",
]
