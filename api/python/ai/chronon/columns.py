"""Names of the columns that GroupBys and joins have: keys, features and what is derived from them."""

from enum import Enum

from ai.chronon.api import ttypes
from ai.chronon.dependencies import source_query
from ai.chronon.derivation import build_derived_columns
from ai.chronon.group_by import get_output_col_names
from ai.chronon.repo.external_join_part import external_full_name
from ai.chronon.tables import join_part_name


class FeatureDisplayKeys(Enum):
    """Groups of a join's columns, in the order in which they are shown."""

    LEFT_COLUMNS = "left_columns"
    INTERNAL_COLUMNS = "internal_columns"
    EXTERNAL_COLUMNS = "external_columns"
    DERIVED_COLUMNS = "derived_columns"
    OUTPUT_COLUMNS = "output_columns"
    KEY_COLUMNS = "key_columns"


JoinColumns = dict[FeatureDisplayKeys, list[str]]


def get_pre_derived_group_by_features(group_by: ttypes.GroupBy) -> list[str]:
    """The features of a GroupBy before derivations; without aggregations, everything that its sources select."""
    if group_by.aggregations:
        return [column for aggregation in group_by.aggregations for column in get_output_col_names(aggregation)]
    selected = [column for source in group_by.sources or [] for column in get_pre_derived_source_keys(source)]
    return list(dict.fromkeys(selected))


def get_pre_derived_group_by_columns(group_by: ttypes.GroupBy) -> list[str]:
    """The features of a GroupBy before derivations, and its keys."""
    return get_pre_derived_group_by_features(group_by) + list(group_by.keyColumns or [])


def get_group_by_output_columns(group_by: ttypes.GroupBy) -> list[str]:
    """The features of a GroupBy and its keys, after derivations."""
    return build_derived_columns(get_pre_derived_group_by_columns(group_by), group_by.derivations)


def get_pre_derived_source_keys(source: ttypes.Source) -> list[str]:
    """The columns that a source selects."""
    return list(source_query(source).selects or {})


def part_columns(part: ttypes.JoinPart) -> list[str]:
    """The columns that a part adds to its join."""
    group_by = part.groupBy or ttypes.GroupBy()
    features = build_derived_columns(get_pre_derived_group_by_features(group_by), group_by.derivations)
    return [f"{join_part_name(part)}_{feature}" for feature in features]


def get_pre_derived_join_internal_features(join: ttypes.Join) -> list[str]:
    """The columns that GroupBys add to a join."""
    return [column for part in join.joinParts or [] for column in part_columns(part)]


def get_external_part_full_name(external_part: ttypes.ExternalPart) -> str:
    """What the columns of an external part begin with."""
    return external_full_name(external_part)


def get_pre_derived_external_features(join: ttypes.Join) -> list[str]:
    """The columns that external parts add to a join."""
    columns = []
    for part in join.onlineExternalParts or []:
        schema = part.source.valueSchema if part.source is not None else None
        fields = (schema.params if schema is not None else None) or []
        columns += [f"{external_full_name(part)}_{field.name}" for field in fields]
    return columns


def get_pre_derived_join_features(join: ttypes.Join) -> JoinColumns:
    """What a join adds to its left before derivations: by GroupBys, and by external parts."""
    return {
        FeatureDisplayKeys.INTERNAL_COLUMNS: get_pre_derived_join_internal_features(join),
        FeatureDisplayKeys.EXTERNAL_COLUMNS: get_pre_derived_external_features(join),
    }


def get_join_key_columns(join: ttypes.Join) -> list[str]:
    """The columns of the left that parts are looked up by, each once, in the order of the parts."""
    keys: dict[str, None] = {}
    for part in join.joinParts or []:
        left_of = {right: left for left, right in (part.keyMapping or {}).items()}
        group_by = part.groupBy or ttypes.GroupBy()
        keys.update(dict.fromkeys(left_of.get(key, key) for key in group_by.keyColumns or []))
    selected = get_pre_derived_source_keys(join.left or ttypes.Source())
    return [key for key in keys if key in selected]


def get_join_output_columns(join: ttypes.Join) -> JoinColumns:
    """The columns of a join by group; derived ones only if it has derivations."""
    columns: JoinColumns = {
        FeatureDisplayKeys.KEY_COLUMNS: get_join_key_columns(join),
        FeatureDisplayKeys.LEFT_COLUMNS: get_pre_derived_source_keys(join.left or ttypes.Source()),
        **get_pre_derived_join_features(join),
    }
    output = columns[FeatureDisplayKeys.INTERNAL_COLUMNS] + columns[FeatureDisplayKeys.EXTERNAL_COLUMNS]
    if join.derivations:
        output = build_derived_columns(output, join.derivations)
        columns[FeatureDisplayKeys.DERIVED_COLUMNS] = output
    columns[FeatureDisplayKeys.OUTPUT_COLUMNS] = output
    return columns
