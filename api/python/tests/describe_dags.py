"""Parses a folder of DAG files in the environment of Airflow, and prints what is in them as JSON.

The tasks before a job are tried out too: `waits` holds what each sensor finds on the days that are given, `gates`
whether each gate lets the job run.
"""

import json
import os
import sys
from datetime import date
from typing import Any

from ai.chronon.airflow.versions import AirflowSkipException

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
from airflow import __version__


def describe_task(task: Any) -> dict[str, Any]:
    return {
        "type": type(task).__name__,
        "upstream": sorted(task.upstream_task_ids),
        "command": getattr(task, "bash_command", None),
        "environment": getattr(task, "env", None),
        "spec": getattr(task, "spec", None),
        "retries": task.retries,
        "queue": task.queue,
        "owner": task.owner,
        "running_at_once": task.max_active_tis_per_dag,
    }


def describe_dag(dag: Any) -> dict[str, Any]:
    return {
        "start": str(dag.start_date.date()),
        "catchup": dag.catchup,
        "timeout_minutes": dag.dagrun_timeout.total_seconds() / 60 if dag.dagrun_timeout else None,
        "schedule": str(dag.schedule if hasattr(dag, "schedule") else dag.schedule_interval),
        "max_active_tasks": dag.max_active_tasks,
        "max_active_runs": dag.max_active_runs,
        "tags": sorted(dag.tags),
        "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
    }


def tried(task: Any, day: str) -> object:
    try:
        if hasattr(task, "poke"):
            return task.poke({"ds": day})
        task.execute({"ds": day})
    except AirflowSkipException as skipped:
        return str(skipped)
    except ImportError as error:
        return f"ImportError: {error}"
    return "runs"


def main(folder: str, days: list[str]) -> dict[str, Any]:
    bag = DagBag(folder)
    trials = {}
    for dag in bag.dags.values():
        for task in dag.tasks:
            if type(task).__name__ in ("PartitionSensor", "SkipCoveredDay"):
                for day in days:
                    # Airflow fills this in before it runs a task.
                    spec = getattr(task, "spec", None)
                    if spec is not None:
                        task.spec = task.partition.on(date.fromisoformat(day))
                    trials[f"{dag.dag_id}/{task.task_id} {day}"] = tried(task, day)
                    if spec is not None:
                        task.spec = spec
    errors = {os.path.basename(path): text for path, text in bag.import_errors.items()}
    dags = {name: describe_dag(dag) for name, dag in bag.dags.items()}
    return {"version": __version__, "errors": errors, "dags": dags, "trials": trials}


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as output:
        json.dump(main(sys.argv[2], sys.argv[3:]), output)
