"""Collects the definitions of a repository: imports modules, and tells in one message why one cannot be."""

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from ai.chronon.api import ttypes
from ai.chronon.errors import ChrononError, ImportFailureError
from ai.chronon.repo.compiled import Compilable, parts
from ai.chronon.repo.discovery import definitions, import_file, module_files
from ai.chronon.repo.layout import FOLDERS
from ai.chronon.repo.locate import error_place, import_chain
from ai.chronon.sharing import QueryUse, noting_uses

# What Python says of a module that is asked for a name while it is still being imported.
PARTIALLY_IMPORTED = re.compile(r"partially initialized module '([\w.]+)'")


@dataclass
class Collected:
    """What was found: definitions, and why files could not be taken, by file."""

    definitions: list[Compilable] = field(default_factory=list)
    failed: dict[str, ChrononError] = field(default_factory=dict)


def _kind_of(root: str, file: str) -> type[Compilable]:
    return FOLDERS[os.path.relpath(file, root).split(os.sep)[0]]


def _import_failure(root: str, file: str, error: Exception | SystemExit) -> ChrononError:
    """The error for people: where in the repository, and what; our own errors keep their type."""
    place = error_place(root, error) or os.path.relpath(file, root)
    chain = import_chain(root, error)
    if isinstance(error, ChrononError):
        error.args = (f"{place}: {error}",)
        return error
    if isinstance(error, SyntaxError):
        broken = os.path.relpath(error.filename, root) if error.filename else os.path.relpath(file, root)
        line = f":{error.lineno}" if error.lineno else ""
        return ImportFailureError(f"{broken}{line}: not a valid Python file in UTF-8: {error.msg}")
    begun = PARTIALLY_IMPORTED.search(str(error)) if isinstance(error, (ImportError, AttributeError)) else None
    if begun and chain:
        again = begun.group(1).replace(".", os.sep) + ".py"
        return ImportFailureError(
            f"{place}: modules import each other in a cycle: {' -> '.join([*chain, again])}; "
            "move what they share to a module of its own"
        )
    return ImportFailureError(f"{place}: {type(error).__name__}: {error}")


def _definitions_of(root: str, file: str) -> list[Compilable]:
    return list(definitions(import_file(root, file), _kind_of(root, file)))


def collect(root: str, path: str) -> Collected:
    """Imports the Python files at a path in the order of their names; one that fails does not stop the others."""
    collected = Collected()
    for file in module_files(path):
        _collect_file(collected, root, file)
    return collected


def _collect_file(collected: Collected, root: str, file: str) -> list[Compilable]:
    try:
        found = _definitions_of(root, file)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a module of the repository may raise anything
        failure = _import_failure(root, file, error)
        failure.__cause__ = None if failure is error else error
        collected.failed[file] = failure
        return []
    collected.definitions += found
    return found


def collect_all(root: str, tick: Callable[[str], None]) -> Collected:
    """Imports every definition of a repository, what others are made of first.

    The result is that of compiling each file alone: files that use a query which another module completes are
    imported once more, with fresh modules.

    Args:
        root: The repository.
        tick: Called with each file, for progress.

    """
    collected = Collected()
    files = all_files(root)
    found: dict[str, list[Compilable]] = {}
    with noting_uses() as uses:
        for file in files:
            tick(file)
            found[file] = _collect_file(collected, root, file)
    again = _order_dependent(root, files, uses)
    if again:
        collected.definitions = []
        for file in files:
            if file in again and file not in collected.failed:
                with _FreshModules(root):
                    _collect_file(collected, root, file)
            else:
                collected.definitions += found[file]
    return collected


def all_files(root: str) -> list[str]:
    """Every Python file below the folders of definitions, folder by folder."""
    return [
        file
        for folder in FOLDERS
        if os.path.isdir(os.path.join(root, folder))
        for file in module_files(os.path.join(root, folder))
    ]


def _order_dependent(root: str, files: Iterable[str], uses: dict[int, QueryUse]) -> set[str]:
    """The files with a definition over a query that one module changed and another one uses too."""
    entangled = {identity for identity, use in uses.items() if use.changed and len(use.modules) > 1}
    if not entangled:
        return set()
    users = {module for identity in entangled for module in uses[identity].modules}
    return {file for file in files if _module_name(root, file) in users or _holds(_loaded(root, file), entangled)}


def _module_name(root: str, file: str) -> str:
    return os.path.splitext(os.path.relpath(file, root))[0].replace(os.sep, ".")


def _loaded(root: str, file: str) -> ModuleType | None:
    return sys.modules.get(_module_name(root, file))


def _holds(module: ModuleType | None, queries: set[int]) -> bool:
    """Whether a definition of a module reads from one of the queries, itself or through what it is made of."""
    held = (
        [value for value in vars(module).values() if isinstance(value, (ttypes.GroupBy, ttypes.Join))] if module else []
    )
    return any(identity in queries for definition in held for identity in _queries_of(definition))


def _queries_of(definition: ttypes.GroupBy | ttypes.Join) -> Iterator[int]:
    """The identities of the queries of a definition's live GroupBys; the left of a join is a copy of its own."""
    if isinstance(definition, ttypes.Join):
        labels = (definition.labelPart.labels if definition.labelPart is not None else None) or []
        external = [
            part.source.offlineGroupBy for part in definition.onlineExternalParts or [] if part.source is not None
        ]
        for group_by in [*parts(definition), *(part.groupBy for part in labels), *external]:
            if group_by is not None:
                yield from _queries_of(group_by)
        return
    for source in definition.sources or []:
        arm = source.events or source.entities or source.joinSource
        if arm is not None:
            yield id(arm.query)
        if isinstance(arm, ttypes.JoinSource) and arm.join is not None:
            yield from _queries_of(arm.join)


class _FreshModules:
    """Forgets the modules of a repository for as long as the context lasts, so that they are imported anew."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._kept: dict[str, ModuleType] = {}

    def _own(self) -> dict[str, ModuleType]:
        prefix = self._root + os.sep
        own = {}
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            paths = [file] if file else list(getattr(module, "__path__", []) or [])
            if any(str(path).startswith(prefix) for path in paths):
                own[name] = module
        return own

    def __enter__(self) -> None:
        self._kept = self._own()
        for name in self._kept:
            del sys.modules[name]
        importlib.invalidate_caches()

    def __exit__(self, *_: object) -> None:
        for name in self._own():
            del sys.modules[name]
        sys.modules.update(self._kept)
