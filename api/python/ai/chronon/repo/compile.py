"""`compile.py`: compiles the definitions of a feature repository.

Exit codes: 0, also when a definition was skipped, found invalid or left alone because it is online
(`--strict` makes the latter two 1); 1 for a file or definition that cannot be compiled, and with `--check` when a
file would change; 2 for wrong usage.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import click

from ai.chronon.dialect import AIRBNB, use_repository
from ai.chronon.errors import ChrononError, CompilationError, PathError
from ai.chronon.naming import meta_data
from ai.chronon.repo.changes import Change, change_of
from ai.chronon.repo.collect import Collected, all_files, collect, collect_all
from ai.chronon.repo.compiled import Compilable, CompiledRepository, split_name
from ai.chronon.repo.compiler import Compiler, Decision, Item, Options, Plan, lost_sampling
from ai.chronon.repo.discovery import put_on_path
from ai.chronon.repo.displays import LABEL_WIDTH, show_features, show_tables
from ai.chronon.repo.layout import FOLDERS
from ai.chronon.repo.serializer import to_tree
from ai.chronon.repo.teams import Teams
from ai.chronon.repository import repository_at


@dataclass(frozen=True)
class Request:
    """What one run of `compile.py` is asked to do; the fields are its flags."""

    root: str
    input_path: str | None
    output_root: str
    debug: bool = False
    force_overwrite: bool = False
    feature_display: bool = False
    table_display: bool = False
    yes: bool = False
    strict: bool = False
    check: bool = False
    as_json: bool = False

    @property
    def output(self) -> str:
        """The folder of the compiled files."""
        return os.path.join(self.root, self.output_root)


@dataclass
class Outcome:
    """What a run came to: its plan, what would change on disk, and every error."""

    plan: Plan = field(default_factory=Plan)
    changes: list[Change] = field(default_factory=list)
    errors: list[ChrononError] = field(default_factory=list)

    def code(self, request: Request) -> int:
        """The exit code."""
        refused = any(item.decision in (Decision.INVALID, Decision.PROTECTED) for item in self.plan.items)
        return 1 if self.errors or (request.check and self.changes) or (request.strict and refused) else 0

    def describe(self, request: Request) -> dict[str, Any]:
        """The outcome as JSON: `--json` prints it, and nothing else, to standard output."""
        return {
            "exit_code": self.code(request),
            "definitions": [
                {
                    "name": item.name,
                    "type": item.kind,
                    "path": os.path.relpath(item.path, request.root),
                    "decision": item.decision.value,
                    "messages": item.messages,
                    "warnings": item.warnings,
                }
                for item in self.plan.items
            ],
            "warnings": self.plan.warnings,
            "errors": [str(error) for error in self.errors],
            "changes": [vars(change) for change in self.changes],
        }


def _show(label: str, value: str) -> None:
    click.echo(f"{label:>{LABEL_WIDTH}} - {click.style(value, fg='blue')}")


def _fail(text: str) -> None:
    click.secho(text, fg="red", err=True)


def _relative_path(root: str, input_path: str) -> tuple[str, str]:
    """An input path relative to the root, and its first folder, which tells the kind of definitions.

    Raises:
        PathError: It leads out of the repository, or to a folder without definitions.

    """
    relative = os.path.relpath(os.path.join(root, input_path), root)
    folder = relative.split(os.sep)[0]
    real = os.path.relpath(os.path.realpath(os.path.join(root, relative)), os.path.realpath(root))
    if folder == os.pardir or real.split(os.sep)[0] == os.pardir:
        raise PathError(f"--input_path {input_path} leads out of the repository at {root}")
    if folder not in FOLDERS:
        raise PathError(
            f"--input_path {input_path} must begin with one of {', '.join(FOLDERS)}, "
            f"relative to the chronon root {root}"
        )
    return relative, folder


@contextmanager
def _progress(request: Request) -> Iterator[Callable[[str], None]]:
    """A function to call with each file; it moves a bar where a person watches."""
    if request.as_json or not sys.stderr.isatty():
        yield lambda _file: None
        return
    with click.progressbar(length=len(all_files(request.root)), label="Importing", file=sys.stderr) as bar:
        yield lambda _file: bar.update(1)


def _collect(request: Request) -> Collected:
    if request.input_path is None:
        with _progress(request) as tick:
            return collect_all(request.root, tick)
    relative, _ = _relative_path(request.root, request.input_path)
    return collect(request.root, os.path.join(request.root, relative))


def _ask(asked: list[Compilable], compiled: CompiledRepository, request: Request) -> Options:
    """What to keep of existing files, from the user unless prompts are off."""
    if request.yes or request.check or request.as_json:
        return Options(request.force_overwrite, request.strict)
    update = click.confirm("Update the environment variables (modeToEnvMap) of compiled definitions?", default=True)
    disable = True
    if joins := lost_sampling(asked, compiled):
        click.echo("Requests of these joins are logged, and their definitions have no sample_percent any more:")
        for name in joins:
            click.echo(f"  {name}")
        disable = click.confirm("Disable the logging?", default=False)
    return Options(request.force_overwrite, request.strict, keep_environment=not update, keep_sampling=not disable)


def _report(item: Item, request: Request, *, displays: bool) -> None:
    team, rest = split_name(item.name)
    _show(f"{item.kind} Team", team)
    _show(f"{item.kind} Name", rest)
    if request.debug:
        click.echo(json.dumps(to_tree(item.definition), indent=2))
    for warning in item.warnings:
        click.secho(f"Warning: {warning}", fg="yellow", err=True)
    if item.decision is Decision.WRITE:
        _show(f"Writing {item.kind} to" if not request.check else f"{item.kind} file", item.path)
        if displays:
            _display(item, request)
    elif item.decision is Decision.SKIP:
        click.secho(f"Skipping {item.kind} {rest}: {'; '.join(item.messages)}", fg="yellow")
    elif item.decision is not Decision.FAILED:
        _fail(f"Cannot write {item.kind} {item.name}:")
        for message in item.messages:
            _fail(f"  - {message}")


def _display(item: Item, request: Request) -> None:
    """Prints columns and tables; a definition that leaves them open is written all the same."""
    try:
        if request.feature_display:
            show_features(item.definition)
        if request.table_display:
            show_tables(item.definition)
    except ChrononError as error:
        click.secho(f"Warning: {item.name}: {error}", fg="yellow", err=True)


def _report_counts(plan: Plan, output: str) -> None:
    written = plan.written
    along = {item.path for item in plan.along}
    for goes_along in (True, False):
        for kind in ("StagingQuery", "GroupBy", "Join"):
            number = sum(item.kind == kind and (item.path in along) is goes_along for item in written)
            if number:
                click.echo(f"Successfully wrote {number} {kind} objects to {output}")


def _broken_files(compiled: CompiledRepository, plan: Plan) -> list[ChrononError]:
    """Compiled files that cannot be read; the one of a definition that is compiled now is about to be replaced."""
    _ = compiled.group_bys, compiled.joins
    replaced = {item.path for item in plan.written}
    return [error for path, error in compiled.broken.items() if path not in replaced]


def run(request: Request) -> Outcome:
    """Compiles what is asked for, prints a report, and returns what came of it.

    Files are written only if every compiled file that the checks need could be read.

    Raises:
        ChrononError: The run cannot begin: no such path, no teams.

    """
    use_repository(request.root, AIRBNB)
    teams = Teams.load(request.root)
    _show("Using chronon root path", request.root)
    if request.input_path is not None:
        relative, folder = _relative_path(request.root, request.input_path)
        _show(f"Input {folder} from", os.path.join(request.root, relative))
    put_on_path(request.root)
    with repository_at(request.root):
        collected = _collect(request)
        for definition in collected.definitions if request.debug else []:
            _show("Extracted", str(meta_data(definition).name))
        compiled = CompiledRepository(request.output)
        options = _ask(collected.definitions, compiled, request)
        plan = Compiler(request.root, teams, compiled, options).plan(collected.definitions)
    return _finish(request, plan, compiled, collected)


def _finish(request: Request, plan: Plan, compiled: CompiledRepository, collected: Collected) -> Outcome:
    outcome = Outcome(plan)
    outcome.errors += collected.failed.values()
    outcome.errors += dict.fromkeys(item.error for item in plan.items if item.error is not None)
    broken = _broken_files(compiled, plan)
    outcome.errors += broken
    for item in plan.asked:
        _report(item, request, displays=True)
    for item in plan.along:
        _report(item, request, displays=False)
    for warning in plan.warnings:
        _fail(warning)
    if request.check:
        outcome.changes = [change for item in plan.written if (change := change_of(item, compiled))]
        for change in outcome.changes:
            click.echo("\n".join(change.lines()))
        click.echo(f"{len(outcome.changes)} files would change")
    elif broken:
        _fail("Nothing was written: a compiled file that the checks need cannot be read")
    else:
        plan.write()
        _report_counts(plan, request.output)
    return outcome


def _raise(errors: list[ChrononError]) -> None:
    """Raises the errors of a run as one."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise CompilationError("\n".join([f"{len(errors)} errors", *(f"  - {error}" for error in errors)]))


def execute(request: Request) -> int:
    """Runs a request, and returns the exit code.

    Raises:
        ChrononError: What could not be compiled, once everything else was.

    """
    if not request.as_json:
        outcome = run(request)
        _raise(outcome.errors)
        return outcome.code(request)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        try:
            outcome = run(request)
        except ChrononError as error:
            outcome = Outcome(errors=[error])
    click.echo(json.dumps(outcome.describe(request), indent=2))
    return outcome.code(request)


@click.command(name="compile.py")
@click.option(
    "--chronon_root", envvar="CHRONON_ROOT", default=os.getcwd, help="Root of the repository. [default: here]"
)
@click.option(
    "--input_path",
    "--conf",
    "input_path",
    help="File or folder to compile, relative to the root; begins with group_bys, joins or staging_queries.",
)
@click.option("--all", "everything", is_flag=True, help="Compile the whole repository, each file as if alone.")
@click.option("--output_root", default="production", show_default=True, help="Output folder, relative to the root.")
@click.option("--debug", is_flag=True, help="Print what was extracted.")
@click.option(
    "--force-overwrite", is_flag=True, help="Overwrite online definitions, skip nothing, compile what is made of them."
)
@click.option("--feature-display", is_flag=True, help="Print the columns of what is written.")
@click.option("--table-display", is_flag=True, help="Print the tables of what is written, by run mode, as JSON.")
@click.option(
    "--yes", "-y", is_flag=True, help="Ask nothing: update environments, disable logging that is not asked for."
)
@click.option(
    "--strict/--no-strict",
    default=False,
    help="Refuse also what only a job would refuse, and exit with 1 when a definition is invalid or protected.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; print what would change on disk, and exit with 1 if anything would."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON, and nothing else; asks nothing.")
def extract_and_convert(chronon_root: str, input_path: str | None, everything: bool, **flags: Any) -> None:
    """Compile the definitions of a feature repository into the files that jobs take."""
    if everything == (input_path is not None):
        raise click.UsageError(
            "--all takes no --input_path" if everything else "Missing option '--input_path' / '--conf', or '--all'."
        )
    code = execute(Request(root=os.path.abspath(chronon_root), input_path=input_path, **flags))
    if code:
        sys.exit(code)


def main() -> None:
    """The command line: errors are printed in one piece, and end it with exit code 1."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    try:
        extract_and_convert()
    except ChrononError as error:
        _fail(f"compile.py: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
