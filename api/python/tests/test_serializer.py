"""Simple JSON: its form, and what cannot be written or read."""

from pathlib import Path
from typing import Any

import pytest

from ai.chronon.api import ttypes
from ai.chronon.errors import CompiledFileError, DefinitionValueError
from ai.chronon.repo.serializer import file2thrift, from_tree, json2thrift, thrift_simple_json, to_tree


def test_form() -> None:
    meta_data = ttypes.MetaData(
        name="é", online=True, production=False, dependencies=[], samplePercent=5, tableProperties={"b": "1", "a": "2"}
    )
    expected = (
        '{\n  "name": "\\u00e9",\n  "online": 1,\n  "production": 0,\n  "dependencies": [],\n'
        '  "tableProperties": {\n    "b": "1",\n    "a": "2"\n  },\n  "samplePercent": 5.0\n}'
    )
    assert thrift_simple_json(meta_data) == expected


def test_round_trip() -> None:
    join = ttypes.Join(
        metaData=ttypes.MetaData(modeToEnvMap={"backfill": {"A": "b"}}, samplePercent=0.1, online=False),
        left=ttypes.Source(events=ttypes.EventSource(query=ttypes.Query(selects={"a": "b"}), isCumulative=False)),
        joinParts=[ttypes.JoinPart(groupBy=ttypes.GroupBy(accuracy=1), prefix="p")],
        skewKeys={"k": ["1", "2"], "l": []},
    )
    assert json2thrift(thrift_simple_json(join), ttypes.Join) == join


@pytest.mark.parametrize(
    ("struct", "message"),
    [
        (ttypes.Query(selects={"a": 1}), r"Query.selects\['a'\] is 1, a int; it must be text"),  # type: ignore[dict-item]
        (ttypes.Query(selects={"a": None}), "a NoneType"),  # type: ignore[dict-item]
        (ttypes.Query(wheres="a"), "must be a list"),  # type: ignore[arg-type]
        (ttypes.Query(selects=["a"]), "must be a dictionary"),  # type: ignore[arg-type]
        (ttypes.Window(length="1"), "Window.length is '1'"),  # type: ignore[arg-type]
        (ttypes.Window(length=1.5), "whole number"),  # type: ignore[arg-type]
        (ttypes.MetaData(samplePercent=float("nan")), "finite"),
        (ttypes.Source(events=ttypes.Query()), "must be a EventSource"),  # type: ignore[arg-type]
    ],
)
def test_wrong_kind_is_named_with_its_path(struct: object, message: str) -> None:
    with pytest.raises(DefinitionValueError, match=message):
        to_tree(struct)


def test_unknown_keys_and_nulls_are_passed_over() -> None:
    assert from_tree({"name": "a", "unknown": 1, "team": None}, ttypes.MetaData) == ttypes.MetaData(name="a")


@pytest.mark.parametrize("tree", [{"name": 1}, {"online": "yes"}, {"dependencies": {}}, []])
def test_wrong_types_are_refused(tree: Any) -> None:
    with pytest.raises(CompiledFileError, match="MetaData"):
        from_tree(tree, ttypes.MetaData)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "corrupt"
    file.write_text("{")
    with pytest.raises(CompiledFileError, match=f"{file}.*compile it again"):
        file2thrift(str(file), ttypes.Join)
