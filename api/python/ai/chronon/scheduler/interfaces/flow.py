"""Steps that belong together."""

import sys

from ai.chronon.scheduler.interfaces.node import Node


class Flow:
    """The steps of one job. Which come before which is for the steps to say."""

    def __init__(self, name: str) -> None:
        """Starts a flow without steps."""
        self.name = name
        self.nodes: set[Node] = set()

    def add_node(self, node: Node) -> None:
        """Adds a step; one of its name that is there already stays."""
        self.nodes.add(node)

    def find_node(self, name: str) -> Node | None:
        """The step of a name."""
        return next((node for node in self.nodes if node.name == name), None)

    def final_nodes(self) -> list[Node]:
        """The steps that no other one waits for, by name."""
        needed = {name.name for node in self.nodes for name in node.dependencies}
        return sorted((node for node in self.nodes if node.name not in needed), key=lambda node: node.name)

    def ordered_nodes(self) -> list[Node]:
        """The steps, each behind those it depends on; by name where that leaves a choice.

        Raises:
            ValueError: Steps wait for each other.

        """
        ordered: dict[str, Node] = {}
        left = {node.name: node for node in sorted(self.nodes, key=lambda node: node.name)}
        while left:
            ready = [node for node in left.values() if all(other.name not in left for other in node.dependencies)]
            if not ready:
                raise ValueError(f"flow {self.name}: these steps wait for each other: {', '.join(left)}")
            for node in ready:
                ordered[node.name] = left.pop(node.name)
        return list(ordered.values())

    def visualize(self, node: Node | None = None, level: int = 0) -> None:
        """Prints the steps as an indented list: below each step those that come before it."""
        for root in self.final_nodes() if node is None else [node]:
            sys.stdout.write(f"{'    ' * level}- {root.name}\n")
            for dependency in sorted(root.dependencies, key=lambda other: other.name):
                self.visualize(dependency, level + 1)
