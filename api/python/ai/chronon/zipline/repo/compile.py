"""`zipline compile`: compiles a feature repository of the zipline dialect, all of it.

Exit codes: 0; 1 for an error in a definition, or for a change that nobody agreed to; 2 for wrong usage. With
`--format json` a change that has to be agreed to is an answer of its own and exits with 0; nothing is written then.
"""

import json
import os
import sys
from collections import defaultdict

import click

from ai.chronon.errors import ChrononError
from ai.chronon.zipline.compile.changes import Change, Kind, difference, to_confirm
from ai.chronon.zipline.compile.compiler import Compilation, compile_repository
from ai.chronon.zipline.compile.definitions import location
from ai.chronon.zipline.compile.store import OUTPUT_FOLDER, name_of
from ai.chronon.zipline.naming import FOLDERS
from gen_thrift.api.ttypes import ConfType

CONF_TYPES = {
    "group_bys": ConfType.GROUP_BY,
    "joins": ConfType.JOIN,
    "staging_queries": ConfType.STAGING_QUERY,
    "models": ConfType.MODEL,
    "model_transforms": ConfType.MODEL_TRANSFORMS,
}
SIGNS = {Kind.ADDED: ("+", "green"), Kind.CHANGED: ("!", "yellow"), Kind.DELETED: ("-", "red")}
FORMATS = click.Choice(["text", "json"], case_sensitive=False)


def _folder(path: str) -> str:
    return path.split("/")[0]


def _line(change: Change) -> str:
    if change.kind is Kind.NEW_VERSION:
        base, _, version = change.name.rpartition("__")
        return click.style(f"  ^ {base}: version {change.earlier} -> {version}", fg="cyan")
    sign, color = SIGNS[change.kind]
    in_place = " (in place)" if change.kind is Kind.CHANGED else ""
    return click.style(f"  {sign} {change.name} {change.kind.value}{in_place}", fg=color)


def _show_changes(result: Compilation) -> None:
    """Prints what changes, kind by kind, and the lines of files that change in place."""
    found = result.changes
    for folder, kind in FOLDERS.items():
        of_kind = [change for change in found if _folder(change.path) == folder]
        if not of_kind:
            continue
        click.echo(f"{kind.__name__}:")
        for change in of_kind:
            click.echo(_line(change))
            if change.kind is Kind.CHANGED:
                click.echo(difference(result.old[change.path], result.texts[change.path]))
    if not found:
        click.echo("No changes")


def _show_errors(result: Compilation) -> None:
    for path, errors in result.errors.items():
        for error in errors:
            file = os.path.relpath(path, result.root)
            where = location(error, result.root) or file
            within = "" if where.partition(":")[0] == file else f" (imported by {file})"
            message = error if isinstance(error, ChrononError) else repr(error)
            click.secho(f"{where}: {message}{within}", fg="red", err=True)


def _results(result: Compilation) -> dict[str, list[str]]:
    names = defaultdict(list)
    for path in sorted(result.texts):
        names[ConfType._VALUES_TO_NAMES[CONF_TYPES[_folder(path)]]].append(name_of(path))
    return dict(names)


def _report_json(result: Compilation, failed: bool) -> None:
    report: dict[str, object] = {"status": "error" if failed else "success", "results": _results(result)}
    if result.errors:
        report["errors"] = {
            os.path.relpath(path, result.root): [str(error) for error in errors]
            for path, errors in result.errors.items()
        }
    click.echo(json.dumps(report, indent=4))


def _agreed(pending: list[Change], as_json: bool, dry_run: bool) -> bool | None:
    """Whether the changes may be made; None when the question itself was the answer."""
    names = ", ".join(change.name for change in pending)
    if as_json:
        question = {
            "prompt": f"These definitions change in place, or vanish, without a new version: {names}. Proceed?",
            "options": ["yes", "no"],
            "instructions": "If yes, run it again with --force.",
        }
        click.echo(json.dumps(question))
        return None
    click.secho(f"{names}: changed in place or deleted, without a new version.", fg="yellow")
    click.echo("Tables and readers of these definitions may depend on what they are now.")
    if dry_run:
        click.echo("Without --force this has to be confirmed.")
        return False
    try:
        return click.confirm("Proceed?", default=False)
    except click.Abort:
        click.echo()
        return False


def compile_command(root: str, *, ignore_python_errors: bool, as_json: bool, force: bool, dry_run: bool) -> int:
    """Compiles a repository and returns the exit code; the parameters are the flags."""
    result = compile_repository(root)
    failed = bool(result.errors) and not ignore_python_errors
    if not as_json:
        _show_changes(result)
        _show_errors(result)
    if failed:
        if as_json:
            _report_json(result, failed)
        click.secho("Nothing was written: mend the errors and compile again.", fg="red", err=True)
        return 1
    pending = to_confirm(result.changes)
    if pending and not force:
        agreed = _agreed(pending, as_json, dry_run)
        if not agreed:
            if not as_json:
                click.secho("Nothing was written.", fg="red", err=True)
            return 0 if agreed is None else 1
    if not dry_run:
        result.write()
    if as_json:
        _report_json(result, failed)
    else:
        verb = "Checked" if dry_run else "Wrote"
        click.echo(f"{verb} {len(result.texts)} definitions of {os.path.join(result.root, OUTPUT_FOLDER)}")
    return 0


@click.command(name="compile", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--chronon-root", envvar="CHRONON_ROOT", default=None, help="Root of the repository. [default: here]")
@click.option("--ignore-python-errors", is_flag=True, help="Write what compiles although something else does not.")
@click.option("-f", "--format", "format_", type=FORMATS, default="text", show_default=True, help="Form of the output.")
@click.option("--force", is_flag=True, help="Agree to changes in place and to deletions; errors still stop.")
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
def main(chronon_root: str | None, ignore_python_errors: bool, format_: str, force: bool, dry_run: bool) -> None:
    """Compile the definitions of a repository into the files that jobs take."""
    try:
        code = compile_command(
            chronon_root or os.getcwd(),
            ignore_python_errors=ignore_python_errors,
            as_json=format_.lower() == "json",
            force=force,
            dry_run=dry_run,
        )
    except ChrononError as error:
        click.secho(f"zipline compile: {error}", fg="red", err=True)
        code = 1
    sys.exit(code)
