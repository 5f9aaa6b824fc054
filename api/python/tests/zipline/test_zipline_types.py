"""The generated types are those of the reference: names, ids, types and defaults of every field."""

import json
import os
import subprocess
import sys

import pytest
from zipline import tools


def _described(python: str, path: str) -> dict[str, dict[str, dict[str, object]]]:
    process = subprocess.run(
        [python, str(tools.DRIVER.with_name("describe_types.py"))],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True,
        check=True,
    )
    described: dict[str, dict[str, dict[str, object]]] = json.loads(process.stdout)
    return described


def test_generated_types_are_equal() -> None:
    python = tools.reference_python()
    if python is None:
        pytest.skip("zipline-ai is not installed: run scripts/zipline-reference-venv")
    ours = _described(sys.executable, str(tools.PACKAGE_ROOT))
    assert ours == _described(python, "")
    assert sum(len(program["types"]) for program in ours.values()) > 90
