"""Random joins, ours against the reference: `joins.py` has the machinery."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import joins
import pytest

MACHINERY = joins
COUNT = int(os.environ.get("CHRONON_DIFFERENTIAL_JOINS", "40"))


@pytest.mark.parametrize("number", range(COUNT))
def test_a_random_join_equals_the_reference(computed: tuple[Path, list[dict[str, Any]]], number: int) -> None:
    folder, jobs = computed
    problem = joins.difference(folder, jobs[number])
    assert problem is None, f"seed {joins.SEED}, {folder / jobs[number]['name']}.json: {problem}"
