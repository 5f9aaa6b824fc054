"""`zipline`: the command line of the zipline dialect."""

import importlib
import importlib.metadata
from typing import Any

import click

from ai.chronon.errors import UnsupportedError

# Subcommand to the module whose `main` it is; imported when it is called.
COMMANDS = {"compile": "ai.chronon.zipline.repo.compile", "run": "ai.chronon.zipline.repo.run"}
# What the reference's command has beside these, and why it is not here.
NOT_BUILT = {
    "admin": "installs and upgrades services of a cloud",
    "auth": "signs in to the hub",
    "compare-tables": "submits a job to a cloud",
    "config": "prints values of teams.py for scripts",
    "hub": "talks to the hub, which schedules jobs",
    "init-agent": "writes instructions for assistants",
}


def _version() -> str:
    try:
        return importlib.metadata.version("chronon-native")
    except importlib.metadata.PackageNotFoundError:
        return "unknown, as it is not installed"


class _Commands(click.Group):
    """Imports a subcommand when it is called, and refuses those that are not built by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in NOT_BUILT:
            error = UnsupportedError(
                f"zipline {cmd_name} {NOT_BUILT[cmd_name]}: not supported by this version of Chronon Native yet"
            )
            raise click.ClickException(str(error))
        if cmd_name not in COMMANDS:
            return None
        module: Any = importlib.import_module(COMMANDS[cmd_name])
        command: click.Command = module.main
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="zipline")
def main() -> None:
    """Compile and run feature definitions of the zipline dialect."""


if __name__ == "__main__":
    main()
