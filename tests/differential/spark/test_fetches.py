"""Random joins, fetched and compared with their training rows: `fetches.py` has the machinery."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import fetches
import joins
import pytest

MACHINERY = fetches
COUNT = int(os.environ.get("CHRONON_DIFFERENTIAL_FETCHES", "20"))


@pytest.mark.parametrize("number", range(COUNT))
def test_what_is_fetched_is_what_the_training_rows_have(
    computed: tuple[Path, list[dict[str, Any]]], number: int
) -> None:
    folder, jobs = computed
    problem = fetches.difference(folder, jobs[number])
    assert problem is None, f"seed {joins.SEED}, {folder / jobs[number]['name']}.json: {problem}"
