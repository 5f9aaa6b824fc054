"""Turns definitions into compiled files: decides about every file first, and then writes them.

A definition is named, merged with the settings of its team, checked, and compared with what is
compiled already. Nothing is written before every check of the run has passed, and a file is written
as a whole or not at all.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.errors import ChrononError, DefinitionError
from ai.chronon.naming import meta_data
from ai.chronon.repo.checks import check_by_itself
from ai.chronon.repo.compiled import (
    Compilable,
    CompiledRepository,
    folder_of,
    parent_joins,
    parts,
    write_atomically,
)
from ai.chronon.repo.discovery import definitions
from ai.chronon.repo.locate import definition_place
from ai.chronon.repo.serializer import copy_struct, thrift_simple_json
from ai.chronon.repo.teams import Teams
from ai.chronon.repo.templates import fill_templates
from ai.chronon.repo.validator import NEEDS_NO_FILE, is_batch_upload_needed, is_protected, validate


class Decision(Enum):
    """What becomes of one definition."""

    WRITE = "write"
    SKIP = "skip"
    INVALID = "invalid"
    PROTECTED = "protected"
    FAILED = "failed"


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Overwrite online definitions; keep what an earlier file holds; refuse what a job would refuse.
    """

    force_overwrite: bool = False
    strict: bool = False
    keep_environment: bool = False
    keep_sampling: bool = False


@dataclass
class Item:
    """One definition of the run: what becomes of it, where, with which text, and why."""

    definition: Compilable
    decision: Decision
    path: str
    text: str = ""
    messages: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: ChrononError | None = None

    @property
    def name(self) -> str:
        """The name of the definition."""
        return str(meta_data(self.definition).name)

    @property
    def kind(self) -> str:
        """The class of the definition: `GroupBy`, `Join` or `StagingQuery`."""
        return type(self.definition).__name__

    def fail(self, error: ChrononError) -> None:
        """Keeps the file from being written; the run ends with this error."""
        self.decision, self.error, self.messages = Decision.FAILED, error, [str(error)]


@dataclass
class Plan:
    """Everything that a run decided on: the definitions asked for, and those that go along with them."""

    asked: list[Item] = field(default_factory=list)
    along: list[Item] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """All definitions of the run."""
        return self.asked + self.along

    @property
    def written(self) -> list[Item]:
        """The definitions whose files are to be written, each file once; what goes along comes last and wins."""
        return list({item.path: item for item in self.items if item.decision is Decision.WRITE}.values())

    def write(self) -> None:
        """Writes the files."""
        for item in self.written:
            write_atomically(item.path, item.text)


class Compiler:
    """Plans the compiled files of one repository."""

    def __init__(self, root: str, teams: Teams, compiled: CompiledRepository, options: Options) -> None:
        """Takes the root, the teams and the compiled files of the repository."""
        self._root = root
        self._teams = teams
        self._compiled = compiled
        self._options = options

    def plan(self, asked: Iterable[Compilable]) -> Plan:
        """Decides about definitions and about those that have to be written along with them.

        A definition that cannot be compiled is an item with its error; the others do not suffer from it.
        """
        asked = list(asked)
        # A GroupBy that is compiled along with a production join is a part of it already.
        with_joins = self._compiled.including(asked)
        plan = Plan(
            asked=[
                self._item(
                    definition, with_joins if isinstance(definition, ttypes.GroupBy) else self._compiled, forced=False
                )
                for definition in asked
            ]
        )
        _refuse_equal_names(plan.asked)
        written = [item for item in plan.asked if item.decision is Decision.WRITE]
        for item in written:
            self._check_online_parts(item)
        along = self._along([item for item in written if item.decision is Decision.WRITE], asked)
        written = [item for item in written if item.decision is Decision.WRITE]
        plan.warnings = [warning for item in written for warning in self._deprecation_warnings(item.definition)]
        later = self._compiled.including(item.definition for item in written)
        plan.along = [self._item(copy_struct(definition), later, forced=True) for definition in along]
        _refuse_equal_names(plan.along)
        return plan

    def _item(self, definition: Compilable, compiled: CompiledRepository, *, forced: bool) -> Item:
        item = Item(definition, Decision.WRITE, self._compiled.path(definition))
        try:
            self._decide(item, compiled, forced=forced)
        except ChrononError as error:
            error.args = (f"{definition_place(self._root, definition)}: {error}",)
            item.fail(error)
        return item

    def _decide(self, item: Item, compiled: CompiledRepository, *, forced: bool) -> None:
        definition = item.definition
        self._teams.merge_into(definition)
        fill_templates(definition, self._teams)
        previous = self._compiled.previous(definition)
        if previous is not None:
            self._keep(definition, previous)
        if not (forced or self._options.force_overwrite) and _needs_no_file(definition):
            item.decision = Decision.SKIP
            item.messages = [NEEDS_NO_FILE]
            return
        errors = validate(definition, compiled)
        problems, warnings = check_by_itself(definition)
        if self._options.strict:
            errors += problems
        else:
            warnings += problems
        place = definition_place(self._root, definition) if errors or warnings else ""
        item.warnings = [f"{place}: {warning}" for warning in warnings]
        if errors:
            item.decision, item.messages = Decision.INVALID, [f"{place}: {error}" for error in errors]
        elif previous is not None and not self._options.force_overwrite and is_protected(definition, previous):
            item.decision = Decision.PROTECTED
            item.messages = [
                f"Cannot overwrite the existing online conf {item.path}; "
                "give the changed definition a new name, or force it with --force-overwrite"
            ]
        else:
            item.text = thrift_simple_json(definition)

    def _keep(self, definition: Compilable, previous: Compilable) -> None:
        if self._options.keep_environment:
            _keep_environment(definition, previous)
        data, old = meta_data(definition), meta_data(previous)
        if self._options.keep_sampling and isinstance(definition, ttypes.Join) and not data.samplePercent:
            data.samplePercent = old.samplePercent

    def _check_online_parts(self, item: Item) -> None:
        if isinstance(item.definition, ttypes.Join) and meta_data(item.definition).online:
            offline = [meta_data(part).name for part in parts(item.definition) if not meta_data(part).online]
            if offline:
                place = definition_place(self._root, item.definition)
                item.fail(
                    DefinitionError(
                        f"{place}: join {item.name} is online but includes GroupBys that are not. "
                        f"Fix the following: {offline}"
                    )
                )

    def _along(self, written: list[Item], asked: list[Compilable]) -> list[Compilable]:
        """GroupBys of written joins, and what is made of definitions that change, unless it was asked for anyway."""
        done = {_identity(definition) for definition in asked}
        found: list[Compilable] = []
        for item in written:
            if isinstance(item.definition, ttypes.Join):
                found += [part for part in parts(item.definition) if not _needs_no_file(part)]
        for item in written:
            try:
                found += self._changed_downstream(item, done)
            except ChrononError as error:
                item.fail(error)
        # Equal ones once; different ones of one name are kept, to be refused.
        distinct = {(*_identity(made), thrift_simple_json(made)): made for made in found if _identity(made) not in done}
        rank = {"GroupBy": 0, "Join": 1}
        return sorted(distinct.values(), key=lambda made: rank[type(made).__name__])

    def _changed_downstream(self, item: Item, done: set[tuple[str, str | None]]) -> list[Compilable]:
        """The live definitions made of one that changed.

        A file that stays as it is changes nothing for what is made of it, so a repeated run passes.
        """
        made = [
            definition for definition in self._compiled.downstream(item.definition) if _identity(definition) not in done
        ]
        if not made or self._is_compiled_as(item):
            return []
        names = sorted(str(meta_data(definition).name) for definition in made)
        if not self._options.force_overwrite:
            raise DefinitionError(
                f"{item.name}: compiled definitions are made of what changes here. "
                f"Detected dependencies are as follows: {names}. Compile them too with --force-overwrite, or with --all"
            )
        return [_live_definition(definition) for definition in made]

    def _is_compiled_as(self, item: Item) -> bool:
        previous = self._compiled.previous(item.definition)
        return previous is not None and thrift_simple_json(previous) == item.text

    def _deprecation_warnings(self, definition: Compilable) -> list[str]:
        data = meta_data(definition)
        if not data.deprecationDate:
            upstream = parts(definition) if isinstance(definition, ttypes.Join) else _parents(definition)
            return [
                f"{data.name} has no deprecation date, but {meta_data(part).name}, which it is made of, is deprecated "
                f"on {meta_data(part).deprecationDate}"
                for part in {_identity(part): part for part in upstream}.values()
                if meta_data(part).deprecationDate
            ]
        return [
            f"{data.name} is deprecated on {data.deprecationDate}, but {meta_data(made).name}, which is made of it, "
            f"{f'only on {date}' if date else 'is not'}"
            for made in self._compiled.downstream(definition)
            if (date := meta_data(made).deprecationDate) is None or date > data.deprecationDate
        ]


def _identity(definition: Compilable) -> tuple[str, str | None]:
    return type(definition).__name__, meta_data(definition).name


def _parents(definition: Compilable) -> list[ttypes.Join]:
    return parent_joins(definition) if isinstance(definition, ttypes.GroupBy) else []


def _needs_no_file(definition: Compilable) -> bool:
    return isinstance(definition, ttypes.GroupBy) and not is_batch_upload_needed(definition)


def _refuse_equal_names(items: list[Item]) -> None:
    """Two definitions of one name would share a file: neither is written, unless they are equal."""
    by_path: dict[str, list[Item]] = {}
    for item in items:
        by_path.setdefault(item.path, []).append(item)
    for path, sharing in by_path.items():
        texts = {item.text for item in sharing if item.decision is Decision.WRITE}
        if len(texts) > 1:
            for item in sharing:
                item.fail(
                    DefinitionError(
                        f"{len(sharing)} different {item.kind}s of this run are called {item.name} and would be "
                        f"written to {path}; rename all but one"
                    )
                )


def _keep_environment(value: Any, previous: Any) -> None:
    """Takes over every environment that stands at the same place in an earlier compiled file."""
    if isinstance(value, list) and isinstance(previous, list):
        for item, old in zip(value, previous, strict=False):
            _keep_environment(item, old)
    elif isinstance(value, ttypes.MetaData) and isinstance(previous, ttypes.MetaData):
        if previous.modeToEnvMap is not None:
            value.modeToEnvMap = previous.modeToEnvMap
    elif hasattr(value, "thrift_spec") and type(value) is type(previous):
        for name, inner in list(vars(value).items()):
            _keep_environment(inner, getattr(previous, name, None))


def _live_definition(compiled: Compilable) -> Compilable:
    """The definition that a compiled one was made from, out of the module that its name tells."""
    name = meta_data(compiled).name
    module_name, _, _ = f"{folder_of(compiled)}.{name}".rpartition(".")
    for definition in definitions(importlib.import_module(module_name), type(compiled)):
        if meta_data(definition).name == name:
            return definition
    raise DefinitionError(
        f"{name} is compiled, but no variable of {module_name} has this name; remove its compiled file"
    )


def lost_sampling(asked: Iterable[Compilable], compiled: CompiledRepository) -> list[str]:
    """Names of joins whose requests are logged as compiled, and would no longer be."""
    names = []
    for definition in asked:
        if isinstance(definition, ttypes.Join) and not meta_data(definition).samplePercent:
            previous = compiled.previous(definition)
            if previous is not None and (meta_data(previous).samplePercent or 0) > 0:
                names.append(str(meta_data(definition).name))
    return list(dict.fromkeys(names))
