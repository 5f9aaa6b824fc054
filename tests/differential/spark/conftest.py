"""What the tests of this folder share: the reference that they need, and runs of random jobs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import joins
import pytest


@pytest.fixture(scope="session")
def reference() -> None:
    """Skips what asks for it, and says why, where there is nothing to compare with."""
    reason = joins.missing()
    if reason:
        pytest.skip(f"{reason}")


@pytest.fixture(scope="module")
def computed(request: pytest.FixtureRequest, reference: None) -> tuple[Path, list[dict[str, Any]]]:
    """All `COUNT` jobs of the `MACHINERY` that a module of tests names, computed once."""
    sys.stdout.write(f"CHRONON_DIFFERENTIAL_SEED={joins.SEED}\n")
    run: tuple[Path, list[dict[str, Any]]] = request.module.MACHINERY.run(joins.SEED, request.module.COUNT)
    return run
