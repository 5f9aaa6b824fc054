"""Random uploads, ours against the reference: `uploads.py` has the machinery."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import joins
import pytest
import uploads

MACHINERY = uploads
COUNT = int(os.environ.get("CHRONON_DIFFERENTIAL_UPLOADS", "40"))


@pytest.mark.parametrize("number", range(COUNT))
def test_a_random_upload_equals_the_reference(computed: tuple[Path, list[dict[str, Any]]], number: int) -> None:
    folder, jobs = computed
    problem = uploads.difference(folder, jobs[number])
    assert problem is None, f"seed {joins.SEED}, {folder / jobs[number]['name']}.json: {problem}"
