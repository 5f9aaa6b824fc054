"""Joins: what the helpers make of their arguments, and the rules."""

import json
import sys
from types import ModuleType
from typing import Any

import pytest

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError, DefinitionValueError
from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.join import Join, JoinPart
from ai.chronon.query import Query, select
from ai.chronon.utils import join_part_name, join_part_output_table_name, output_table_name


def source(**event_arguments: Any) -> ttypes.Source:
    query = Query(selects=select("user", "item"), time_column="at")
    return ttypes.Source(events=ttypes.EventSource(**{"table": "data.left", "query": query, **event_arguments}))


def group_by(name: str | None = "team.gb", **arguments: Any) -> ttypes.GroupBy:
    aggregations = [Aggregation("item", Operation.COUNT)]
    return GroupBy(sources=source(), keys=["user"], aggregations=aggregations, name=name, **arguments)


def meta_data(join: ttypes.Join) -> ttypes.MetaData:
    assert join.metaData is not None
    return join.metaData


def test_left_is_a_copy_with_its_time_last() -> None:
    left = source()
    join = Join(left=left, right_parts=[])
    assert join.left is not None
    assert join.left.events is not None
    assert join.left.events.query is not None
    assert join.left.events.query.selects == {"user": "user", "item": "item", "ts": "at"}
    assert left.events is not None
    assert left.events.query is not None
    assert left.events.query.selects == {"user": "user", "item": "item"}


BROKEN_RULES: dict[str, tuple[Any, type[Exception], str]] = {
    "bare": (ttypes.EventSource(table="t"), DefinitionError, "wrap it"),
    "cumulative": (source(isCumulative=True), ValueError, "NOT supported by Chronon"),
    "join": (ttypes.Source(joinSource=ttypes.JoinSource()), DefinitionValueError, "NOT supported by Chronon"),
    "ts selected": (
        source(query=Query(selects=select("user", "ts"), time_column="ts")),
        AssertionError,
        "'data.left' selects ts",
    ),
    "no time": (source(query=Query(selects=select("user"))), DefinitionError, "'data.left' has no time column"),
}


@pytest.mark.parametrize("name", BROKEN_RULES)
def test_left_that_cannot_stand_there(name: str) -> None:
    left, error, message = BROKEN_RULES[name]
    with pytest.raises(error, match=message):
        Join(left=left, right_parts=[])


def test_key_mapping_leads_to_keys() -> None:
    made = group_by()
    assert JoinPart(made, {"buyer": "user"}).keyMapping == {"buyer": "user"}
    with pytest.raises(AssertionError, match=r"GroupBy team\.gb: key_mapping sends 'buyer' to 'usr'.*\['user'\]"):
        JoinPart(made, {"buyer": "usr"})


def test_nameless_group_by_is_refused() -> None:
    with pytest.raises(ValueError, match="has no name"):
        JoinPart(group_by(name=None))


def test_group_by_is_named_after_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("group_bys.shop.deep.file")
    first, second = group_by(name=None), group_by(name="other")
    vars(module).update(v1=first, v2=second)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    JoinPart(first)
    assert first.metaData is not None
    assert second.metaData is not None
    assert (first.metaData.name, first.metaData.team) == ("shop.deep.file.v1", "shop")
    assert second.metaData.name == "shop.deep.file.v2"


def test_one_inline_group_by_in_two_parts() -> None:
    # The reference raises TypeError for this on Python 3.11 and later.
    made = group_by()
    join = Join(left=source(), right_parts=[JoinPart(made, prefix="a"), JoinPart(made, prefix="b")])
    assert [join_part_name(part) for part in join.joinParts or []] == ["a_team_gb", "b_team_gb"]


def test_wrong_kinds_of_parts() -> None:
    part: Any = group_by()
    with pytest.raises(DefinitionError, match="write JoinPart"):
        Join(left=source(), right_parts=[part])
    wrong: Any = "gb"
    with pytest.raises(DefinitionError, match="got a str"):
        JoinPart(wrong)


def test_custom_json_keeps_its_order() -> None:
    part = JoinPart(group_by(), prefix="p", tags={"x": 1})
    join = Join(source(), [part], True, ["--a"], {"B": "c"}, tags={"t": "u"}, lag=1, own="é")
    assert meta_data(join).customJson == json.dumps(
        {
            "check_consistency": True,
            "lag": 1,
            "additional_args": ["--a"],
            "additional_env": {"B": "c"},
            "own": "é",
            "join_tags": {"t": "u"},
            "join_part_tags": {"p_team.gb": {"x": 1}},
        }
    )
    assert meta_data(join).consistencySamplePercent == 5.0


def test_table_names() -> None:
    part = JoinPart(group_by(), prefix="p")
    join = Join(left=source(), right_parts=[part])
    meta_data(join).name = "team.file.v1"
    assert output_table_name(join, full_name=True) == "{{ db }}.team_file_v1"
    meta_data(join).outputNamespace = "space"
    assert join_part_output_table_name(join, part, full_name=True) == "space.team_file_v1_p_team_gb"
