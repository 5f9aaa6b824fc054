"""`run.py --plan`: writes what a scheduler has to do for a repository to `plan.json`.

docs/plan.md describes the file. It holds nothing that changes from run to run, so that it
can be kept beside the compiled definitions.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ai.chronon.errors import ChrononError
from ai.chronon.repo.compiled import write_atomically
from ai.chronon.repo.layout import TEAMS_FILE
from ai.chronon.scheduler.confs import read_confs
from ai.chronon.scheduler.teams import read_teams
from ai.chronon.scheduler.workflow import RUN, Workflow
from ai.chronon.scheduler.workflows import Settings, build_workflows, producers

FORMAT = 1
"""Version of the file's form; it grows when a reader would have to change."""


def plan_json(workflows: Sequence[Workflow]) -> str:
    """The text of `plan.json`."""
    produced_by = producers(workflows)
    plan = {"format": FORMAT, "workflows": [workflow.to_json(produced_by) for workflow in workflows]}
    return json.dumps(plan, indent=2, ensure_ascii=False) + "\n"


def _restricted(workflows: Sequence[Workflow], confs: Sequence[str], repo: str) -> list[Workflow]:
    """The workflows without the runs of other definitions, and what only those need.

    Raises:
        click.BadParameter: A definition has no run at all.

    """
    wanted = {Path(conf).as_posix() for conf in confs}
    known = {str(step.conf) for workflow in workflows for step in workflow.steps.values() if step.kind == RUN}
    for conf in sorted(wanted - known):
        where = "has no scheduled job" if Path(repo, conf).is_file() else f"does not exist in {repo}"
        raise click.BadParameter(f"{conf} {where}", param_hint="--conf")
    kept = []
    for workflow in workflows:
        needed = [step.id for step in workflow.steps.values() if step.kind == RUN and step.conf in wanted]
        for step_id in needed:
            needed.extend(name for name in workflow.steps[step_id].depends_on if name not in needed)
        if needed:
            workflow.steps = {name: step for name, step in workflow.steps.items() if name in needed}
            kept.append(workflow)
    return kept


@click.command(name="plan", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--repo", envvar="CHRONON_REPO_PATH", default=".", show_default=True, help="Root of the repository.")
@click.option("--compiled", default="production", show_default=True, help="Folder of the compiled definitions in it.")
@click.option("--conf", "confs", multiple=True, help="Only this compiled definition, relative to --repo; repeatable.")
@click.option(
    "--output", default=None, help="File to write, `-` for standard output.  [default: plan.json in the repository]"
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file is not up to date.")
@click.option("--run-argument", "arguments", multiple=True, help="Further argument of each run.py; repeatable.")
@click.option("--split-joins", is_flag=True, help="A step for the left side and each part of a join, before the join.")
@click.option("--log-table", envvar="CHRONON_LOG_TABLE", help="Table of logged fetches, for log flattening.")
@click.option("--schema-table", envvar="CHRONON_SCHEMA_TABLE", help="Table of logged schemas, for log flattening.")
def main(
    repo: str,
    compiled: str,
    confs: tuple[str, ...],
    output: str | None,
    check: bool,
    arguments: tuple[str, ...],
    split_joins: bool,
    log_table: str | None,
    schema_table: str | None,
) -> None:
    """Write the jobs of a repository, and what each waits for, as plan.json.

    Commands in it are run from the root of the repository; `{{ ds }}` in them stands for the day of a run.
    """
    settings = Settings(arguments=arguments, log_table=log_table, schema_table=schema_table, split_joins=split_joins)
    try:
        if not Path(repo, compiled).is_dir():
            raise click.ClickException(f"{os.path.join(repo, compiled)} does not exist; compile definitions first")
        found, notes = read_confs(repo, compiled)
        workflows, left_out = build_workflows(found, read_teams(Path(repo, TEAMS_FILE)), settings)
    except ChrononError as error:
        raise click.ClickException(str(error)) from error
    for note in [*notes, *left_out]:
        click.echo(note, err=True)
    text = plan_json(_restricted(workflows, confs, repo) if confs else workflows)
    if output == "-":
        click.echo(text, nl=False)
        return
    path = output or os.path.join(repo, "plan.json")
    if not check:
        write_atomically(os.path.abspath(path), text)
        click.echo(f"{path}: {len(json.loads(text)['workflows'])} workflows")
    elif not os.path.isfile(path) or Path(path).read_text(encoding="utf-8") != text:
        click.echo(f"{path} is not up to date; write it with run.py --plan", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
