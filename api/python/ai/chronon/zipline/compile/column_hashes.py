"""Hashes of what output columns mean, so that a change of meaning shows.

A hash is the MD5 of its components, sorted and joined by `|`. The rules are those of compiled files that exist,
oddities included: a change of them would make every column look changed.
"""

import hashlib
import re
from collections.abc import Iterable

from ai.chronon.errors import DefinitionValueError
from ai.chronon.zipline.group_by import get_output_col_names
from ai.chronon.zipline.naming import meta_data, sanitize, without_version
from ai.chronon.zipline.utils import describe_source, get_query
from gen_thrift.api import ttypes

Hashes = dict[str, str]
WILDCARD = "*"
IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def digest(components: Iterable[str]) -> str:
    """The hash of components, in any order."""
    return hashlib.md5("|".join(sorted(components)).encode(), usedforsecurity=False).hexdigest()


def _selects(source: ttypes.Source) -> dict[str, str]:
    selects = get_query(source).selects or {}
    for column, expression in selects.items():
        if not isinstance(expression, str):
            raise DefinitionValueError(
                f"{describe_source(source)} selects {column!r} as {expression!r}, a {type(expression).__name__}; "
                "write an SQL expression as text"
            )
    return selects


def _table(source: ttypes.Source) -> str:
    """How a source is told from others; of joins and models the name."""
    if source.joinSource is not None:
        return f"{meta_data(source.joinSource.join or ttypes.Join()).name}"
    if source.modelTransforms is not None:
        return f"{meta_data(source.modelTransforms).name}"
    if source.events is not None:
        return f"{source.events.table}"
    return f"{(source.entities or ttypes.EntitySource()).snapshotTable}"


def source_components(source: ttypes.Source, keys: Iterable[str] = ()) -> list[str]:
    """What makes the rows of a source: table, filters, time, and the expressions of the keys."""
    query, selects = get_query(source), _selects(source)
    mutation_table = f"{source.entities.mutationTable}" if source.entities is not None else ""
    cumulative = source.events is not None and source.events.isCumulative
    components = [
        f"table:{_table(source)}",
        f"mutation_table:{mutation_table}",
        f"cumulative:{True if cumulative else ''}",
        f"filters:{query.wheres or ''}",
        *(f"select:{key}={selects[key]}" for key in keys if key in selects),
    ]
    if query.timeColumn:
        components.append(f"time_column:{query.timeColumn}={selects.get(query.timeColumn, query.timeColumn)}")
    return components


def _group_by_components(group_by: ttypes.GroupBy) -> list[str]:
    return [text for source in group_by.sources or [] for text in source_components(source, group_by.keyColumns or [])]


def _input_texts(group_by: ttypes.GroupBy) -> Hashes:
    """Feature to the text of its input; of an aggregation that is the letters of its expressions, sorted."""
    selects = [_selects(source) for source in group_by.sources or []]
    if not group_by.aggregations:
        return {
            column: ",".join(sorted(each[column] for each in selects if column in each))
            for column in (selects[0] if selects else {})
        }
    texts = {}
    for aggregation in group_by.aggregations:
        column = f"{aggregation.inputColumn}"
        text = ",".join(sorted("".join(each.get(column, "") for each in selects)))
        texts.update(dict.fromkeys(get_output_col_names(aggregation), text))
    return texts


def _features(group_by: ttypes.GroupBy, further: Iterable[str] = ()) -> Hashes:
    components = [*_group_by_components(group_by), *further]
    return {name: digest([*components, text]) for name, text in _input_texts(group_by).items()}


def _keys(group_by: ttypes.GroupBy) -> Hashes:
    selects = [_selects(source) for source in group_by.sources or []]
    return {key: digest(each[key] for each in selects if key in each) for key in group_by.keyColumns or []}


def derived_columns(base: Hashes, derivations: Iterable[ttypes.Derivation], further: Iterable[str]) -> Hashes:
    """The hashes of derivations: of the expression, and of the columns that it names."""
    listed = list(derivations)
    columns = dict(base) if any(item.name == WILDCARD for item in listed) else {}
    for item in listed:
        if item.name != WILDCARD:
            expression = f"{item.expression}"
            inputs = [base[name] for name in IDENTIFIER.findall(expression) if name in base]
            columns[f"{item.name}"] = digest([*further, f"derivation:{expression}", *inputs])
    return columns


def pre_derived_group_by_columns(group_by: ttypes.GroupBy) -> Hashes:
    """Features, then keys, as they are before derivations."""
    components = [*_group_by_components(group_by), f"group_by_name:{without_version(str(meta_data(group_by).name))}"]
    hashes = {**_features(group_by), **_keys(group_by)}
    return {name: digest([*components, f"input_expr:{text}"]) for name, text in hashes.items()}


def group_by_hashes(group_by: ttypes.GroupBy) -> Hashes:
    """The hashes of the columns of a GroupBy."""
    base = pre_derived_group_by_columns(group_by)
    if not group_by.derivations:
        return base
    components = [*_group_by_components(group_by), f"group_by_name:{without_version(str(meta_data(group_by).name))}"]
    return {**_keys(group_by), **derived_columns(base, group_by.derivations, components)}


def part_prefix(part: ttypes.JoinPart) -> str:
    """What stands before the names of the features of a part."""
    group_by = part.groupBy or ttypes.GroupBy()
    long = part.useLongNames
    stem = f"{sanitize(meta_data(group_by).name)}" if long else "_".join(group_by.keyColumns or [])
    return "_".join(text for text in (part.prefix, stem) if text)


def part_features(part: ttypes.JoinPart, left: ttypes.Source | None) -> Hashes:
    """The hashes of the features of a part, by their names inside of the GroupBy."""
    group_by = part.groupBy or ttypes.GroupBy()
    selects = _selects(left) if left is not None else {}
    left_names = {right: name for name, right in (part.keyMapping or {}).items()}
    keys = [left_names.get(key, key) for key in group_by.keyColumns or []]
    components = [f"left_key:{key}={selects.get(key, key)}" for key in keys]
    if left is not None:
        components += source_components(left)
    mapping = ",".join(sorted(f"{name}:{right}" for name, right in (part.keyMapping or {}).items()))
    joined = [f"join_keys:{mapping}"] if mapping else []
    features = _features(group_by, [*joined, *components])
    if group_by.derivations:
        return derived_columns(features, group_by.derivations, [*joined, *components])
    return features


def left_columns(join: ttypes.Join) -> Hashes:
    """The hashes of the columns of the left."""
    if join.left is None:
        return {}
    components = source_components(join.left)
    return {name: digest([*components, f"select:{name}={text}"]) for name, text in _selects(join.left).items()}


def external_columns(join: ttypes.Join) -> Hashes:
    """The columns of external parts; nothing is known of what they mean but their names."""
    names = []
    for part in join.onlineExternalParts or []:
        source = part.source or ttypes.ExternalSource()
        name = sanitize(source.metadata.name) if source.metadata is not None else None
        stem = "_".join(text for text in ("ext", part.prefix, name) if text)
        fields = source.valueSchema.params if source.valueSchema is not None else None
        names += [f"{stem}_{field.name}" for field in fields or []]
    return {name: name for name in names}


def internal_columns(join: ttypes.Join) -> Hashes:
    """The hashes of the features of all parts."""
    hashes: Hashes = {}
    for part in join.joinParts or []:
        prefix = part_prefix(part)
        hashes.update({f"{prefix}_{name}": text for name, text in part_features(part, join.left).items()})
    return hashes


def join_hashes(join: ttypes.Join) -> Hashes:
    """The hashes of the columns of a join."""
    base = {**internal_columns(join), **external_columns(join), **left_columns(join)}
    return derived_columns(base, join.derivations, []) if join.derivations else base
