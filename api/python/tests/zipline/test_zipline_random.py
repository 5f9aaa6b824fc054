"""Random repositories compile, or fail, alike; the number in a test's name replays it."""

from pathlib import Path

import pytest
from zipline import tools
from zipline.random_repository import random_repository


@pytest.mark.parametrize("seed", range(40))
def test_random_repository(reference: tools.Tool, ours: tools.Tool, tmp_path: Path, seed: int) -> None:
    files = random_repository(seed)
    theirs, mine = (tool.compile(tools.write(tmp_path / tool.name, files)) for tool in (reference, ours))
    assert (mine.code, mine.files) == (theirs.code, theirs.files), theirs.output + mine.output


def test_some_of_them_compile(ours: tools.Tool, tmp_path: Path) -> None:
    codes = [ours.compile(tools.write(tmp_path / str(seed), random_repository(seed))).code for seed in range(10)]
    assert {*codes} == {0, 1}
