"""Random uploads, ours against the reference: `uploads.py` has the machinery."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import joins
import pytest
import uploads

# The same uploads in every run unless asked otherwise, so that a failure is the change's.
SEED = int(os.environ.get("CHRONON_DIFFERENTIAL_SEED", "1"))
COUNT = int(os.environ.get("CHRONON_DIFFERENTIAL_UPLOADS", "40"))


@pytest.fixture(scope="module")
def computed() -> tuple[Path, list[dict[str, Any]]]:
    """All uploads of the run, computed once by both sides."""
    reason = joins.missing()
    if reason:
        pytest.skip(f"{reason}")
    sys.stdout.write(f"CHRONON_DIFFERENTIAL_SEED={SEED}\n")
    return uploads.run(SEED, COUNT)


@pytest.mark.parametrize("number", range(COUNT))
def test_a_random_upload_equals_the_reference(computed: tuple[Path, list[dict[str, Any]]], number: int) -> None:
    folder, jobs = computed
    problem = uploads.difference(folder, jobs[number])
    assert problem is None, f"seed {SEED}, {folder / jobs[number]['name']}.json: {problem}"
