"""Random joins, fetched and compared with their training rows: `fetches.py` has the machinery."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import fetches
import joins
import pytest

# The same joins in every run unless asked otherwise, so that a failure is the change's.
SEED = int(os.environ.get("CHRONON_DIFFERENTIAL_SEED", "1"))
COUNT = int(os.environ.get("CHRONON_DIFFERENTIAL_FETCHES", "20"))


@pytest.fixture(scope="module")
def computed() -> tuple[Path, list[dict[str, Any]]]:
    """All joins of the run, computed and fetched once."""
    reason = joins.missing()
    if reason:
        pytest.skip(f"{reason}")
    sys.stdout.write(f"CHRONON_DIFFERENTIAL_SEED={SEED}\n")
    return fetches.run(SEED, COUNT)


@pytest.mark.parametrize("number", range(COUNT))
def test_what_is_fetched_is_what_the_training_rows_have(
    computed: tuple[Path, list[dict[str, Any]]], number: int
) -> None:
    folder, jobs = computed
    problem = fetches.difference(folder, jobs[number])
    assert problem is None, f"seed {SEED}, {folder / jobs[number]['name']}.json: {problem}"
