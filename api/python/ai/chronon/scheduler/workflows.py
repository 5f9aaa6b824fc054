"""Which jobs a repository's definitions need, and what each waits for: one table, read by every scheduler.

Ids of workflows and steps are those of Chronon's Airflow templates, so that histories go on.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ai.chronon.errors import DefinitionError, TeamsError
from ai.chronon.scheduler.confs import GROUP_BYS, JOINS, STAGING_QUERIES, Conf
from ai.chronon.scheduler.join_steps import FINAL, JoinStep, join_steps
from ai.chronon.scheduler.workflow import GATE, RUN, Partition, Step, Workflow, normalized

# The event that tells the shape of logged values; log flattening reads it.
SCHEMA_EVENT = "name=SCHEMA_PUBLISH_EVENT"
JOIN_MEMORY_MB = 12288


@dataclass(frozen=True)
class Settings:
    """How the commands of a workflow are written."""

    repo: str = "."
    """Root of the repository, as the commands name it."""
    run_command: tuple[str, ...] = ("run.py",)
    """What starts `run.py`."""
    arguments: tuple[str, ...] = ()
    """Further arguments of every run, such as `--env=production`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Further variables of every run."""
    log_table: str | None = None
    """Table of the fetchers' log; without it and the next one, logs are not flattened."""
    schema_table: str | None = None
    """Table of the logged schemas."""
    split_joins: bool = False
    """Whether a join's backfill is split into steps for its left side, each part, and the join."""
    day: str = "{{ ds }}"
    """What stands for the day of a run."""


Inputs = Callable[[Conf, Settings], list[tuple[str, Partition]]]


def _no_inputs(_: Conf, __: Settings) -> list[tuple[str, Partition]]:
    return []


def _dependencies(conf: Conf, _: Settings) -> list[tuple[str, Partition]]:
    """What compiling found out that a GroupBy or join needs."""
    found = []
    for entry in conf.meta_data.get("dependencies") or []:
        try:
            dependency = json.loads(entry)
            found.append((normalized(dependency["name"]), Partition(dependency["spec"], dependency.get("end"))))
        except (ValueError, KeyError, TypeError) as error:
            raise DefinitionError(
                f"{conf.path}: the dependency {entry!r} is not JSON with name and spec; compile it again"
            ) from error
    return found


def _raw_dependencies(conf: Conf, _: Settings) -> list[tuple[str, Partition]]:
    """What the author of a staging query says that it needs."""
    return [(f"wf__{normalized(spec)}", Partition(spec)) for spec in conf.meta_data.get("dependencies") or []]


def _wait_for(spec: str) -> tuple[str, Partition]:
    return f"wait_for_{normalized(spec)}", Partition(spec)


def _own_table(conf: Conf, settings: Settings) -> list[tuple[str, Partition]]:
    return [_wait_for(f"{conf.table}/ds={settings.day}")]


def _logged_table(conf: Conf, settings: Settings) -> list[tuple[str, Partition]]:
    return [_wait_for(f"{conf.table}_logged/ds={settings.day}")]


def _log_tables(_: Conf, settings: Settings) -> list[tuple[str, Partition]]:
    return [
        _wait_for(f"{settings.log_table}/ds={settings.day}/{SCHEMA_EVENT}"),
        _wait_for(f"{settings.schema_table}/ds={settings.day}"),
    ]


@dataclass(frozen=True)
class Job:
    """A mode of `run.py` that definitions of one type are run in, and how its workflow looks."""

    type: str
    mode: str
    workflow: str
    """Id of the workflow; `{team}` and `{name}` are those of the definition."""
    step: str
    applies: Callable[[Conf], bool]
    inputs: Inputs = _dependencies
    table_suffix: str | None = ""
    """What the name of the written table has behind that of the definition; nothing if no table is written."""
    is_for_all: bool = False
    """Whether one run takes all definitions of the type."""
    needs_log_tables: bool = False
    memory_mb: int | None = None
    shape: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the workflow that differ from the usual ones."""


def _always(_: Conf) -> bool:
    return True


def _is_scheduled(conf: Conf) -> bool:
    return conf.schedule is not None


JOBS = (
    Job(
        GROUP_BYS,
        "streaming",
        "chronon_group_by_streaming_{team}",
        "group_by_streaming__{name}",
        lambda conf: conf.is_streamed,
        inputs=_no_inputs,
        table_suffix=None,
        shape={"schedule": "*/20 * * * *", "start": "2022-02-01", "timeout_minutes": 20, "max_active_runs": 1},
    ),
    Job(
        GROUP_BYS,
        "backfill",
        "chronon_group_by_batch_{team}",
        "group_by_batch_backfill__{name}",
        lambda conf: conf.definition.get("backfillStartDate") is not None,
    ),
    Job(
        GROUP_BYS,
        "upload",
        "chronon_group_by_batch_{team}",
        "group_by_batch__{name}",
        lambda conf: conf.is_online,
        table_suffix="_upload",
    ),
    Job(
        JOINS,
        "backfill",
        "chronon_join_{name}",
        "compute_join__{name}",
        _is_scheduled,
        memory_mb=JOIN_MEMORY_MB,
        shape={"max_active_steps": 100},
    ),
    Job(
        STAGING_QUERIES,
        "backfill",
        "chronon_staging_query_batch_{team}",
        "staging_query__{name}",
        _always,
        inputs=_raw_dependencies,
    ),
    Job(
        JOINS,
        "consistency-metrics-compute",
        "chronon_online_offline_comparison_{name}",
        "compute_consistency__{name}",
        lambda conf: conf.custom.get("check_consistency") is True,
        inputs=_logged_table,
        table_suffix="_consistency",
    ),
    Job(
        JOINS,
        "stats-summary",
        "chronon_stats_compute",
        "feature_stats__{name}",
        _is_scheduled,
        inputs=_own_table,
        table_suffix="_daily_stats",
    ),
    Job(
        JOINS,
        "log-flattener",
        "chronon_log_flattening_{team}",
        "log_flattening__{name}",
        lambda conf: (conf.meta_data.get("samplePercent") or 0) > 0,
        inputs=_log_tables,
        table_suffix="_logged",
        needs_log_tables=True,
    ),
    Job(
        JOINS,
        "metadata-upload",
        "chronon_metadata_upload",
        "chronon_join_metadata_upload",
        _always,
        inputs=_no_inputs,
        table_suffix=None,
        is_for_all=True,
    ),
    *(
        Job(
            kind,
            "metadata-export",
            "chronon_ums_metadata_export",
            f"metadata_export__{kind}",
            _always,
            inputs=_no_inputs,
            table_suffix=None,
            is_for_all=True,
        )
        for kind in (GROUP_BYS, JOINS, STAGING_QUERIES)
    ),
)


def build_workflows(
    confs: Iterable[Conf], teams: Mapping[str, Any], settings: Settings, jobs: Iterable[Job] = JOBS
) -> tuple[list[Workflow], list[str]]:
    """The workflows of compiled definitions by id, and a line for each job that was left out.

    Args:
        confs: The compiled definitions.
        teams: What `teams.json` holds: queue, start, owner, user and e-mail addresses by team.
        settings: How commands are written.
        jobs: Which jobs to look for; all by default.

    Raises:
        DefinitionError: A dependency cannot be read, or two definitions make one step.
        TeamsError: A start in `teams.json` is not a day.

    """
    workflows: dict[str, Workflow] = {}
    notes = []
    for job in jobs:
        of_job = [conf for conf in confs if conf.type == job.type and job.applies(conf)]
        if job.needs_log_tables and not (settings.log_table and settings.schema_table):
            names = ", ".join(conf.name for conf in of_job)
            if of_job:
                notes.append(f"--mode {job.mode} is left out, as log table and schema table are not given: {names}")
            continue
        for conf in of_job[:1] if job.is_for_all else of_job:
            _add(workflows, job, conf, teams, settings)
    return [workflows[key] for key in sorted(workflows)], notes


def _add(workflows: dict[str, Workflow], job: Job, conf: Conf, teams: Mapping[str, Any], settings: Settings) -> None:
    name = normalized(conf.name)
    key = job.workflow.format(team=conf.team, name=name)
    workflow = workflows.setdefault(key, _new_workflow(key, job, conf, teams))
    partitions = job.inputs(conf, settings)
    before = tuple(dict.fromkeys(workflow.add_wait(wait, partition) for wait, partition in partitions))
    if before:
        # All jobs of one definition in a workflow have the same inputs, and so one gate.
        gate = Step(f"custom_skip__{name}", GATE, before, inputs=tuple(part for _, part in partitions), conf=conf.path)
        workflow.add(gate)
        before = (gate.id,)
    for step in _runs(job, conf, before, settings):
        workflow.add(replace(step, environment=_environment(conf, teams, settings), memory_mb=job.memory_mb))


def _runs(job: Job, conf: Conf, before: tuple[str, ...], settings: Settings) -> list[Step]:
    """The run of a job, or the steps that it is split into."""
    path = conf.path
    if job.is_for_all:
        path = "/".join([*conf.path.split("/")[:2], "", ""])
    table = None if job.table_suffix is None else conf.table + job.table_suffix
    step_id = job.step.format(name=normalized(conf.name))
    whole = Step(step_id, RUN, before, conf=path, mode=job.mode, command=_command(job, path, settings), produces=table)
    if job.type != JOINS or job.mode != "backfill" or not settings.split_joins:
        return [whole]
    # The last step keeps the id, for whatever waits for it.
    ids = {
        step.name: step_id if step.name == FINAL else f"{step_id}__{step.name}" for step in join_steps(conf.definition)
    }
    return [_split(whole, step, ids) for step in join_steps(conf.definition)]


def _split(whole: Step, step: JoinStep, ids: Mapping[str, str]) -> Step:
    """One of the steps of a join, as a part of its whole run."""
    mode = str(step.arguments["mode"])
    others = {key.replace("_", "-"): value for key, value in step.arguments.items() if key != "mode"}
    flags = [f"--{key}" if value is None else f"--{key}={value}" for key, value in others.items()]
    command = [f"--mode={mode}" if word == f"--mode={whole.mode}" else word for word in whole.command]
    return replace(
        whole,
        id=ids[step.name],
        mode=mode,
        command=(*command, *flags),
        depends_on=tuple(ids[name] for name in step.depends_on) or whole.depends_on,
        produces=whole.produces if step.name == FINAL else None,
    )


def _command(job: Job, path: str, settings: Settings) -> tuple[str, ...]:
    conf = path if settings.repo == os.curdir else f"{settings.repo}/{path}"
    days = [] if job.mode == "streaming" else [f"--ds={settings.day}"]
    tables = []
    if job.needs_log_tables:
        tables = [f"--log-table={settings.log_table}", f"--schema-table={settings.schema_table}"]
    return (*settings.run_command, f"--mode={job.mode}", f"--conf={conf}", *days, *settings.arguments, *tables)


def _environment(conf: Conf, teams: Mapping[str, Any], settings: Settings) -> dict[str, str]:
    user = _team_setting(teams, conf.team, "user")
    own = {"CHRONON_REPO_PATH": settings.repo, **({"USER": str(user)} if user else {})}
    return {**own, **settings.environment}


def _new_workflow(key: str, job: Job, conf: Conf, teams: Mapping[str, Any]) -> Workflow:
    is_of_team = "{team}" in job.workflow or "{name}" in job.workflow
    workflow = Workflow(key, conf.team if is_of_team else None, **job.shape)
    team = conf.team if is_of_team else "default"
    if job.mode == "backfill" and job.type == JOINS and conf.schedule is not None:
        workflow.schedule = conf.schedule
    emails = _team_setting(teams, team, "maintainer_emails") or []
    return replace(
        workflow,
        start=_start(teams, team) or workflow.start,
        queue=_team_setting(teams, team, "airflow_queue"),
        owner=_team_setting(teams, team, "team_name") or (team if is_of_team else None),
        emails=tuple([emails] if isinstance(emails, str) else emails),
    )


def _start(teams: Mapping[str, Any], team: str) -> str | None:
    start = _team_setting(teams, team, "dag_start_date")
    if start is None:
        return None
    try:
        return str(date.fromisoformat(str(start)))
    except ValueError:
        raise TeamsError(f"teams.json: dag_start_date of team {team!r} is {start!r}, not a day yyyy-MM-dd") from None


def _team_setting(teams: Mapping[str, Any], team: str, key: str) -> Any:
    """A setting of a team, or of the default team."""
    for name in (team, "default"):
        found = (teams.get(name) or {}).get(key)
        if found is not None:
            return found
    return None


def producers(workflows: Iterable[Workflow]) -> dict[str, list[str]]:
    """Which runs write a table, as `<workflow>/<step>`."""
    found: dict[str, list[str]] = {}
    for workflow in workflows:
        for step in workflow.steps.values():
            if step.produces is not None:
                found.setdefault(step.produces, []).append(f"{workflow.id}/{step.id}")
    return {table: sorted(runs) for table, runs in found.items()}
