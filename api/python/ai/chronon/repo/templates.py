"""Fills in the placeholders that a definition may hold until its team is known."""

from ai.chronon.api import ttypes
from ai.chronon.naming import meta_data
from ai.chronon.repo.teams import Teams
from ai.chronon.utils import DATABASE_TEMPLATE, log_table_name

LOGGED_TABLE_TEMPLATE = "{{ logged_table }}"


def fill_templates(definition: ttypes.GroupBy | ttypes.Join, teams: Teams) -> None:
    """Replaces placeholders in the dependencies of a GroupBy.

    A join has placeholders only in bootstrap and label parts; in its dependencies they stay, for the
    scheduler, as the reference leaves them.
    """
    if isinstance(definition, ttypes.Join):
        return
    data = meta_data(definition)
    values = {
        LOGGED_TABLE_TEMPLATE: log_table_name(definition, full_name=True),
        DATABASE_TEMPLATE: teams.namespace(str(data.team)),
    }
    data.dependencies = [_replaced(text, values) for text in data.dependencies or []]


def _replaced(text: str, values: dict[str, str]) -> str:
    for template, value in values.items():
        text = text.replace(template, value)
    return text
