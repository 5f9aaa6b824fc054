"""A step of a flow."""

from collections.abc import Mapping
from typing import Any


class Node:
    """One command, and the steps that come before it. Two with one name are the same step."""

    def __init__(self, name: str, command: str, settings: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        """Takes the command for a shell, the settings it runs with, and whatever else an orchestrator wants to know."""
        self.name = name
        self.command = command
        self.settings = settings
        self.args = args
        self.kwargs = kwargs
        self.dependencies: set[Node] = set()

    def add_dependency(self, node: "Node") -> None:
        """Makes another step come before this one."""
        self.dependencies.add(node)

    def __eq__(self, other: object) -> bool:
        """Whether the other one is a step of the same name."""
        return isinstance(other, Node) and self.name == other.name

    def __hash__(self) -> int:
        """By the name, as equality is."""
        return hash(self.name)
