"""What later releases of the dialect added is refused by name, not dropped."""

from typing import Any, cast

import pytest
from zipline import tools

from ai.chronon.errors import UnsupportedError
from ai.chronon.zipline.errors import DefinitionTypeError
from ai.chronon.zipline.later import LATER_ARGUMENTS
from ai.chronon.zipline.types import Aggregation, Model, Query, StagingQuery


@pytest.mark.parametrize("name", sorted(LATER_ARGUMENTS))
def test_later_argument(name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"Query\\({name}="):
        Query(**cast(Any, {name: "x"}))


def test_in_every_function() -> None:
    for call in (
        lambda: Aggregation("a", filter="x > 1"),
        lambda: StagingQuery("SELECT 1", environments=["PROD"]),
        lambda: Model("1", environments=["PROD"]),
    ):
        with pytest.raises(UnsupportedError, match="later release"):
            call()


def test_module(ours: tools.Tool) -> None:
    answer = ours.ask(expression="__import__('ai.chronon.scd2')")
    assert "UnsupportedError" in answer["error"], answer


def test_what_no_release_has() -> None:
    with pytest.raises(DefinitionTypeError, match="nope"):
        Query(nope=1)
