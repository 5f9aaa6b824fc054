"""`chronon`: one command for every tool of the package; each is imported only when it is asked for.

Shell completion: `eval "$(_CHRONON_COMPLETE=bash_source chronon)"`, or `zsh_source`, `fish_source`.
"""

import importlib
import sys
from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from ai.chronon.dialect import ZIPLINE, active
from ai.chronon.errors import ChrononError

# Subcommand to where it is, and what the help says about it: listing them imports none.
COMMANDS = {
    "compile": ("ai.chronon.repo.compile:extract_and_convert", "Compile definitions into the files that jobs take."),
    "run": ("ai.chronon.repo.run:main", "Run the jobs of a compiled definition."),
    "explore": ("ai.chronon.repo.explore:main", "Search features, sources and owners."),
    "lineage": ("ai.chronon.lineage.command:main", "Trace columns from sources to features."),
    "plan": ("ai.chronon.repo.plan:main", "Write the steps and dependencies of jobs, for a scheduler."),
}
# What these are in a repository of the zipline dialect; it has no others.
ZIPLINE_COMMANDS = {
    "compile": ("ai.chronon.zipline.repo.compile:main", COMMANDS["compile"][1]),
    "run": ("ai.chronon.zipline.repo.run:main", COMMANDS["run"][1]),
}
# What this command has for a default where the script of the same name has Chronon's.
DEFAULTS = {"compile": {"strict": True}}


def _commands() -> dict[str, tuple[str, str]]:
    """The subcommands for the dialect of the repository around the working folder."""
    return ZIPLINE_COMMANDS if active() == ZIPLINE else COMMANDS


def _load(path: str) -> Callable[[], None] | click.Command | None:
    """What a path names, or `None` if this build does not have its module."""
    module_name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name):
            return None
        raise
    found: Callable[[], None] | click.Command = getattr(module, attribute)
    return found


def _wrapped(name: str, summary: str, main: Callable[[], None]) -> click.Command:
    """A program with a command line of its own as a subcommand: it gets its arguments as they are."""

    @click.command(
        name,
        help=summary,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:
        own = sys.argv
        sys.argv = [f"chronon {name}", *arguments]
        try:
            main()
        finally:
            sys.argv = own

    return command


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are run, and listed without it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all subcommands."""
        return list(_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A subcommand by name, which is imported now."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in _commands():
            raise click.ClickException(
                f"{cmd_name} does not know the zipline dialect, which this repository is of, yet"
            )
        path, summary = _commands()[cmd_name]
        found = _load(path)
        if found is None:
            raise click.ClickException(f"{cmd_name} is not part of this build of Chronon Native")
        return found if isinstance(found, click.Command) else _wrapped(cmd_name, summary, found)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Subcommands and options that begin with what was typed."""
        names = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in _commands().items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the subcommands in the help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _commands().items()])


@click.command(cls=LazyGroup, context_settings={"default_map": DEFAULTS, "help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chronon-native", prog_name="chronon")
def chronon() -> None:
    """Define, compile and run the features of a Chronon repository."""


def main() -> None:
    """The command line: errors are printed in one piece, and end it with exit code 1."""
    try:
        chronon()
    except ChrononError as error:
        click.secho(f"chronon: {error}", fg="red", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
