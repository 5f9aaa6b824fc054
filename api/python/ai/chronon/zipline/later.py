"""What releases of the reference after the one that this package follows have added; refused by name."""

from collections.abc import Mapping

from ai.chronon.errors import UnsupportedError
from ai.chronon.zipline.errors import DefinitionTypeError

LATER_ARGUMENTS = frozenset(
    {
        "column_alias",
        "environments",
        "filter",
        "key_filter",
        "online_strategy",
        "partition_interval",
        "partition_lag",
        "partition_offset",
        "workflow_concurrency",
    }
)


def refuse_later(function: str, arguments: Mapping[str, object]) -> None:
    """Refuses keyword arguments that an authoring function does not take.

    Raises:
        UnsupportedError: A later release has the argument.
        DefinitionTypeError: There is no such argument; a `TypeError` too.

    """
    for name in arguments:
        if name in LATER_ARGUMENTS:
            raise UnsupportedError(
                f"{function}({name}=...) is of a later release of the dialect: not supported by this version of "
                "Chronon Native yet; remove it from the definition"
            )
        raise DefinitionTypeError(f"{function}() got an unexpected keyword argument {name!r}; see help({function})")
