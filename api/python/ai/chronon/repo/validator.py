"""Rules between definitions: a new one against those that are compiled already.

Messages are errors: a definition that has any is not written. What this module also has to answer, because
feature repositories ask it, are the columns of definitions.
"""

import logging
import os
import re
from collections.abc import Iterable

from ai.chronon.api import ttypes
from ai.chronon.columns import (
    get_external_part_full_name,
    get_group_by_output_columns,
    get_join_key_columns,
    get_join_output_columns,
    get_pre_derived_external_features,
    get_pre_derived_group_by_columns,
    get_pre_derived_group_by_features,
    get_pre_derived_join_features,
    get_pre_derived_join_internal_features,
    get_pre_derived_source_keys,
)
from ai.chronon.derivation import WILDCARD, build_derived_columns
from ai.chronon.errors import DefinitionError
from ai.chronon.naming import meta_data
from ai.chronon.repo.compiled import AnyCompilable, Compilable, CompiledRepository, logic, part_names, parts
from ai.chronon.repo.serializer import file2thrift

__all__ = [
    "ChrononRepoValidator",
    "build_derived_columns",
    "extract_json_confs",
    "get_external_part_full_name",
    "get_group_by_output_columns",
    "get_join_key_columns",
    "get_join_output_columns",
    "get_pre_derived_external_features",
    "get_pre_derived_group_by_columns",
    "get_pre_derived_group_by_features",
    "get_pre_derived_join_features",
    "get_pre_derived_join_internal_features",
    "get_pre_derived_source_keys",
    "is_batch_upload_needed",
    "is_identifier",
    "validate",
]

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
# Templates of a staging query that tie it to the days of a run, which a view does not have.
DAY_TEMPLATE = re.compile(r"\{\{\s*(start_date|end_date)\s*\}\}", re.IGNORECASE)
# Columns that every table has.
ALWAYS_THERE = frozenset({"ds", "ts"})


def is_identifier(s: str) -> bool:
    """Whether a text is the bare name of a column."""
    return IDENTIFIER.fullmatch(s) is not None


def _date_errors(definition: Compilable) -> list[str]:
    date = meta_data(definition).deprecationDate
    if date is None or DATE.match(date):
        return []
    return [f"deprecation date {date!r} of {meta_data(definition).name} is not of the form yyyy-MM-dd"]


def _derivation_errors(
    derivations: list[ttypes.Derivation] | None, columns: list[str], keys: Iterable[str], owner: str
) -> list[str]:
    """Derivations that rename what is not there, or give a name twice; keys may be given again."""
    errors = []
    expressions = {derivation.expression for derivation in derivations or []}
    output = set(columns) if WILDCARD in expressions else set()
    exempt = set(keys)
    for derivation in derivations or []:
        name, expression = str(derivation.name), str(derivation.expression)
        if is_identifier(expression):
            if expression not in columns and expression not in ALWAYS_THERE:
                errors.append(
                    f"derivation {name!r} of {owner} renames {expression!r}, which is no column before derivations; "
                    f"these are {columns}"
                )
            output.discard(expression)
        if name == WILDCARD:
            continue
        if name in output and name not in exempt:
            errors.append(f"derivation {name!r} of {owner} gives an output column that there is already; rename one")
        output.add(name)
    return errors


def _group_by_errors(group_by: ttypes.GroupBy, compiled: CompiledRepository) -> list[str]:
    data = meta_data(group_by)
    joins = [meta_data(join) for join in compiled.joins_with(str(data.name))]
    online = [str(join.name) for join in joins if join.online]
    production = [str(join.name) for join in joins if join.production]
    errors = []
    if group_by.sources is None:
        raise DefinitionError(f"GroupBy {data.name} has no sources; give it at least one")
    if online and data.online is False:
        errors.append(f"GroupBy {data.name} is explicitly marked offline, but is part of the online joins {online}")
    if production and data.production is False:
        errors.append(
            f"GroupBy {data.name} is explicitly not production, but is part of the production joins {production}"
        )
    elif production:
        data.production = True
    if group_by.derivations:
        columns = get_pre_derived_group_by_columns(group_by)
        errors += _derivation_errors(group_by.derivations, columns, group_by.keyColumns or [], f"GroupBy {data.name}")
    errors += _date_errors(group_by)
    for source in group_by.sources or []:
        events = source.events
        if events is not None and events.isCumulative and (events.query is None or not events.query.timeColumn):
            errors.append(f"the cumulative source over {events.table!r} of GroupBy {data.name} has no time_column")
    return errors


def _join_errors(join: ttypes.Join, compiled: CompiledRepository) -> list[str]:
    data = meta_data(join)
    errors = []
    for group_by in parts(join):
        errors += [f"in join {data.name}: {error}" for error in _group_by_errors(group_by, compiled)]
    sound_parts = not errors
    not_production = [
        name
        for name in part_names(join)
        if name in compiled.group_bys and meta_data(compiled.group_bys[name]).production is False
    ]
    if data.production and not_production:
        errors.append(f"join {data.name} is in production, but includes the non-production GroupBys {not_production}")
    offline = [str(meta_data(group_by).name) for group_by in parts(join) if meta_data(group_by).online is False]
    if data.online and offline:
        errors.append(f"join {data.name} is online, but includes the offline GroupBys {offline}")
    errors += _date_errors(join)
    if join.derivations and sound_parts:
        left = get_pre_derived_source_keys(join.left or ttypes.Source())
        features = get_pre_derived_join_internal_features(join) + get_pre_derived_external_features(join)
        errors += _derivation_errors(join.derivations, features + left, left, f"join {data.name}")
    return errors


def _staging_query_errors(staging_query: ttypes.StagingQuery) -> list[str]:
    if not staging_query.createView:
        return []
    templates = sorted({found.lower() for found in DAY_TEMPLATE.findall(staging_query.query or "")})
    return [
        f"StagingQuery {meta_data(staging_query).name} with createView=True cannot contain {template}: a view holds "
        "all days; drop the template, or createView"
        for template in templates
    ]


def validate(definition: Compilable, compiled: CompiledRepository) -> list[str]:
    """The rules that a definition breaks, in words; a part of a production join is marked as production on the way."""
    if isinstance(definition, ttypes.Join):
        return _join_errors(definition, compiled)
    if isinstance(definition, ttypes.GroupBy):
        return _group_by_errors(definition, compiled)
    return _staging_query_errors(definition)


def is_batch_upload_needed(group_by: ttypes.GroupBy) -> bool:
    """Whether a GroupBy has jobs of its own: it is served, or backfilled alone."""
    return bool(meta_data(group_by).online or group_by.backfillStartDate)


def extract_json_confs(obj_class: type[AnyCompilable], path: str) -> list[AnyCompilable]:
    """The compiled definitions at a path: a file, or all files below a folder.

    Raises:
        CompiledFileError: A file cannot be read.

    """
    if os.path.isfile(path):
        return [file2thrift(path, obj_class)]
    return [
        file2thrift(os.path.join(folder, name), obj_class)
        for folder, _, names in sorted(os.walk(path))
        for name in sorted(names)
        if not name.startswith(".")
    ]


class ChrononRepoValidator:
    """The rules as an object, for programs that check definitions without compiling them."""

    def __init__(self, chronon_root_path: str, output_root: str, log_level: int = logging.INFO) -> None:
        """Takes the root of a repository, and its output folder relative to it."""
        self.log_level = log_level
        self._output = os.path.join(chronon_root_path, output_root)
        self.load_objs()

    def load_objs(self) -> None:
        """Forgets what was read of the compiled files."""
        self._compiled = CompiledRepository(self._output)

    def validate_obj(self, obj: Compilable) -> list[str]:
        """The rules that a definition breaks, in words."""
        return validate(obj, self._compiled)

    def can_skip_materialize(self, obj: Compilable) -> list[str]:
        """Why a definition needs no file; empty if it does."""
        if isinstance(obj, ttypes.GroupBy) and not is_batch_upload_needed(obj):
            return [NEEDS_NO_FILE]
        return []

    def safe_to_overwrite(self, obj: Compilable) -> bool:
        """Whether writing a definition leaves what is served as it is."""
        previous = self._compiled.previous(obj)
        return previous is None or not is_protected(obj, previous)


NEEDS_NO_FILE = "GroupBys should not be materialized if batch upload job is not needed"


def is_protected(definition: Compilable, previous: Compilable) -> bool:
    """Whether an overwrite would change what is served; a staging query is not served, whatever it says."""
    served = bool(meta_data(previous).online) and not isinstance(definition, ttypes.StagingQuery)
    return served and logic(definition) != logic(previous)
