"""A backfill of a join as separate steps: its left side, each of its parts, then the join.

    flow = JoinBackfill("2025-01-01", "2025-01-31", "production/joins/team/training.v1").build_flow()

A failed step is repeated without the others, and each can have the memory that it needs. The flow of a join whose
parts read the output of another join contains the steps of that one too.
"""

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ai.chronon.errors import CompiledFileError, DefinitionError, DefinitionValueError
from ai.chronon.naming import sanitize
from ai.chronon.repo.teams import Teams
from ai.chronon.scheduler.interfaces.flow import Flow
from ai.chronon.scheduler.interfaces.node import Node
from ai.chronon.scheduler.interfaces.orchestrator import WorkflowOrchestrator

TASK_PREFIX = "compute_join"
DEFAULT_SPARK_SETTINGS: dict[str, dict[str, Any]] = {
    "default": {"spark_version": "3.1.1", "executor_memory": "4G", "driver_memory": "4G", "executor_cores": 2}
}


class JoinBackfill:
    """The steps of the backfill of one compiled join.

    Settings are environment variables of `run.py` by step: those of `default`, over them those of `left_table`,
    `final_join`, or the full name of a part.
    """

    def __init__(
        self,
        start_date: str | None,
        end_date: str,
        config_path: str,
        extra_args: Mapping[str, Any] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Reads the compiled join at a path.

        `extra_args` are further flags of `run.py`, with `_` for `-`; they win over those of a step. `start_date` and
        `end_date` are days, yyyy-MM-dd; without the first, missing days are computed from the start of the join.

        Raises:
            DefinitionValueError: `settings` has no `default`.
            CompiledFileError: The file cannot be read, or is not a compiled join.

        """
        self.start_date = start_date
        self.end_date = end_date
        self.config_path = config_path
        self.extra_args: dict[str, Any] = dict(extra_args or {})
        self.settings = settings or DEFAULT_SPARK_SETTINGS
        if "default" not in self.settings:
            given = ", ".join(map(repr, self.settings))
            raise DefinitionValueError(f"settings of a JoinBackfill need the key 'default', and have {given}")
        self.join = _read_join(config_path)

    def build_flow(self) -> Flow:
        """The steps; the one that nothing waits for computes the join."""
        flow = Flow(_name(self.join))
        self.add_join_to_flow(flow, self.join)
        return flow

    def add_join_to_flow(self, flow: Flow, join: Mapping[str, Any]) -> Node:
        """Adds the steps of a join, and of the joins that its parts read from; returns the one that computes it."""
        name = _name(join)
        task = f"{TASK_PREFIX}__{sanitize(name)}"
        final_name = f"{TASK_PREFIX}__{sanitize(_output_table(join))}"
        present = flow.find_node(final_name)
        if present is not None:
            return present
        left = Node(f"{task}__left_table", *self._command(name, {"mode": "backfill-left"}, "left_table"))
        final = Node(final_name, *self._command(name, {"mode": "backfill-final"}, "final_join"))
        flow.add_node(left)
        flow.add_node(final)
        parts = list(_parts(join))
        for part, group_by in parts:
            arguments = {"mode": "backfill", "selected_join_parts": part, "use_cached_left": None}
            node = Node(f"{task}__{part}", *self._command(name, arguments, part))
            node.add_dependency(left)
            final.add_dependency(node)
            flow.add_node(node)
            for source in group_by.get("sources") or []:
                if "joinSource" in source:
                    left.add_dependency(self.add_join_to_flow(flow, source["joinSource"]["join"]))
        if not parts:
            final.add_dependency(left)
        return final

    def _command(self, join: str, arguments: Mapping[str, Any], step: str) -> tuple[str, dict[str, Any]]:
        settings = {**self.settings["default"], **self.settings.get(step, {})}
        team, dot, rest = join.partition(".")
        if not dot:
            raise DefinitionError(f"join {join!r} has no team: a compiled name is <team>.<file>.<variable>")
        # The last of two equal flags counts.
        first = [_flag("conf", f"production/joins/{team}/{rest}"), _flag("ds", self.end_date)]
        flags = {**arguments, **self.extra_args}
        if self.start_date is not None:
            flags["start_ds"] = self.start_date
        exports = [f"export {key.upper()}={shlex.quote(str(value))}" for key, value in settings.items()]
        words = ["run.py", *first, *(_flag(key, value) for key, value in flags.items())]
        return " && ".join([*exports, " ".join(words)]), settings

    def run(self, orchestrator: WorkflowOrchestrator) -> None:
        """Hands the steps to a scheduler and starts them."""
        orchestrator.setup()
        orchestrator.build_dag_from_flow(self.build_flow())
        orchestrator.trigger_run()


def _flag(key: str, value: Any) -> str:
    """A flag of `run.py`; nothing, zero and the empty text make it a switch."""
    flag = f"--{key.replace('_', '-')}"
    return f"{flag}={shlex.quote(str(value))}" if value else flag


def _read_join(path: str) -> dict[str, Any]:
    try:
        join = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise CompiledFileError(f"{path} is not JSON: {error}; compile it again") from error
    if not isinstance(join, dict) or "left" not in join or not (join.get("metaData") or {}).get("name"):
        raise CompiledFileError(f"{path} is not a compiled join: it has no left, or no metaData.name")
    return join


def _name(join: Mapping[str, Any]) -> str:
    return str(join["metaData"]["name"])


def _output_table(join: Mapping[str, Any]) -> str:
    """The table of a join, with its database."""
    name = _name(join)
    namespace = join["metaData"].get("outputNamespace")
    if not namespace:
        namespace = Teams.load(os.environ.get("CHRONON_ROOT", os.curdir)).namespace(name.split(".")[0])
    return f"{namespace}.{sanitize(name)}"


def _parts(join: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The full names of the parts that are computed in batch, and their GroupBys."""
    for part in join.get("joinParts") or []:
        prefix = f"{part['prefix']}_" if part.get("prefix") else ""
        yield f"{prefix}{sanitize(part['groupBy']['metaData']['name'])}", part["groupBy"]
    for part in join.get("onlineExternalParts") or []:
        source = part["source"]
        if source.get("offlineGroupBy"):
            prefix = f"{part['prefix']}_" if part.get("prefix") else ""
            yield f"ext_{prefix}{sanitize(source['metadata']['name'])}", source["offlineGroupBy"]
