"""What a compilation would change of the files that are there, and what of it has to be confirmed."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ai.chronon.zipline.compile.store import name_of

# What has no effect on the values of features, or on who reads them.
WITHOUT_EFFECT = frozenset({"metaData", "metadata", "onlineExternalParts"})
VERSION = re.compile(r"^(?P<base>.+)__(?P<version>[^_].*)$")


class Kind(Enum):
    """How a file changes."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"
    NEW_VERSION = "new version"


@dataclass(frozen=True)
class Change:
    """A change of one file; `earlier` is the version that a new one takes the place of."""

    kind: Kind
    path: str
    needs_confirmation: bool = False
    earlier: str | None = None

    @property
    def name(self) -> str:
        """The name of the definition."""
        return name_of(self.path)


def logic(value: Any) -> Any:
    """What an overwrite compares: the parsed file without what has no effect on values."""
    if isinstance(value, dict):
        return {key: logic(inner) for key, inner in value.items() if key not in WITHOUT_EFFECT}
    return [logic(inner) for inner in value] if isinstance(value, list) else value


def differs_in_logic(old: str, new: str) -> bool:
    """Whether two compiled files give different values."""
    return bool(logic(json.loads(old)) != logic(json.loads(new)))


def is_online(text: str) -> bool:
    """Whether a compiled file is served."""
    return bool(json.loads(text).get("metaData", {}).get("online"))


def _base(path: str) -> tuple[str, str | None]:
    match = VERSION.match(path)
    return (match["base"], match["version"]) if match else (path, None)


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    """The changes from one set of compiled files to another, sorted by path."""
    deleted = {path for path in old if path not in new}
    versions = {_base(path)[0]: path for path in deleted if _base(path)[1] is not None}
    found = []
    for path, text in new.items():
        if path in old:
            if text != old[path]:
                found.append(Change(Kind.CHANGED, path, differs_in_logic(old[path], text)))
            continue
        base, version = _base(path)
        earlier = versions.get(base) if version is not None else None
        if earlier is None:
            found.append(Change(Kind.ADDED, path))
        else:
            deleted.discard(earlier)
            found.append(Change(Kind.NEW_VERSION, path, earlier=_base(earlier)[1]))
    found += [Change(Kind.DELETED, path, True) for path in deleted]
    return sorted(found, key=lambda change: change.path)


def difference(old: str, new: str) -> str:
    """The lines that differ between two files, with two lines around them."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "compiled", "now", n=2, lineterm="")
    return "\n".join(lines)


def to_confirm(found: Iterable[Change]) -> list[Change]:
    """The changes that somebody has to agree to."""
    return [change for change in found if change.needs_confirmation]
