"""What lineage is made of: columns that come from columns, and the tables, features and definitions around them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class TableType(str, Enum):
    """What writes a table; `OTHER` is written by none of the definitions."""

    GROUP_BY_UPLOAD = "group_by_upload"
    GROUP_BY_BACKFILL = "group_by_backfill"
    JOIN_BOOTSTRAP = "join_bootstrap"
    JOIN_PART = "join_part"
    JOIN = "join"
    STAGING_QUERY = "staging_query"
    OTHER = "other"


class ConfigType(str, Enum):
    """The kinds of definitions that lineage knows."""

    GROUP_BY = "group_by"
    JOIN = "join"
    STAGING_QUERY = "staging_query"


@dataclass
class Table:
    """A table: the definition that first named it, what it is, and its columns so far."""

    config_name: str
    table_name: str
    table_type: TableType
    materialized: bool
    key_columns: set[str] | None = None
    columns: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Feature:
    """A feature, and the column that holds it; external features have none."""

    config_name: str
    config_type: ConfigType
    feature_name: str
    table_name: str | None = None
    column_name: str | None = None


@dataclass(frozen=True)
class ColumnTransform:
    """One step of lineage: an output column, one of its inputs, and what is done on the way, first step first."""

    input_table: str
    input_column: str
    output_table: str
    output_column: str
    transforms: tuple[str, ...]


@dataclass
class Config:
    """A definition with its tables and features by name."""

    config_name: str
    config_type: ConfigType
    t_object: Any
    tables: dict[str, Table] = field(default_factory=dict)
    features: dict[str, Feature] = field(default_factory=dict)


# A column to its inputs: (table, column) and the transforms from there, first step first.
Origin = tuple[tuple[str, str], tuple[str, ...]]
Origins = dict[str, set[Origin]]


class LineageMetaData:
    """The lineage of a repository.

    Attributes:
        lineages: All steps.
        tables: Tables by name, with their database.
        features: Features by name, `<definition>.<column>`.
        configs: Definitions by name.
        unparsed_configs: Folder to the names of definitions that could not be analysed.
        unparsed_columns: Table to the columns that no input was found for, such as constants.

    """

    def __init__(self) -> None:
        """Starts empty."""
        self.lineages: set[ColumnTransform] = set()
        self.tables: dict[str, Table] = {}
        self.features: dict[str, Feature] = {}
        self.configs: dict[str, Config] = {}
        self.unparsed_configs: dict[str, list[str]] = defaultdict(list)
        self.unparsed_columns: dict[str, list[str]] = defaultdict(list)

    def store_config(self, config_name: str, config_type: ConfigType, t_object: Any) -> Config:
        """Notes a definition; a second time changes nothing."""
        return self.configs.setdefault(config_name, Config(config_name, config_type, t_object))

    def store_table(
        self,
        config_name: str,
        table_name: str,
        table_type: TableType,
        materialized: bool = True,
        key_columns: Iterable[str] | None = None,
    ) -> Table:
        """Notes a table, and that a definition has to do with it; the first one to name it keeps it."""
        table = self.tables.get(table_name)
        if table is None:
            keys = None if key_columns is None else set(key_columns)
            table = Table(config_name, table_name, table_type, materialized, keys)
            self.tables[table_name] = table
        if config_name in self.configs:
            self.configs[config_name].tables[table_name] = table
        return table

    def store_column(self, table_name: str, column_name: str) -> None:
        """Notes a column of a table, which belongs to nobody if it was not named before."""
        self.store_table("", table_name, TableType.OTHER).columns.add(column_name)

    def store_feature(
        self, config_name: str, config_type: ConfigType, column_name: str, output_table: str | None = None
    ) -> None:
        """Notes a feature; without a table it is external."""
        name = f"{config_name}.{column_name}"
        column = column_name if output_table is not None else None
        feature = Feature(config_name, config_type, name, output_table, column)
        self.features[name] = feature
        if config_name in self.configs:
            self.configs[config_name].features[name] = feature

    def store_lineage(self, origins: Origins, table_name: str) -> None:
        """Notes the columns of a table and where they come from."""
        for column, inputs in origins.items():
            self.store_column(table_name, column)
            if not inputs and column not in self.unparsed_columns[table_name]:
                self.unparsed_columns[table_name].append(column)
            for (input_table, input_column), transforms in inputs:
                self.store_column(input_table, input_column)
                self.lineages.add(ColumnTransform(input_table, input_column, table_name, column, transforms))

    def filter_lineages(self, input_table: str | None = None, output_table: str | None = None) -> set[ColumnTransform]:
        """The steps from a table, into a table, or both; all of them without either."""
        return {
            step
            for step in self.lineages
            if input_table in (None, step.input_table) and output_table in (None, step.output_table)
        }
