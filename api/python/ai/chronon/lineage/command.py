"""The command line of lineage: which column comes from which, as text or JSON.

Exit codes: 0; 1 for a repository that cannot be read, and with `--strict` for a definition that cannot be
analysed; 2 for wrong usage.
"""

import json
import sys
from dataclasses import asdict

import click

from ai.chronon.errors import ChrononError
from ai.chronon.lineage.lineage_metadata import ColumnTransform, LineageMetaData


def _as_text(step: ColumnTransform) -> str:
    how = f"  [{' > '.join(step.transforms)}]" if step.transforms else ""
    return f"{step.output_table}.{step.output_column} <- {step.input_table}.{step.input_column}{how}"


def _as_json(metadata: LineageMetaData, steps: list[ColumnTransform]) -> str:
    tables = [
        {
            "name": table.table_name,
            "config": table.config_name,
            "type": table.table_type.value,
            "materialized": table.materialized,
            "keys": sorted(table.key_columns or []),
            "columns": sorted(table.columns),
        }
        for _, table in sorted(metadata.tables.items())
    ]
    features = [
        {"name": name, "config": each.config_name, "table": each.table_name, "column": each.column_name}
        for name, each in sorted(metadata.features.items())
    ]
    tree = {
        "lineages": [asdict(step) for step in steps],
        "tables": tables,
        "features": features,
        "unparsed_configs": metadata.unparsed_configs,
        "unparsed_columns": metadata.unparsed_columns,
    }
    return json.dumps(tree, indent=2)


@click.command(name="lineage")
@click.argument("config", nargs=-1)
@click.option("--conf-root", default=".", show_default=True, help="Root of the feature repository.")
@click.option("--input-table", help="Only what comes from this table, written with its database.")
@click.option("--output-table", help="Only what goes into this table, written with its database.")
@click.option("--column", help="Only what comes from, or goes into, columns of this name.")
@click.option("--json", "json_output", is_flag=True, help="Print JSON, with tables and features.")
@click.option("--strict", is_flag=True, help="Exit with 1 when a definition could not be analysed.")
def main(
    config: tuple[str, ...],
    conf_root: str,
    input_table: str | None,
    output_table: str | None,
    column: str | None,
    json_output: bool,
    strict: bool,
) -> None:
    """Print which column comes from which, for the GroupBys and joins named CONFIG, or for all of them."""
    try:
        from ai.chronon.lineage.lineage_parser import LineageParser  # noqa: PLC0415 - sqlglot takes a while to load

        metadata = LineageParser().parse_lineage(conf_root, set(config) or None)
        if unknown := sorted(set(config) - set(metadata.configs)):
            raise ChrononError(f"nothing is compiled under the names {', '.join(unknown)}, or it cannot be analysed")
    except ChrononError as error:
        click.secho(f"lineage: {error}", fg="red", err=True)
        sys.exit(1)
    tables = [name and name.lower() for name in (input_table, output_table)]
    found = metadata.filter_lineages(input_table=tables[0], output_table=tables[1])
    steps = sorted(
        (step for step in found if column is None or column.lower() in (step.input_column, step.output_column)),
        key=lambda step: (step.output_table, step.output_column, step.input_table, step.input_column, step.transforms),
    )
    click.echo(_as_json(metadata, steps) if json_output else "\n".join(map(_as_text, steps)))
    if strict and metadata.unparsed_configs:
        sys.exit(1)


if __name__ == "__main__":
    main()
