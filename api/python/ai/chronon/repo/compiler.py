"""Turns definitions into compiled files: decides about every file first, and then writes them.

A definition is named, merged with the settings of its team, checked, and compared with what is
compiled already. Nothing is written before every check of the run has passed, and a file is written
as a whole or not at all.
"""

import copy
import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError, UnsupportedError
from ai.chronon.naming import meta_data
from ai.chronon.repo.compiled import Compilable, CompiledRepository, logic, parts, write_atomically
from ai.chronon.repo.discovery import AnyDefinition, definitions
from ai.chronon.repo.serializer import thrift_simple_json
from ai.chronon.repo.teams import Teams
from ai.chronon.repo.templates import fill_templates
from ai.chronon.repo.validator import unsupported, validate
from ai.chronon.utils import dedupe_in_order


class Decision(Enum):
    """What becomes of one definition."""

    WRITE = "write"
    SKIP = "skip"
    INVALID = "invalid"
    PROTECTED = "protected"


@dataclass(frozen=True)
class Options:
    """What the user asked for: overwrite online definitions; keep what an earlier file holds."""

    force_overwrite: bool = False
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

    @property
    def name(self) -> str:
        """The name of the definition."""
        return str(meta_data(self.definition).name)


@dataclass
class Plan:
    """Everything that a run decided on: the definitions asked for, and those that go along with them."""

    asked: list[Item] = field(default_factory=list)
    along: list[Item] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Writes the files."""
        for item in self.asked + self.along:
            if item.decision is Decision.WRITE:
                write_atomically(item.path, item.text)


class Compiler:
    """Plans the compiled files of one repository."""

    def __init__(self, teams: Teams, compiled: CompiledRepository, options: Options) -> None:
        """Takes the teams and compiled files of the repository."""
        self._teams = teams
        self._compiled = compiled
        self._options = options

    def plan(self, asked: Iterable[Compilable]) -> Plan:
        """Decides about definitions and about those that have to be written along with them.

        Raises:
            UnsupportedError: A definition uses a feature that this version does not have.
            DefinitionError: An online join has an offline part, or compiled definitions are made of
                one that changed and overwriting was not forced.

        """
        plan = Plan(asked=[self._item(definition, self._compiled, forced=False) for definition in asked])
        written = [item for item in plan.asked if item.decision is Decision.WRITE]
        plan.warnings = [warning for item in written for warning in self._deprecation_warnings(item.definition)]
        self._check_online_parts(written)
        downstream = self._changed_downstream(written)
        along = [part for item in written for part in self._parts_to_write(item.definition)] + downstream
        compiled = self._compiled.including(item.definition for item in written)
        for definition in {_identity(definition): definition for definition in along}.values():
            plan.along.append(self._item(copy.deepcopy(definition), compiled, forced=True))
        return plan

    def _item(self, definition: Compilable, compiled: CompiledRepository, *, forced: bool) -> Item:
        if uses := unsupported(definition):
            raise UnsupportedError("\n".join(uses))
        self._teams.merge_into(definition)
        fill_templates(definition, self._teams)
        previous = self._compiled.previous(definition)
        if previous is not None:
            self._keep(definition, previous)
        item = Item(definition, Decision.WRITE, self._compiled.path(definition))
        if not (forced or self._options.force_overwrite) and _needs_no_file(definition):
            item.decision = Decision.SKIP
            item.messages = ["GroupBys should not be materialized if batch upload job is not needed"]
        elif errors := validate(definition, compiled):
            item.decision, item.messages = Decision.INVALID, errors
        elif previous is not None and not self._options.force_overwrite and _is_protected(definition, previous):
            item.decision = Decision.PROTECTED
            item.messages = [
                f"Cannot overwrite the existing online conf {item.path}; "
                "give the changed definition a new name, or force it with --force-overwrite"
            ]
        else:
            item.text = thrift_simple_json(definition)
        return item

    def _keep(self, definition: Compilable, previous: Compilable) -> None:
        if self._options.keep_environment:
            _keep_environment(definition, previous)
        data, old = meta_data(definition), meta_data(previous)
        if self._options.keep_sampling and isinstance(definition, ttypes.Join) and not data.samplePercent:
            data.samplePercent = old.samplePercent

    def _check_online_parts(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item.definition, ttypes.Join) and meta_data(item.definition).online:
                offline = [meta_data(part).name for part in parts(item.definition) if not meta_data(part).online]
                if offline:
                    raise DefinitionError(
                        f"join {item.name} is online but includes GroupBys that are not. Fix the following: {offline}"
                    )

    def _parts_to_write(self, definition: Compilable) -> list[Compilable]:
        if not isinstance(definition, ttypes.Join):
            return []
        return [part for part in parts(definition) if not _needs_no_file(part)]

    def _changed_downstream(self, items: list[Item]) -> list[Compilable]:
        """The live definitions made of those that changed.

        A file that stays as it is changes nothing for what is made of it, so a repeated run passes.
        """
        changed = [item for item in items if not self._is_compiled_as(item)]
        names = sorted({name for item in changed for name in self._compiled.downstream(item.definition)})
        if not names:
            return []
        if not self._options.force_overwrite:
            raise DefinitionError(
                f"{', '.join(item.name for item in changed)}: compiled definitions are made of what changes here. "
                f"Detected dependencies are as follows: {names}. Compile them too with --force-overwrite"
            )
        return [_live_definition(ttypes.Join, "joins", name) for name in names]

    def _is_compiled_as(self, item: Item) -> bool:
        previous = self._compiled.previous(item.definition)
        return previous is not None and thrift_simple_json(previous) == item.text

    def _deprecation_warnings(self, definition: Compilable) -> list[str]:
        data = meta_data(definition)
        if isinstance(definition, ttypes.Join):
            deprecated = {str(meta_data(part).name): meta_data(part).deprecationDate for part in parts(definition)}
            return [
                f"{data.name} has no deprecation date, but its part {name} is deprecated on {date}"
                for name, date in deprecated.items()
                if date and not data.deprecationDate
            ]
        if not data.deprecationDate:
            return []
        return [
            f"{data.name} is deprecated on {data.deprecationDate}, but {meta_data(join).name}, which is made of it, "
            f"{f'only on {date}' if date else 'is not'}"
            for join in self._compiled.joins_with(str(data.name))
            if (date := meta_data(join).deprecationDate) is None or date > data.deprecationDate
        ]


def _identity(definition: Compilable) -> tuple[str, str | None]:
    return type(definition).__name__, meta_data(definition).name


def _needs_no_file(definition: Compilable) -> bool:
    return (
        isinstance(definition, ttypes.GroupBy) and not meta_data(definition).online and not definition.backfillStartDate
    )


def _is_protected(definition: Compilable, previous: Compilable) -> bool:
    return bool(meta_data(previous).online) and logic(definition) != logic(previous)


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


def _live_definition(kind: type[AnyDefinition], folder: str, name: str) -> AnyDefinition:
    """The definition of a name, from the module that the name tells."""
    module_name, _, _ = f"{folder}.{name}".rpartition(".")
    for definition in definitions(importlib.import_module(module_name), kind):
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
    return dedupe_in_order(names)
