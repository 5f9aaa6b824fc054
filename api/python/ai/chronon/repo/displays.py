"""What `--feature-display` and `--table-display` print; scripts read these lines, so their form is fixed."""

import json
import pprint
import textwrap

import click

from ai.chronon.api import ttypes
from ai.chronon.columns import FeatureDisplayKeys, get_group_by_output_columns, get_join_output_columns
from ai.chronon.naming import Definition
from ai.chronon.tables import get_modes_tables

LABEL_WIDTH = 25
JSON_INDENT = " " * (LABEL_WIDTH + 2)
TITLES = {
    FeatureDisplayKeys.KEY_COLUMNS: "Key Columns",
    FeatureDisplayKeys.LEFT_COLUMNS: "Left Columns",
    FeatureDisplayKeys.INTERNAL_COLUMNS: "Internal Columns",
    FeatureDisplayKeys.EXTERNAL_COLUMNS: "External Columns",
    FeatureDisplayKeys.DERIVED_COLUMNS: "Derived Columns",
    FeatureDisplayKeys.OUTPUT_COLUMNS: "Output Columns",
}


def _show(label: str, value: str) -> None:
    click.echo(f"{label:>{LABEL_WIDTH}} - {value}")


def show_features(definition: Definition) -> None:
    """Prints the columns of a GroupBy or join; a staging query has none that are known here."""
    if isinstance(definition, ttypes.Join):
        columns = get_join_output_columns(definition)
        for group, title in TITLES.items():
            if group in columns:
                _show(title, click.style(f"\n{pprint.pformat(columns[group], compact=True)}", fg="green"))
    elif isinstance(definition, ttypes.GroupBy):
        _show("Output GroupBy Features", click.style(f"{get_group_by_output_columns(definition)}", fg="green"))


def show_tables(definition: Definition) -> None:
    """Prints run modes and their tables as JSON, between the marks `json.start` and `json.end`."""
    _show(f"Output {type(definition).__name__} Tables", "")
    tables = textwrap.indent(json.dumps(get_modes_tables(definition), indent=2), JSON_INDENT)
    click.echo(f"{'json.start':>{LABEL_WIDTH}} " + click.style(f"\n{tables}", fg="green") + " ")
    click.echo(f"{'json.end':>{LABEL_WIDTH - 1}}\n")
