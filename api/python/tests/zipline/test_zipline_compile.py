"""Repositories compile to the bytes, and fail for the reasons, of the reference."""

from pathlib import Path

import pytest
from zipline import tools
from zipline.cases import COMPILED, REFUSED


def _both(reference: tools.Tool, ours: tools.Tool, folder: Path, files: tools.Files) -> list[tools.Outcome]:
    return [tool.compile(tools.write(folder / tool.name, files)) for tool in (reference, ours)]


@pytest.mark.parametrize("name", COMPILED)
def test_compiles_to_the_same_bytes(reference: tools.Tool, ours: tools.Tool, tmp_path: Path, name: str) -> None:
    theirs, mine = _both(reference, ours, tmp_path, COMPILED[name])
    assert theirs.code == 0, theirs.output
    assert mine.code == 0, mine.output
    assert mine.files == theirs.files


@pytest.mark.parametrize("name", REFUSED)
def test_fails_for_the_same_reason(reference: tools.Tool, ours: tools.Tool, tmp_path: Path, name: str) -> None:
    files, facts = REFUSED[name]
    theirs, mine = _both(reference, ours, tmp_path, files)
    assert (mine.code, theirs.code) == (1, 1), mine.output + theirs.output
    assert mine.files == theirs.files == {}
    for fact in facts:
        # The reference breaks lines anywhere.
        assert fact in theirs.output.replace("\n", ""), theirs.output
        assert fact in mine.output, mine.output


def test_enough_is_compared() -> None:
    assert len(COMPILED) + len(REFUSED) >= 60
