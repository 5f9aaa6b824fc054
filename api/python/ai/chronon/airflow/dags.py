"""Airflow's form of the workflows of a repository."""

import importlib.util
import logging
import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ai.chronon.airflow.operators import PartitionSensor, SkipCoveredDay
from ai.chronon.airflow.versions import DAG, BashOperator
from ai.chronon.repo.layout import TEAMS_FILE
from ai.chronon.scheduler.confs import GROUP_BYS, JOINS, STAGING_QUERIES, read_confs
from ai.chronon.scheduler.partitions import HivePartitions, Partitions
from ai.chronon.scheduler.teams import read_teams
from ai.chronon.scheduler.workflow import GATE, WAIT, Step, Workflow
from ai.chronon.scheduler.workflows import JOBS, Job, Settings, build_workflows

LOG = logging.getLogger(__name__)
METASTORE_KEY = "hive_cli_conn_id"


def _installed_run_py() -> str:
    spec = importlib.util.find_spec("ai.chronon.repo.run")
    if spec is None or spec.origin is None:
        raise ImportError("ai.chronon.repo.run has no file; give the DAGs a run_command")
    return spec.origin


def _jobs_of(types: Iterable[str], modes: Iterable[str]) -> list[Job]:
    return [job for job in JOBS if job.type in types and job.mode in modes]


def _metastore(teams: Mapping[str, Mapping[str, Any]], team: str | None) -> Partitions:
    for name in (team, "default"):
        conn_id = teams.get(name or "default", {}).get(METASTORE_KEY)
        if conn_id:
            return HivePartitions(str(conn_id))
    return HivePartitions()


def _dag(
    workflow: Workflow,
    root: str,
    partitions: Partitions,
    after_upload: Callable[[Step], Any] | None,
    dag_arguments: Mapping[str, Any],
    default_args: Mapping[str, Any],
) -> Any:
    by_team: dict[str, Any] = {"owner": workflow.owner, "queue": workflow.queue, "email": list(workflow.emails)}
    bounds = {"max_active_runs": workflow.max_active_runs, "max_active_tasks": workflow.max_active_steps}
    usual: dict[str, Any] = {
        "schedule": workflow.schedule,
        "start_date": datetime.fromisoformat(workflow.start).replace(tzinfo=timezone.utc),
        "catchup": False,
        "dagrun_timeout": timedelta(minutes=workflow.timeout_minutes),
        "tags": ["chronon", *([workflow.team] if workflow.team else [])],
        "default_args": {**{key: value for key, value in by_team.items() if value}, **default_args},
        **{key: value for key, value in bounds.items() if value is not None},
    }
    with DAG(workflow.id, **{**usual, **dag_arguments}) as dag:
        tasks = {step.id: _task(step, root, partitions) for step in workflow.steps.values()}
        for step in workflow.steps.values():
            for name in step.depends_on:
                tasks[name].set_downstream(tasks[step.id])
            if step.mode == "upload" and after_upload is not None:
                tasks[step.id].set_downstream(after_upload(step))
    return dag


def _task(step: Step, root: str, partitions: Partitions) -> Any:
    if step.kind == WAIT and step.partition is not None:
        return PartitionSensor(task_id=step.id, partition=step.partition, partitions=partitions)
    if step.kind == GATE:
        return SkipCoveredDay(task_id=step.id, inputs=step.inputs, partitions=partitions)
    return BashOperator(
        task_id=step.id,
        bash_command=shlex.join(step.command),
        env=dict(step.environment),
        append_env=True,
        cwd=root,
        # A day that is late must not write its table while the next day's run does.
        max_active_tis_per_dag=1,
        **({"resources": {"ram": step.memory_mb}} if step.memory_mb else {}),
    )


def dags_of(
    jobs: Iterable[Job],
    repo: str | os.PathLike[str],
    *,
    compiled: str = "production",
    run_command: Iterable[str] | None = None,
    arguments: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    split_joins: bool = False,
    log_table: str | None = None,
    schema_table: str | None = None,
    partitions: Partitions | None = None,
    after_upload: Callable[[Step], Any] | None = None,
    dag_arguments: Mapping[str, Any] | None = None,
    default_args: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The DAGs of some jobs of a repository by id.

    Args:
        jobs: Which jobs, of those in `ai.chronon.scheduler.workflows.JOBS`.
        repo: Root of the repository, where the workers have it.
        compiled: Folder of the compiled definitions in it.
        run_command: What starts `run.py`; by default `python3` and the one of this package.
        arguments: Further arguments of each run, such as `--env=production`.
        environment: Further variables of each run.
        split_joins: Whether a join has a task for its left side and for each part, before the join.
        log_table: Table of logged fetches; `CHRONON_LOG_TABLE` by default. Logs are flattened only with both tables.
        schema_table: Table of logged schemas; `CHRONON_SCHEMA_TABLE` by default.
        partitions: What knows which partitions are there; by default the Hive metastore, by the connection that
            `hive_cli_conn_id` of the team names.
        after_upload: Makes the task that puts an uploaded table into the key-value store; called within the DAG.
        dag_arguments: Arguments of each DAG that win over those of its workflow.
        default_args: Arguments of each task, such as callbacks; they win over those of the team.

    Raises:
        ChrononError: A definition or `teams.json` cannot be scheduled; the message says which and why.

    """
    root = os.path.abspath(repo)
    settings = Settings(
        repo=root,
        run_command=tuple(run_command or ("python3", _installed_run_py())),
        arguments=tuple(arguments),
        environment=environment or {},
        split_joins=split_joins,
        log_table=log_table or os.environ.get("CHRONON_LOG_TABLE"),
        schema_table=schema_table or os.environ.get("CHRONON_SCHEMA_TABLE"),
    )
    confs, notes = read_confs(root, compiled)
    teams = read_teams(Path(root, TEAMS_FILE))
    workflows, left_out = build_workflows(confs, teams, settings, jobs)
    for note in [*notes, *left_out]:
        LOG.warning(note)
    built = {}
    for workflow in workflows:
        known = partitions or _metastore(teams, workflow.team)
        built[workflow.id] = _dag(workflow, root, known, after_upload, dag_arguments or {}, default_args or {})
    return built


def group_by_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """DAGs of group-bys by id: streaming, backfills, and uploads. Options as in `dags_of`."""
    return dags_of(_jobs_of([GROUP_BYS], ["streaming", "backfill", "upload"]), repo, **options)


def join_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """One DAG for each scheduled join. Options as in `dags_of`."""
    return dags_of(_jobs_of([JOINS], ["backfill"]), repo, **options)


def staging_query_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """One DAG for the staging queries of each team. Options as in `dags_of`."""
    return dags_of(_jobs_of([STAGING_QUERIES], ["backfill"]), repo, **options)


def online_offline_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """One DAG for each join with `check_consistency`. Options as in `dags_of`."""
    return dags_of(_jobs_of([JOINS], ["consistency-metrics-compute"]), repo, **options)


def stats_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """The DAG of the statistics of scheduled joins. Options as in `dags_of`."""
    return dags_of(_jobs_of([JOINS], ["stats-summary"]), repo, **options)


def log_flattening_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """One DAG for the logged joins of each team; needs `log_table` and `schema_table`. Options as in `dags_of`."""
    return dags_of(_jobs_of([JOINS], ["log-flattener"]), repo, **options)


def metadata_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """The DAGs that upload and export definitions. Options as in `dags_of`."""
    types = [GROUP_BYS, JOINS, STAGING_QUERIES]
    return dags_of(_jobs_of(types, ["metadata-upload", "metadata-export"]), repo, **options)


def all_dags(repo: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """The DAGs of all jobs of a repository by id. Options as in `dags_of`."""
    return dags_of(JOBS, repo, **options)
