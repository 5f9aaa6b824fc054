"""Functions over definitions that authors and tools call."""

import re
from collections.abc import Sequence
from typing import TypeAlias

from ai.chronon.distance import edit_distance
from ai.chronon.errors import DefinitionError, DefinitionValueError
from ai.chronon.zipline.errors import DefinitionTypeError
from ai.chronon.zipline.naming import (
    OUTPUT_NAMESPACE_PLACEHOLDER,
    add_table_properties,
    ensure_name,
    meta_data,
    output_table_name,
    sanitize,
)
from gen_thrift.api import ttypes

__all__ = [
    "OUTPUT_NAMESPACE_PLACEHOLDER",
    "AnySource",
    "clean_expression",
    "compose",
    "edit_distance",
    "get_query",
    "get_root_source",
    "get_streaming_sources",
    "get_table",
    "is_streaming",
    "join_part_name",
    "normalize_source",
    "normalize_sources",
    "output_table_name",
    "resolve_online_schedule",
    "sanitize",
]

AnySource: TypeAlias = (
    ttypes.Source | ttypes.EventSource | ttypes.EntitySource | ttypes.JoinSource | ttypes.ModelTransforms
)
NEVER = "@never"
DAILY = "@daily"
INDENT = "    "

add_table_properties()


def normalize_source(source: AnySource) -> ttypes.Source:
    """The source in its wrapper; a join, or models, that it reads from are named.

    Raises:
        DefinitionTypeError: It is no source; a `TypeError` too.
        DefinitionValueError: The join, or the models, are no variable of a module, so that they have no name.

    """
    if isinstance(source, ttypes.Source):
        if source.joinSource is not None and source.joinSource.join is not None:
            ensure_name(source.joinSource.join)
        return source
    if isinstance(source, ttypes.EventSource):
        return ttypes.Source(events=source)
    if isinstance(source, ttypes.EntitySource):
        return ttypes.Source(entities=source)
    if isinstance(source, ttypes.JoinSource):
        if source.join is not None:
            ensure_name(source.join)
        return ttypes.Source(joinSource=source)
    if isinstance(source, ttypes.ModelTransforms):
        ensure_name(source)
        return ttypes.Source(modelTransforms=source)
    raise DefinitionTypeError(
        f"sources hold a {type(source).__name__}; give EventSource(...), EntitySource(...), JoinSource(...) or a "
        "ModelTransforms"
    )


def normalize_sources(sources: Sequence[AnySource] | AnySource) -> list[ttypes.Source]:
    """One source, or several, each in its wrapper."""
    if not isinstance(sources, (list, tuple)):
        return [normalize_source(sources)]  # type: ignore[arg-type]
    return [normalize_source(source) for source in sources]


def get_query(source: ttypes.Source) -> ttypes.Query:
    """The query of whichever arm of the source is set; models have the one of their first source."""
    if source.modelTransforms is not None:
        return get_query((source.modelTransforms.sources or [ttypes.Source()])[0])
    arm = source.events or source.entities or source.joinSource
    if arm is None or arm.query is None:
        raise DefinitionValueError(f"{describe_source(source)} has no query; give it one: query=Query(...)")
    return arm.query


def describe_source(source: ttypes.Source) -> str:
    """How messages call a source: by its kind and table."""
    if source.events is not None:
        return f"the event source over {source.events.table!r}"
    if source.entities is not None:
        return f"the entity source over {source.entities.snapshotTable!r}"
    if source.joinSource is not None:
        join = source.joinSource.join
        return f"the join source over {meta_data(join).name if join is not None else None!r}"
    return "the model source" if source.modelTransforms is not None else "the empty source"


def get_root_source(source: ttypes.Source) -> ttypes.EventSource | ttypes.EntitySource | None:
    """The events or entities that a source comes from in the end, through joins and models."""
    if source.joinSource is not None:
        left = source.joinSource.join.left if source.joinSource.join is not None else None
        return get_root_source(left) if left is not None else None
    if source.modelTransforms is not None:
        return get_root_source((source.modelTransforms.sources or [ttypes.Source()])[0])
    return source.events or source.entities


def get_table(source: ttypes.Source) -> str:
    """The table of a source, without sub-partitions."""
    root = get_root_source(source)
    table = root.table if isinstance(root, ttypes.EventSource) else root.snapshotTable if root is not None else None
    return f"{table}".partition("/")[0]


def is_streaming(source: ttypes.Source) -> bool:
    """Whether a topic carries the rows of the source live."""
    root = get_root_source(source)
    topic = root.topic if isinstance(root, ttypes.EventSource) else root.mutationTopic if root is not None else None
    return topic is not None


def get_streaming_sources(group_by: ttypes.GroupBy) -> list[ttypes.Source]:
    """The sources of a GroupBy that a topic carries live."""
    return [source for source in group_by.sources or [] if is_streaming(source)]


def join_part_name(jp: ttypes.JoinPart) -> str:
    """The name of a part: its prefix, when it has one, and its GroupBy."""
    if jp.groupBy is None:
        raise DefinitionValueError("the join part has no GroupBy; write JoinPart(group_by=...)")
    ensure_name(jp.groupBy)
    return "_".join(part for part in [jp.prefix, sanitize(meta_data(jp.groupBy).name)] if part is not None)


def resolve_online_schedule(online: bool | None, online_schedule: str | None) -> str | None:
    """The schedule of the uploads: daily unless said otherwise, none when offline.

    Raises:
        DefinitionValueError: There is a schedule and nothing to serve; a `ValueError` too.

    """
    if online_schedule == NEVER:
        return None
    if not online:
        if online_schedule is not None:
            raise DefinitionValueError(
                f"online_schedule={online_schedule!r} with online={online}; set online=True, or drop the schedule"
            )
        return None
    return online_schedule or DAILY


def checked_version(version: int | None) -> str | None:
    """A version as it is kept.

    Raises:
        DefinitionError: It is not a whole number; an `AssertionError` too.

    """
    if version is None:
        return None
    if not isinstance(version, int):
        raise DefinitionError(f"version={version!r} is a {type(version).__name__}; it must be an integer or None")
    return str(version)


def clean_expression(expr: str) -> str:
    """An SQL expression on one line.

    >>> clean_expression(" a +   b ")
    'a + b'
    """
    return re.sub(r"\s+", " ", expr).strip()


def compose(arg: str, *methods: str) -> str:
    """Calls of SQL functions inside of each other, the first one innermost.

    What follows the name of a function after a blank is its further arguments.

    >>> print(compose("name", "lower", "substr 1, 3"))
    substr(
        lower(
            name
        ),
        1, 3
    )
    """
    lines = [INDENT * len(methods) + arg]
    for depth, method in zip(range(len(methods) - 1, -1, -1), methods, strict=True):
        name, _, arguments = method.partition(" ")
        if arguments:
            lines[-1] += ","
            lines.append(INDENT * (depth + 1) + arguments)
        lines = [f"{INDENT * depth}{name}(", *lines, f"{INDENT * depth})"]
    return "\n".join(lines)
