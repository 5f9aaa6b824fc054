"""A backfill of a join as separate steps: its left side, each of its parts, then the join.

    flow = JoinBackfill("2025-01-01", "2025-01-31", "production/joins/team/training.v1").build_flow()

A failed step is repeated without the others, and each can have the memory that it needs. The flow of a join whose
parts read the output of another join contains the steps of that one too.
"""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ai.chronon.errors import CompiledFileError, DefinitionError, DefinitionValueError
from ai.chronon.naming import sanitize
from ai.chronon.repo.teams import Teams
from ai.chronon.scheduler.interfaces.flow import Flow
from ai.chronon.scheduler.interfaces.node import Node
from ai.chronon.scheduler.interfaces.orchestrator import WorkflowOrchestrator
from ai.chronon.scheduler.join_steps import FINAL, LEFT, JoinStep, batch_parts, join_steps

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
        nodes: dict[str, Node] = {}
        for step in join_steps(join):
            node = Node(final_name if step.name == FINAL else f"{task}__{step.name}", *self._command(name, step))
            for dependency in step.depends_on:
                node.add_dependency(nodes[dependency])
            flow.add_node(node)
            nodes[step.name] = node
        for _, group_by in batch_parts(join):
            for source in group_by.get("sources") or []:
                if "joinSource" in source:
                    nodes[LEFT].add_dependency(self.add_join_to_flow(flow, source["joinSource"]["join"]))
        return nodes[FINAL]

    def _command(self, join: str, step: JoinStep) -> tuple[str, dict[str, Any]]:
        settings = {**self.settings["default"], **self.settings.get(step.name, {})}
        team, dot, rest = join.partition(".")
        if not dot:
            raise DefinitionError(f"join {join!r} has no team: a compiled name is <team>.<file>.<variable>")
        # The last of two equal flags counts.
        first = [_flag("conf", f"production/joins/{team}/{rest}"), _flag("ds", self.end_date)]
        flags = {**step.arguments, **self.extra_args}
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
