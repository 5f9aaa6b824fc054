"""What a scheduler has to offer to run a flow."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from ai.chronon.scheduler.interfaces.flow import Flow
from ai.chronon.scheduler.interfaces.node import Node


class WorkflowOrchestrator(ABC):
    """Hands flows to one scheduler."""

    @abstractmethod
    def setup(self) -> None:
        """Prepares the scheduler, for example by opening a connection."""

    @abstractmethod
    def schedule_task(self, task: Node) -> Any:
        """Makes the scheduler's own task of a step."""

    @abstractmethod
    def set_dependencies(self, task: Any, dependencies: Iterable[Any]) -> None:
        """Makes a task of the scheduler wait for others."""

    @abstractmethod
    def build_dag_from_flow(self, flow: Flow) -> Any:
        """Makes the scheduler's own form of a flow."""

    @abstractmethod
    def trigger_run(self) -> None:
        """Starts what was built."""
