"""Fixtures: a copy of the feature repository, and the reference implementation."""

import shutil
from pathlib import Path

import harness
import pytest


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A copy of the feature repository that a test may write to."""
    return Path(shutil.copytree(harness.FEATURE_REPO, tmp_path / "repo"))


@pytest.fixture(scope="session")
def reference_tool() -> harness.Tool:
    """The reference; a test that asks for it is skipped where it is not installed."""
    python = harness.reference_python()
    if not python.is_file():
        pytest.skip(
            f"the reference is not installed at {python}: run scripts/reference-venv, or set CHRONON_REFERENCE_VENV"
        )
    return harness.reference()
