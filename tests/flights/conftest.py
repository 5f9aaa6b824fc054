"""Where the tables of the flights example are: the default place, or CHRONON_FLIGHTS_WAREHOUSE."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from places import BUILD_IT, REPOSITORY


@pytest.fixture(scope="session")
def warehouse() -> Path:
    """The folder of the raw tables (`raw/`) and of what was computed from them (`flights.db/`)."""
    example = REPOSITORY / "examples" / "flights"
    return example / os.environ.get("CHRONON_FLIGHTS_WAREHOUSE", "warehouse")


@pytest.fixture(scope="session")
def raw(warehouse: Path) -> Path:
    """The raw tables of a finished load."""
    if not (warehouse / "loaded.json").exists():
        pytest.skip(f"the flights data is not loaded: {BUILD_IT}")
    return warehouse / "raw"
