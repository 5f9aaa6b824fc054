"""GroupBys: what the helpers make of their arguments, and the rules."""

from typing import Any

import pytest

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError, DefinitionValueError
from ai.chronon.group_by import (
    Accuracy,
    Aggregation,
    Aggregations,
    DefaultAggregation,
    GroupBy,
    Operation,
    TimeUnit,
    Window,
    get_output_col_names,
    op_to_str,
    validate_group_by,
    window_to_str_pretty,
)
from ai.chronon.query import Query, select

DAY = Window(1, TimeUnit.DAYS)
HOUR = Window(length=1, timeUnit=TimeUnit.HOURS)


def events(topic: str | None = None, **query: Any) -> ttypes.Source:
    arguments: dict[str, Any] = {"selects": select("user", "price"), "time_column": "ts", **query}
    return ttypes.Source(events=ttypes.EventSource(table="data.events", topic=topic, query=Query(**arguments)))


def entities(mutation_table: str | None = None, **query: Any) -> ttypes.Source:
    arguments: dict[str, Any] = {"selects": select("user", "price"), **query}
    source = ttypes.EntitySource(snapshotTable="data.entities", mutationTable=mutation_table, query=Query(**arguments))
    return ttypes.Source(entities=source)


def total(*windows: ttypes.Window) -> list[ttypes.Aggregation]:
    return [Aggregation(input_column="price", operation=Operation.SUM, windows=list(windows) or None)]


def group_by(**arguments: Any) -> ttypes.GroupBy:
    return GroupBy(**{"sources": events(), "keys": ["user"], "aggregations": total(), **arguments})


@pytest.mark.parametrize(
    ("expected", "operation"),
    [
        ((ttypes.Operation.LAST, {}), None),
        ((ttypes.Operation.SUM, {}), Operation.SUM),
        ((ttypes.Operation.LAST_K, {"k": "3"}), Operation.LAST_K(3)),
        ((ttypes.Operation.APPROX_UNIQUE_COUNT, {"k": "12"}), Operation.APPROX_UNIQUE_COUNT_LGK(12)),
        ((ttypes.Operation.BOUNDED_UNIQUE_COUNT, {"k": "9"}), Operation.BOUNDED_UNIQUE_COUNT_K(9)),
        ((ttypes.Operation.HISTOGRAM, {"k": "4"}), Operation.HISTOGRAM_K(4)),
        (
            (ttypes.Operation.APPROX_PERCENTILE, {"k": "200", "percentiles": "[0.5]", "x": "1"}),
            Operation.APPROX_PERCENTILE([0.5], k=200, x=1),
        ),
    ],
)
def test_operation_and_arguments(expected: tuple[int, dict[str, str]], operation: Any) -> None:
    aggregation = Aggregation(input_column="v", operation=operation)
    assert (aggregation.operation, aggregation.argMap) == expected


def test_operation_that_was_not_called_is_refused() -> None:
    uncalled: Any = Operation.LAST_K
    with pytest.raises(DefinitionError, match="LAST_K\\(10\\)"):
        Aggregation(input_column="v", operation=uncalled)


@pytest.mark.parametrize(
    ("expected", "aggregation"),
    [
        (["v_sum"], Aggregation("v", Operation.SUM)),
        (["v_last"], ttypes.Aggregation("v")),
        (["v_sum_1h", "v_sum_1d"], Aggregation("v", Operation.SUM, [HOUR, DAY])),
        (["v_bounded_unique_count"], Aggregation("v", Operation.BOUNDED_UNIQUE_COUNT_K(9))),
        (["v_histogram"], Aggregation("v", Operation.HISTOGRAM_K(9))),
        (["v_approx_histogram_k"], Aggregation("v", Operation.APPROX_HISTOGRAM_K(9))),
        (["v_first2", "v_top3", "v_bottom4"], None),
        (
            ["v_last3_30d_by_b1", "v_last3_1h_by_b1", "v_last3_30d_by_b2", "v_last3_1h_by_b2"],
            Aggregation("v", Operation.LAST_K(3), [Window(30, TimeUnit.DAYS), HOUR], buckets=["b1", "b2"]),
        ),
    ],
)
def test_output_names(expected: list[str], aggregation: ttypes.Aggregation | None) -> None:
    if aggregation is None:
        operations = [Operation.FIRST_K(2), Operation.TOP_K(3), Operation.BOTTOM_K(4)]
        assert [get_output_col_names(Aggregation("v", operation))[0] for operation in operations] == expected
    else:
        assert get_output_col_names(aggregation) == expected


def test_output_name_without_k_is_refused() -> None:
    with pytest.raises(DefinitionError, match="has no argument k"):
        get_output_col_names(ttypes.Aggregation("v", ttypes.Operation.LAST_K))


def test_words_for_operations_and_windows() -> None:
    assert op_to_str(Operation.APPROX_UNIQUE_COUNT) == "approx_unique_count"
    assert window_to_str_pretty(HOUR) == "1 hours"


def test_tags_take_part_in_equality_only() -> None:
    assert Aggregation("v", Operation.SUM) != ttypes.Aggregation("v", ttypes.Operation.SUM, {})
    assert Aggregation("v", Operation.SUM, tags={"a": "b"}) == Aggregation("v", Operation.SUM, tags={"a": "b"})


def test_aggregations_are_a_list_and_fill_in_columns() -> None:
    made = Aggregations(a=Aggregation(), b=Aggregation(input_column="c"))
    assert [item.inputColumn for item in made + total()] == ["a", "c", "price"]
    wrong: Any = "sum"
    with pytest.raises(DefinitionError, match="a='sum'"):
        Aggregations(a=wrong)


def test_default_aggregation_skips_keys_times_and_partitions() -> None:
    source = events(selects=select("user", "price", "ts", "ds", "at", "is_before", "mutation_ts"), time_column="at")
    assert [item.inputColumn for item in DefaultAggregation(["user"], [source])] == ["price"]
    unwrapped: Any = ttypes.EventSource()
    with pytest.raises(DefinitionError, match="wrap it"):
        DefaultAggregation(["user"], [unwrapped])


def test_missing_columns_are_selected_in_place() -> None:
    source = events(selects={"price": "p"})
    made = group_by(sources=source, aggregations=[Aggregation("qty", Operation.SUM), *total()])
    assert made.sources is not None
    assert made.sources[0] is source
    assert source.events is not None
    assert source.events.query is not None
    assert list((source.events.query.selects or {}).items()) == [("price", "p"), ("user", "user"), ("qty", "qty")]


def test_selected_ts_becomes_the_time_column() -> None:
    source = events(selects=select("user", "price", ts="at * 1000"), time_column=None)
    group_by(sources=source)
    assert source.events is not None
    assert source.events.query is not None
    assert source.events.query.timeColumn == "at * 1000"
    assert "ts" not in (source.events.query.selects or {})


def test_team_is_the_folder_until_compiled() -> None:
    meta_data = group_by().metaData
    assert meta_data is not None
    assert meta_data.team == "tests"


BROKEN_RULES: dict[str, tuple[dict[str, Any], str]] = {
    "no sources": ({"sources": []}, "at least one source"),
    "unknown source": ({"sources": "data.events"}, "got a str"),
    "no query": ({"sources": ttypes.EventSource(table="data.t")}, "'data.t'.* has no query"),
    "historical backfill without start": ({"historical_backfill": True}, "backfill_start_date"),
    "ts differs from the time column": (
        {"sources": events(selects=select("user", "price", ts="other"))},
        "selects ts as 'other', but its time column is 'ts'",
    ),
    "mutation time on events": ({"sources": events(mutation_time_column="m")}, "belong to entity sources"),
    "events without time": ({"sources": events(time_column=None)}, "no time column"),
    "snapshot of a stream": (
        {"sources": events(topic="t"), "accuracy": Accuracy.SNAPSHOT},
        "SNAPSHOT accuracy should not be specified for streaming sources",
    ),
    "windows over entities without time": (
        {"sources": entities(), "aggregations": total(DAY)},
        "'data.entities' has no time column",
    ),
    "sources differ": ({"sources": [events(), events(selects=select("user", "price", "x"))]}, "\\['x'\\]"),
    "no aggregations over events": ({"aggregations": None}, "no aggregations over the event source"),
    "no aggregations over mutations": (
        {"sources": entities(mutation_table="data.m"), "aggregations": None},
        "which has mutations",
    ),
    "no input column": ({"aggregations": [Aggregation(operation=Operation.SUM)]}, "no input column"),
    "hours in a snapshot": ({"accuracy": Accuracy.SNAPSHOT, "aggregations": total(HOUR)}, "window of 1 hours"),
    "hours with a start date": (
        {"backfill_start_date": "2023-01-01", "aggregations": total(DAY, HOUR)},
        "'price' has a window of 1 hours",
    ),
}


@pytest.mark.parametrize("name", BROKEN_RULES)
def test_broken_rule_is_an_assertion_with_a_clear_message(name: str) -> None:
    arguments, message = BROKEN_RULES[name]
    with pytest.raises(AssertionError, match=message):
        group_by(**arguments)


@pytest.mark.parametrize("percentiles", [[1.5], [-0.1], ["a"], [True], [float("nan")], "0.5"])
def test_percentiles_must_be_numbers_between_0_and_1(percentiles: Any) -> None:
    with pytest.raises(DefinitionValueError, match="percentiles") as raised:
        group_by(aggregations=[Aggregation("price", Operation.APPROX_PERCENTILE(percentiles))])
    assert isinstance(raised.value, ValueError)


def test_rules_hold_for_hand_made_group_bys() -> None:
    made = group_by()
    made.keyColumns = ["absent"]
    with pytest.raises(DefinitionError, match="key 'absent' is not selected"):
        validate_group_by(made)
    made = group_by()
    made.aggregations = [ttypes.Aggregation("absent", ttypes.Operation.SUM)]
    with pytest.raises(DefinitionError, match="input column 'absent' is not selected"):
        validate_group_by(made)
