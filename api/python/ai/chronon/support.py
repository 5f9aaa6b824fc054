"""What this version refuses: features of the dialect that are known by name and not built yet.

Every refusal goes through this module, so that an author always learns which feature is meant, and
nothing that was written is dropped silently.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ai.chronon.errors import UnsupportedError

# Struct and field to the feature that a value in it would use.
UNSUPPORTED_FIELDS: dict[tuple[str, str], str] = {
    ("GroupBy", "derivations"): "derivations of a GroupBy",
    ("GroupBy", "isIncremental"): "incremental aggregation of a GroupBy",
    ("Source", "joinSource"): "a join as the source of a GroupBy",
    ("Join", "onlineExternalParts"): "external parts of a Join",
    ("Join", "labelPart"): "the label part of a Join",
    ("Join", "bootstrapParts"): "bootstrap parts of a Join",
    ("Join", "derivations"): "derivations of a Join",
    ("Join", "modelTransforms"): "model transforms of a Join",
}


def refuse(what: str) -> NoReturn:
    """Raises the error for a feature that is not built yet."""
    raise UnsupportedError(
        f"{what}: not supported by this version of Chronon Native yet; remove it from the definition"
    )


def refuse_argument(function: str, argument: str, value: object) -> None:
    """Refuses an argument of an authoring function unless it is absent or empty."""
    if value:
        refuse(f"{function}({argument}=...)")


def missing_names(module: str, names: frozenset[str]) -> Callable[[str], Any]:
    """A module-level `__getattr__` that refuses `names`, which the reference's module of that name has."""

    def get_attribute(name: str) -> NoReturn:
        if name in names:
            refuse(f"{module}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get_attribute


def unsupported_uses(value: object, path: str = "") -> Iterator[str]:
    """Yields where a Thrift object, or anything inside of it, uses a feature that is not built yet."""
    if isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            yield from unsupported_uses(item, f"{path}[{position}]")
    elif isinstance(getattr(type(value), "thrift_spec", None), tuple):
        for entry in type(value).thrift_spec:  # type: ignore[attr-defined]
            field = entry and getattr(value, entry[2])
            if field:
                inner = f"{path}.{entry[2]}" if path else entry[2]
                feature = UNSUPPORTED_FIELDS.get((type(value).__name__, entry[2]))
                if feature:
                    yield f"{inner} ({feature})"
                else:
                    yield from unsupported_uses(field, inner)
