"""`compile.py`: compiles the definitions of a feature repository.

Exit codes: 0, also when a definition was skipped, found invalid or left alone because it is online
(`--strict` makes these 1); 1 for a definition that cannot be compiled; 2 for wrong usage.
"""

import json
import logging
import os
import sys
import traceback
from dataclasses import dataclass, field

import click

from ai.chronon.errors import ChrononError, UnsupportedError
from ai.chronon.naming import meta_data
from ai.chronon.repo.compiled import Compilable, CompiledRepository, split_name
from ai.chronon.repo.compiler import Compiler, Decision, Item, Options, Plan, lost_sampling
from ai.chronon.repo.discovery import definitions, import_file, module_files, put_on_path
from ai.chronon.repo.layout import FOLDERS, UNSUPPORTED_FOLDERS
from ai.chronon.repo.serializer import to_tree
from ai.chronon.repo.teams import Teams

LABEL_WIDTH = 25


@dataclass
class Collected:
    """What was found at the input path: definitions, and files that could not be taken."""

    definitions: list[Compilable] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unsupported: bool = False


def _show(label: str, value: str) -> None:
    click.echo(f"{label:>{LABEL_WIDTH}} - {click.style(value, fg='blue')}")


def _warn(text: str) -> None:
    click.secho(text, fg="yellow", err=True)


def _fail(text: str) -> None:
    click.secho(text, fg="red", err=True)


def _folder(input_path: str) -> str:
    """The kind of definitions that an input path asks for: its first folder."""
    folder = input_path.replace(os.sep, "/").split("/")[0]
    if folder in UNSUPPORTED_FOLDERS:
        raise UnsupportedError(f"{input_path}: {folder} are not supported by this version of Chronon Native yet")
    if folder not in FOLDERS:
        raise click.UsageError(
            f"--input_path {input_path} must begin with one of {', '.join(FOLDERS)}, relative to the chronon root"
        )
    return folder


def _collect(root: str, input_path: str, folder: str) -> Collected:
    """Imports the files; one that fails stops the run when it was asked for alone, else it is reported."""
    collected = Collected()
    path = os.path.join(root, input_path)
    for file in module_files(path):
        try:
            collected.definitions += definitions(import_file(root, file), FOLDERS[folder])
        except Exception as error:
            if os.path.isfile(path):
                raise
            collected.failed.append(file)
            collected.unsupported |= isinstance(error, UnsupportedError)
            _fail(f"{file}: {error}" if isinstance(error, ChrononError) else f"{file}:\n{traceback.format_exc()}")
    return collected


def _ask(asked: list[Compilable], compiled: CompiledRepository, force_overwrite: bool, yes: bool) -> Options:
    """What to keep of existing files, from the user unless prompts are off."""
    if yes:
        return Options(force_overwrite=force_overwrite)
    update = click.confirm("Update the environment variables (modeToEnvMap) of compiled definitions?", default=True)
    disable = True
    if joins := lost_sampling(asked, compiled):
        click.echo("Requests of these joins are logged, and their definitions have no sample_percent any more:")
        for name in joins:
            click.echo(f"  {name}")
        disable = click.confirm("Disable the logging?", default=False)
    return Options(force_overwrite, keep_environment=not update, keep_sampling=not disable)


def _report(item: Item, debug: bool) -> None:
    kind = type(item.definition).__name__
    team, rest = split_name(item.name)
    _show(f"{kind} Team", team)
    _show(f"{kind} Name", rest)
    if debug:
        click.echo(json.dumps(to_tree(item.definition), indent=2))
    if item.decision is Decision.WRITE:
        _show(f"Writing {kind} to", item.path)
    elif item.decision is Decision.SKIP:
        click.secho(f"Skipping {kind} {rest}: {'; '.join(item.messages)}", fg="yellow")
    else:
        _fail(f"Cannot write {kind} {item.name}:")
        for message in item.messages:
            _fail(f"  - {message}")


def _count(items: list[Item], kind: str, output: str) -> None:
    number = sum(item.decision is Decision.WRITE and type(item.definition).__name__ == kind for item in items)
    if number:
        click.echo(f"Successfully wrote {number} {kind} objects to {output}")


def _finish(plan: Plan, folder: str, output: str, debug: bool) -> None:
    for item in plan.asked + plan.along:
        _report(item, debug)
    plan.write()
    for warning in plan.warnings:
        _fail(warning)
    _count(plan.along, "GroupBy", output)
    _count(plan.along, "Join", output)
    _count(plan.asked, FOLDERS[folder].__name__, output)


def extract_and_convert(
    chronon_root: str,
    input_path: str,
    output_root: str,
    *,
    debug: bool = False,
    force_overwrite: bool = False,
    yes: bool = False,
    strict: bool = False,
) -> int:
    """Compiles what is at a path of a repository, and returns the exit code; the parameters are the flags."""
    root = os.path.abspath(chronon_root)
    folder = _folder(input_path)
    output = os.path.join(root, output_root)
    _show("Using chronon root path", root)
    _show(f"Input {folder} from", os.path.join(root, input_path))
    teams = Teams.load(root)
    put_on_path(root)
    collected = _collect(root, input_path, folder)
    for definition in collected.definitions if debug else []:
        _show("Extracted", str(meta_data(definition).name))
    compiled = CompiledRepository(output)
    options = _ask(collected.definitions, compiled, force_overwrite, yes)
    plan = Compiler(teams, compiled, options).plan(collected.definitions)
    _finish(plan, folder, output, debug)
    if collected.failed:
        _warn(f"{len(collected.failed)} files could not be taken, see above: {', '.join(collected.failed)}")
    incomplete = collected.failed or any(
        item.decision in (Decision.INVALID, Decision.PROTECTED) for item in plan.asked + plan.along
    )
    return 1 if collected.unsupported or (strict and incomplete) else 0


@click.command(name="compile.py")
@click.option(
    "--chronon_root", envvar="CHRONON_ROOT", default=os.getcwd, help="Root of the repository. [default: here]"
)
@click.option(
    "--input_path",
    "--conf",
    "input_path",
    required=True,
    help="File or folder to compile, relative to the root; begins with group_bys or joins.",
)
@click.option("--output_root", default="production", show_default=True, help="Output folder, relative to the root.")
@click.option("--debug", is_flag=True, help="Print what was extracted.")
@click.option(
    "--force-overwrite", is_flag=True, help="Overwrite online definitions, skip nothing, compile what is made of them."
)
@click.option("--feature-display", is_flag=True, help="Not supported yet.")
@click.option("--table-display", is_flag=True, help="Not supported yet.")
@click.option(
    "--yes", "-y", is_flag=True, help="Ask nothing: update environments, disable logging that is not asked for."
)
@click.option("--strict", is_flag=True, help="Exit with 1 when any file or definition was not compiled.")
def main(
    chronon_root: str,
    input_path: str,
    output_root: str,
    debug: bool,
    force_overwrite: bool,
    feature_display: bool,
    table_display: bool,
    yes: bool,
    strict: bool,
) -> None:
    """Compile the GroupBys or Joins of a feature repository into the files that jobs take."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    try:
        for flag, given in (("--feature-display", feature_display), ("--table-display", table_display)):
            if given:
                raise UnsupportedError(f"compile.py {flag}: not supported by this version of Chronon Native yet")
        code = extract_and_convert(
            chronon_root,
            input_path,
            output_root,
            debug=debug,
            force_overwrite=force_overwrite,
            yes=yes,
            strict=strict,
        )
    except ChrononError as error:
        _fail(f"compile.py: {error}")
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
