"""External parts: features that a join asks other services for, or takes from its request."""

from collections import Counter

from ai.chronon.api import ttypes
from ai.chronon.data_types import DataType, FieldsType
from ai.chronon.errors import DefinitionError
from ai.chronon.naming import ensure_group_by_name

CONTEXTUAL = "contextual"


def ExternalSource(
    name: str,
    team: str,
    key_fields: FieldsType,
    value_fields: FieldsType,
    custom_json: str | None = None,
    factory_name: str | None = None,
    factory_params: dict[str, str] | None = None,
    offline_group_by: ttypes.GroupBy | None = None,
) -> ttypes.ExternalSource:
    """Describes a service that is asked for features at the time of a request.

    Args:
        name: Name under which the service's handler is registered; not `contextual`.
        team: Team that owns the service.
        key_fields: (name, `DataType`) pairs of what the service is asked with.
        value_fields: (name, `DataType`) pairs of what it answers.
        custom_json: Notes, as JSON text.
        factory_name: Name of the factory that makes the handler, where none is registered by name.
        factory_params: Arguments of that factory.
        offline_group_by: GroupBy that stands in for the service in batch jobs.

    Raises:
        DefinitionError: The name is that of contextual sources.
        DefinitionValueError: The GroupBy has no name, and no module to take one from.

    """
    if name == CONTEXTUAL:
        raise DefinitionError(f"ExternalSource(name={name!r}): the name is taken; use `ContextualSource`")
    if offline_group_by is not None:
        ensure_group_by_name(offline_group_by)
    factory = None
    if factory_name is not None or factory_params is not None:
        factory = ttypes.ExternalSourceFactoryConfig(factory_name, factory_params)
    return ttypes.ExternalSource(
        metadata=ttypes.MetaData(name=name, team=team, customJson=custom_json),
        keySchema=DataType.STRUCT(f"ext_{name}_keys", *key_fields),
        valueSchema=DataType.STRUCT(f"ext_{name}_values", *value_fields),
        factoryConfig=factory,
        offlineGroupBy=offline_group_by,
    )


def ContextualSource(fields: FieldsType, team: str = "default") -> ttypes.ExternalSource:
    """Describes values that a request brings along, and that are logged and returned as features.

    Args:
        fields: (name, `DataType`) pairs.
        team: Team that owns the fields.

    """
    return ttypes.ExternalSource(
        metadata=ttypes.MetaData(name=CONTEXTUAL, team=team),
        keySchema=DataType.STRUCT(f"{CONTEXTUAL}_keys", *fields),
        valueSchema=DataType.STRUCT(f"{CONTEXTUAL}_values", *fields),
    )


def ExternalPart(
    source: ttypes.ExternalSource, key_mapping: dict[str, str] | None = None, prefix: str | None = None
) -> ttypes.ExternalPart:
    """Makes an external source a part of a join.

    Args:
        source: See `ExternalSource` and `ContextualSource`.
        key_mapping: Column on the left to key of the source, where the two differ.
        prefix: Put before the names of its columns, after `ext_`.

    """
    return ttypes.ExternalPart(source=source, keyMapping=key_mapping, prefix=prefix)


def _source_name(part: ttypes.ExternalPart) -> str | None:
    metadata = part.source.metadata if part.source is not None else None
    return metadata.name if metadata is not None else None


def check_distinct(parts: list[ttypes.ExternalPart]) -> None:
    """Raises `DefinitionError` if two parts have one source and one prefix: their columns would be the same."""
    counts = Counter((part.prefix, _source_name(part)) for part in parts)
    twice = [
        f"{source!r} with prefix {prefix!r} ({count} times)" for (prefix, source), count in counts.items() if count > 1
    ]
    if twice:
        raise DefinitionError(
            f"Join(online_external_parts=...) has duplicates: {', '.join(twice)}; give each one a prefix of its own"
        )
