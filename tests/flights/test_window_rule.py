"""The plain implementation against an even plainer one, on small data: it must be right to judge others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from window_rule import (
    DAY,
    HOUR,
    MINUTE,
    UNBOUNDED,
    Events,
    Expected,
    Latest,
    Maps,
    Numbers,
    Questions,
    Values,
    counts_by,
    maximum,
    total,
    window_start,
)

MIDNIGHT = 1_746_921_600_000  # 2025-05-11 00:00 UTC
QUERY = MIDNIGHT + 10 * HOUR + 7 * MINUTE + 30_000


@pytest.mark.parametrize(
    ("start", "window"),
    [
        (MIDNIGHT + 9 * HOUR + 5 * MINUTE, HOUR),
        (MIDNIGHT - 2 * HOUR + 5 * MINUTE, 12 * HOUR - 1),
        (MIDNIGHT - 2 * HOUR, 12 * HOUR),
        (MIDNIGHT - DAY + 10 * HOUR, DAY),
        (MIDNIGHT - 11 * DAY + 10 * HOUR, 11 * DAY),
        (MIDNIGHT - 12 * DAY, 12 * DAY),
        (MIDNIGHT - 30 * DAY, 30 * DAY),
    ],
)
def test_a_window_starts_at_its_own_step(start: int, window: int) -> None:
    # One hour before 12 hours is 22:07 the day before, rounded down to five minutes.
    assert window_start(np.array([QUERY]), window).tolist() == [start]


def test_the_start_is_in_the_window_and_the_question_is_not() -> None:
    first = MIDNIGHT + 9 * HOUR + 5 * MINUTE
    times = [first - 1, first, QUERY - 1, QUERY]
    events = Events.of(pa.table({"key": ["a"] * 4, "time": times}), "key", "time", [])
    spans = events.spans(Questions(np.array(["a"], dtype=object), np.array([QUERY])), HOUR)
    assert (spans.first.tolist(), spans.end.tolist()) == ([1], [3])


@pytest.fixture(scope="module", params=range(5))
def rows(request: pytest.FixtureRequest) -> dict[str, list[Any]]:
    """Random events and questions on few keys and few distinct times, some keys and values null."""
    random = np.random.default_rng(request.param)
    step = 7 * MINUTE + 1
    keys = ["a", "b", "é", None]
    return {
        "key": [keys[i] for i in random.integers(0, 4, 300)],
        "time": (MIDNIGHT + random.integers(0, 700, 300) * step).tolist(),
        "value": [None if v > 18 else float(v) for v in random.integers(0, 20, 300)],
        "name": ["xyz"[i] for i in random.integers(0, 3, 300)],
        "asked": [[*keys, "nobody"][i] for i in random.integers(0, 5, 80)],
        "at": (MIDNIGHT + random.integers(0, 800, 80) * step).tolist(),
    }


def in_window(rows: dict[str, list[Any]], question: int, window: int) -> list[int]:
    """The events of one question's window, by looking at every event."""
    key, query = rows["asked"][question], rows["at"][question]
    start = int(window_start(np.array([query]), window)[0]) if window != UNBOUNDED else 0
    return [
        i
        for i, (other, time) in enumerate(zip(rows["key"], rows["time"], strict=True))
        if key is not None and other == key and rows["value"][i] is not None and start <= time < query
    ]


@pytest.mark.parametrize("window", [HOUR, 6 * HOUR, DAY, 30 * DAY, UNBOUNDED])
def test_every_kind_of_feature_equals_the_literal_loop(rows: dict[str, list[Any]], window: int) -> None:
    table = pa.table({name: rows[name] for name in ("key", "time", "value", "name")})
    events = Events.of(table, "key", "time", ["value", "name"])
    questions = Questions(np.array(rows["asked"], dtype=object), np.array(rows["at"]))
    spans = events.spans(questions, window)
    values = events.columns["value"]
    sums, largest = total(values, spans), maximum(values, spans)
    names = counts_by(events.columns["name"], spans)
    latest = Latest(values, events.ts, spans, 3)
    for question in range(len(rows["asked"])):
        chosen = in_window(rows, question, window)
        found = [rows["value"][i] for i in chosen]
        assert spans.count[question] == len(chosen)
        assert sums[question] == sum(found)
        assert np.isnan(largest[question]) if not found else largest[question] == max(found)
        for name, count in names.items():
            assert count[question] == sum(rows["name"][i] == name for i in chosen)
        newest = sorted(chosen, key=lambda i: -rows["time"][i])[:3]
        assert latest.accepts(question, [rows["value"][i] for i in newest] or None)


def numbers(*values: float | None) -> Numbers:
    """Expected numbers, None for null."""
    null = np.array([v is None for v in values])
    return Numbers(np.array([0.0 if v is None else v for v in values]), null)


def latest_two(scalar: bool = False) -> Latest:
    """Two questions: one over values 5, 7, 8 at times 1, 2, 2; one over nothing."""
    events = Events(np.array(["a"] * 3), np.array([1, 2, 2]), {})
    asked = Questions(np.array(["a", None], dtype=object), np.array([3, 3]))
    spans = events.spans(asked, UNBOUNDED)
    return Latest(np.array([5.0, 7.0, 8.0]), events.ts, spans, 1 if scalar else 2, scalar)


MAPS = Maps(
    {"x": np.array([1, 0, 2]), "y": np.array([4, 0, 0])},
    {"x": np.array([True, False, True]), "y": np.array([True, False, False])},
)
MAP = pa.map_(pa.string(), pa.int32())


@pytest.mark.parametrize(
    ("differs", "expected", "got", "kind"),
    [
        ([False, False], lambda: numbers(1.5, None), [1.5, None], pa.float64()),
        ([True, True], lambda: numbers(1.5, None), [1.5000000001, 0.0], pa.float64()),
        ([True, False], lambda: numbers(0.0, None), [None, None], pa.float64()),
        (
            [False, True, True, True],
            lambda: Values(pa.chunked_array([[1, None, 2, None]])),
            [1, 1, None, 3],
            pa.int64(),
        ),
        ([False, False], latest_two, [[7.0, 8.0], None], pa.list_(pa.float64())),
        ([False, False], latest_two, [[8.0, 7.0], None], pa.list_(pa.float64())),
        ([True, True], latest_two, [[8.0, 8.0], []], pa.list_(pa.float64())),
        ([True, False], latest_two, [[8.0, 5.0], None], pa.list_(pa.float64())),
        ([False, False], lambda: latest_two(True), [7.0, None], pa.float64()),
        ([True, True], lambda: latest_two(True), [5.0, 1.0], pa.float64()),
        ([False] * 3, lambda: MAPS, [[("y", 4), ("x", 1)], None, [("x", 2)]], MAP),
        ([True] * 3, lambda: MAPS, [[("x", 1)], [], [("x", 3)]], MAP),
        ([True] * 3, lambda: MAPS, [[("x", 1), ("z", 4)], [("x", 1)], None], MAP),
    ],
)
def test_a_difference_is_seen_and_an_equal_answer_is_not(
    differs: list[bool], expected: Callable[[], Expected], got: list[Any], kind: pa.DataType
) -> None:
    assert expected().differs(pa.chunked_array([got], kind)).tolist() == differs
