"""What compiling would change on disk: lines, columns and semantic hashes of each file."""

import difflib
import os
from dataclasses import dataclass, field

from ai.chronon.api import ttypes
from ai.chronon.columns import FeatureDisplayKeys, get_group_by_output_columns, get_join_output_columns
from ai.chronon.repo.compiled import Compilable, CompiledRepository
from ai.chronon.repo.compiler import Item
from ai.chronon.repo.semantic_hash import semantic_hashes

CONTEXT_LINES = 2


@dataclass
class Change:
    """How one compiled file would change; `before` of a hash is `None` for what is new, `after` for what goes."""

    name: str
    kind: str
    path: str
    diff: list[str]
    added_columns: list[str] = field(default_factory=list)
    removed_columns: list[str] = field(default_factory=list)
    hashes: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The change for people."""
        text = [f"{self.kind} {self.name} would change", *self.diff]
        text += [f"  column + {column}" for column in self.added_columns]
        text += [f"  column - {column}" for column in self.removed_columns]
        text += [
            f"  semantic hash of {key}: {before or 'none'} -> {after or 'none'}"
            for key, (before, after) in self.hashes.items()
        ]
        return text


def _columns(definition: Compilable | None) -> list[str]:
    if isinstance(definition, ttypes.Join):
        return get_join_output_columns(definition)[FeatureDisplayKeys.OUTPUT_COLUMNS]
    return get_group_by_output_columns(definition) if isinstance(definition, ttypes.GroupBy) else []


def _hash_changes(old: Compilable | None, new: Compilable) -> dict[str, tuple[str | None, str | None]]:
    if not isinstance(new, ttypes.Join):
        return {}
    before = semantic_hashes(old) if isinstance(old, ttypes.Join) else {}
    after = semantic_hashes(new)
    return {
        key: (before.get(key), after.get(key)) for key in sorted({*before, *after}) if before.get(key) != after.get(key)
    }


def change_of(item: Item, compiled: CompiledRepository) -> Change | None:
    """What writing an item would change, or `None` if its file has that text already."""
    before = ""
    if os.path.isfile(item.path):
        with open(item.path, encoding="utf-8", errors="replace") as file:
            before = file.read()
    if before == item.text:
        return None
    path = os.path.relpath(item.path, os.path.dirname(compiled.output_root))
    diff = difflib.unified_diff(before.splitlines(), item.text.splitlines(), path, path, lineterm="", n=CONTEXT_LINES)
    old = compiled.previous(item.definition)
    had, has = _columns(old), _columns(item.definition)
    return Change(
        item.name,
        item.kind,
        item.path,
        list(diff),
        [column for column in has if column not in had],
        [column for column in had if column not in has],
        _hash_changes(old, item.definition),
    )
