"""Questions that other programs ask about definitions."""

from ai.chronon.api import ttypes
from ai.chronon.columns import FeatureDisplayKeys
from ai.chronon.columns import get_join_output_columns as columns_by_group


def get_join_output_columns(join: ttypes.Join) -> list[str]:
    """The feature columns of a join after derivations, without keys and other columns of its left."""
    return columns_by_group(join)[FeatureDisplayKeys.OUTPUT_COLUMNS]
