"""The hashes by which the engine tells whether the tables of a join were filled from the same definition.

They are computed as the JVM does, `SemanticHash.scala`: the first ten characters of the Base64 of the MD5 of the
compact JSON, whose maps stand in the order of a Java `HashMap`. Topics do not count.
"""

import base64
import hashlib
import json
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.repo.external_join_part import ExternalJoinPart
from ai.chronon.repo.serializer import copy_struct, to_tree
from ai.chronon.tables import join_part_output_table_name, output_table_name

LENGTH = 10
MASK = 0xFFFFFFFF
LOAD_FACTOR = 0.75
# Fields of definitions that are maps: their keys have no order of their own.
MAPS = frozenset({"selects", "argMap", "tableProperties", "modeToEnvMap", "keyMapping", "skewKeys", "factoryParams"})


def java_hash(text: str) -> int:
    """Java's `String.hashCode`, as an unsigned number of 32 bits."""
    result = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        result = (31 * result + (high << 8 | low)) & MASK
    return result


def _in_java_order(tree: dict[str, Any]) -> dict[str, Any]:
    """The entries in the order of a Java `HashMap` that was made as a copy of a map of this order."""
    size = 1
    while size < int(len(tree) / LOAD_FACTOR + 1):
        size *= 2

    def bucket(key: str) -> int:
        hashed = java_hash(key)
        return (hashed ^ hashed >> 16) & (size - 1)

    return dict(sorted(tree.items(), key=lambda item: bucket(item[0])))


def _ordered(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_ordered(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: _in_java_order(value) if key in MAPS and isinstance(value, dict) else _ordered(value)
        for key, value in tree.items()
    }


def _digest(text: str) -> str:
    digest = hashlib.md5(text.encode("utf-8"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")[:LENGTH]


def _hash(struct: Any) -> str:
    return _digest(json.dumps(_ordered(to_tree(struct)), separators=(",", ":"), ensure_ascii=False))


def _without_topics(source: ttypes.Source | None) -> None:
    if source is None:
        return
    if source.events is not None:
        source.events.topic = None
    elif source.entities is not None:
        source.entities.mutationTopic = None
    elif source.joinSource is not None and source.joinSource.join is not None:
        _join_without_topics(source.joinSource.join)


def _join_without_topics(join: ttypes.Join) -> None:
    _without_topics(join.left)
    for part in join.joinParts or []:
        for source in (part.groupBy.sources if part.groupBy is not None else None) or []:
            _without_topics(source)


def _group_by_hash(group_by: ttypes.GroupBy | None) -> str:
    bare: ttypes.GroupBy = copy_struct(group_by or ttypes.GroupBy())
    bare.metaData = None
    return _hash(bare)


def semantic_hashes(join: ttypes.Join) -> dict[str, str]:
    """Hashes of a join's left, of every part by its table, of its bootstrap parts and of its derivations."""
    hashed: ttypes.Join = copy_struct(join)
    _join_without_topics(hashed)
    external = [ExternalJoinPart.from_external_part(part) for part in hashed.onlineExternalParts or []]
    parts = [*(hashed.joinParts or []), *(part.join_part for part in external if part is not None)]
    hashes = {"left_source": _hash(hashed.left)}
    for part in parts:
        hashes[join_part_output_table_name(hashed, part, full_name=True)] = _group_by_hash(part.groupBy)
    bootstrap = hashed.bootstrapParts
    text = (
        ""
        if bootstrap is None
        else json.dumps([_ordered(to_tree(part)) for part in bootstrap], separators=(",", ":"), ensure_ascii=False)
    )
    hashes[f"{output_table_name(hashed, full_name=True)}_bootstrap"] = _digest(text)
    if hashed.derivations is not None:
        text = ", ".join(f"{derivation.expression} as {derivation.name}" for derivation in hashed.derivations)
        hashes["derived"] = f"{java_hash(text):x}"
    return hashes
