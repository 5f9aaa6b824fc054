"""Fills in the placeholders that a definition may hold until its team is known."""

from ai.chronon.api import ttypes
from ai.chronon.dependencies import JOIN_TABLE_TEMPLATE
from ai.chronon.join import LOGGED_TABLE_TEMPLATE
from ai.chronon.naming import Definition, meta_data
from ai.chronon.repo.teams import Teams
from ai.chronon.tables import DATABASE_TEMPLATE, log_table_name, output_table_name


def fill_templates(definition: Definition, teams: Teams) -> None:
    """Replaces placeholders in dependencies, and in the tables of bootstrap parts.

    A join's own dependencies are filled in only if it has bootstrap parts; otherwise they stay for the
    scheduler, as the reference leaves them.
    """
    if isinstance(definition, ttypes.StagingQuery):
        return
    values = {
        LOGGED_TABLE_TEMPLATE: log_table_name(definition, full_name=True),
        DATABASE_TEMPLATE: teams.namespace(str(meta_data(definition).team)),
    }
    if isinstance(definition, ttypes.Join):
        _fill_join(definition, values)
    else:
        _fill_dependencies(meta_data(definition), values)


def _fill_join(join: ttypes.Join, values: dict[str, str]) -> None:
    if join.bootstrapParts:
        for part in join.bootstrapParts:
            part.table = _replaced(part.table, values) if part.table is not None else None
        _fill_dependencies(meta_data(join), values)
    if join.labelPart is not None and join.labelPart.metaData is not None:
        _fill_dependencies(join.labelPart.metaData, {JOIN_TABLE_TEMPLATE: output_table_name(join, full_name=True)})


def _fill_dependencies(data: ttypes.MetaData, values: dict[str, str]) -> None:
    if data.dependencies is not None:
        data.dependencies = [_replaced(text, values) for text in data.dependencies]


def _replaced(text: str, values: dict[str, str]) -> str:
    for template, value in values.items():
        text = text.replace(template, value)
    return text
