"""`zipline run`: not built yet, and refused by name."""

import click

from ai.chronon.errors import UnsupportedError


@click.command(name="run", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1)
def main(arguments: tuple[str, ...]) -> None:
    """Run the job of a compiled definition; refused by this version."""
    error = UnsupportedError(f"zipline run {' '.join(arguments)}: not supported by this version of Chronon Native yet")
    raise click.ClickException(str(error))
