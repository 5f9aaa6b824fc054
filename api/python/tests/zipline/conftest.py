"""The two tools, one process each for all tests."""

from collections.abc import Iterator

import pytest
from zipline import tools


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tools.Tool]:
    with tools.our_tool(tmp_path_factory.mktemp("ours")) as tool:
        yield tool


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tools.Tool]:
    with tools.reference_tool(tmp_path_factory.mktemp("reference")) as tool:
        yield tool
