"""The training table that the quickstart made, column by column against the window rule."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from places import BUILD_IT
from training_set import expected, raw_table
from window_rule import Expected, Flags

LEFT = ["flight_id", "ts", "origin", "dest", "carrier", "tailnum", "late"]
SHOWN = 5
IDS = 40


@pytest.fixture(scope="module")
def table(warehouse: Path, raw: Path) -> pa.Table:
    """The training table in order of flight_id."""
    folder = warehouse / "flights.db" / "flights_training_set_v1"
    if not any(folder.glob("ds=*/*.parquet")):
        pytest.skip(f"flights.flights_training_set_v1 is not built: {BUILD_IT}")
    return raw_table(folder).sort_by("flight_id").combine_chunks()


@pytest.fixture(scope="module")
def left(raw: Path) -> pa.Table:
    """The left side in order of flight_id."""
    return raw_table(raw / "scheduled").sort_by("flight_id").combine_chunks()


def describe(name: str, got: pa.Table, values: Expected, bad: Flags) -> str:
    """How many rows differ, and the first of them with key, time, expected and actual value."""
    rows = np.flatnonzero(bad)
    lines = [f"{name}: {len(rows):,} of {len(bad):,} rows differ"]
    for row in rows[:SHOWN].tolist():
        known = {key: got[key][row].as_py() for key in LEFT if key not in ("ts", "late")}
        at = datetime.datetime.fromtimestamp(got["ts"][row].as_py() / 1000, datetime.timezone.utc)
        where = ", ".join(f"{key}={value}" for key, value in known.items())
        lines.append(f"  at {at:%Y-%m-%d %H:%M:%S}Z {where}")
        lines.append(f"    expected {values.show(row)}")
        lines.append(f"    got      {got[name][row].as_py()}")
    if len(rows) > SHOWN:
        ids = got["flight_id"].take(pa.array(rows[:IDS])).to_pylist()
        lines.append(f"  the first flight_ids: {ids}")
    return "\n".join(lines)


def test_every_flight_is_there_once_and_unchanged(table: pa.Table, left: pa.Table) -> None:
    assert table.num_rows == left.num_rows == 336_776
    for name in [*LEFT, "ds"]:
        assert table[name].equals(left[name]), name


def test_every_feature_is_what_the_window_rule_says(table: pa.Table, raw: Path, left: pa.Table) -> None:
    assert table["flight_id"].equals(left["flight_id"])
    problems: list[str] = []
    names: list[str] = []
    for name, kind, values in expected(raw, left):
        names.append(name)
        if name not in table.column_names:
            problems.append(f"{name}: the column is missing")
            continue
        if not table[name].type.equals(kind):
            problems.append(f"{name}: expected type {kind}, got {table[name].type}")
            continue
        bad = values.differs(table[name])
        if bad.any():
            problems.append(describe(name, table, values, bad))
    features = [name for name in table.column_names if name not in [*LEFT, "ds"]]
    if features != names:
        problems.append(f"columns in another order, or unexpected ones: {features}")
    assert not problems, "\n" + "\n".join(problems)


def test_features_carry_something(table: pa.Table) -> None:
    # A table of nulls would agree with a rule that finds nothing.
    share = {name: 1 - table[name].null_count / table.num_rows for name in table.column_names}
    sparse = {name: round(there, 3) for name, there in share.items() if there < 0.8}
    assert not sparse, f"columns that are mostly null: {sparse}"
    assert pc.sum(pc.cast(table["late"], pa.int64())).as_py() > 50_000
