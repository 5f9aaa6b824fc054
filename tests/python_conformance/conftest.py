"""Makes the harness of the package's own tests importable, and plays the cases once with each package."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "api" / "python" / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import harness
import suite

TEAMS = (harness.FEATURE_REPO / "teams.json").read_text()


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What this package does with every case."""
    return suite.play(
        sys.executable, str(harness.PACKAGE_ROOT), suite.load(), tmp_path_factory.mktemp("ours") / "cases", TEAMS
    )


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the reference does with every case; skipped where it is not installed."""
    python = harness.reference_python()
    if not os.path.isfile(python):
        pytest.skip(f"the reference is not installed at {python}: run scripts/reference-venv")
    return suite.play(str(python), "", suite.load(), tmp_path_factory.mktemp("reference") / "cases", TEAMS)
