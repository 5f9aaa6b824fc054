"""Prints the flows of the compiled joins that are described on standard input, for either implementation."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from ai.chronon.repo.join_backfill import JoinBackfill


def describe(case: dict[str, Any]) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "join")
        path.write_text(json.dumps(case["join"]))
        try:
            backfill = JoinBackfill(case["start"], case["end"], str(path), case["extra_args"], case["settings"])
            flow = backfill.build_flow()
        except Exception as error:  # noqa: BLE001 - which one it is, is the result
            return {"error": [base.__name__ for base in type(error).__mro__]}
    nodes = {
        node.name: [node.command, node.settings, sorted(other.name for other in node.dependencies)]
        for node in flow.nodes
    }
    return {"name": flow.name, "nodes": nodes}


if __name__ == "__main__":
    sys.stdout.write(json.dumps([describe(case) for case in json.load(sys.stdin)]))
