"""What each feature column of `flights.training_set.v1` should hold: the definitions, written a second time.

`expected(raw)` gives one entry per column of the six group-bys, in the order of the training table; nothing is
read from the compiled definitions, so a mistake there would show.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distinct_sketch
import numpy as np
import pyarrow as pa
import pyarrow.dataset
from window_rule import (
    DAY,
    HOUR,
    UNBOUNDED,
    Events,
    Expected,
    Latest,
    Maps,
    Numbers,
    Questions,
    Spans,
    Values,
    column,
    counts_by,
    maximum,
    total,
)

Feature = tuple[str, pa.DataType, Expected]


def raw_table(folder: Path) -> pa.Table:
    """A raw table, with the day of the partition as column `ds`."""
    partitioning = pyarrow.dataset.partitioning(pa.schema([("ds", pa.string())]), flavor="hive")
    return pyarrow.dataset.dataset(folder, partitioning=partitioning).to_table().combine_chunks()


def size(window: int) -> str:
    """The suffix of a window in a column name."""
    if window == UNBOUNDED:
        return ""
    return f"_{window // DAY}d" if window % DAY == 0 else f"_{window // HOUR}h"


def average(values: Any, spans: Spans) -> Numbers:
    """The mean of each span."""
    with np.errstate(invalid="ignore"):
        return Numbers(total(values, spans) / spans.count, spans.empty)


def origin_departures(departures: pa.Table, left: pa.Table) -> Iterator[Feature]:
    """Features of the airport."""
    events = Events.of(departures, "origin", "dep_ts", ["dep_delay", "dest", "carrier"])
    questions = Questions(column(left["origin"]), column(left["ts"]))
    spans = {w: events.spans(questions, w) for w in (HOUR, 6 * HOUR, DAY, 7 * DAY, UNBOUNDED)}
    delay, double, long = events.columns["dep_delay"], pa.float64(), pa.int64()
    for w in (HOUR, 6 * HOUR, DAY, 7 * DAY):
        yield f"dep_delay_average{size(w)}", double, average(delay, spans[w])
    for w in (HOUR, 6 * HOUR, DAY, 7 * DAY):
        largest = Numbers(maximum(delay, spans[w]), spans[w].empty)
        yield f"dep_delay_max{size(w)}", double, largest
    for w in (HOUR, DAY):
        yield f"dep_delay_count{size(w)}", long, Numbers(spans[w].count, spans[w].empty)
    # A sketch counts hash pairs; destinations that share one are one to it.
    pairs = {dest: str(distinct_sketch.pair(dest)) for dest in np.unique(events.columns["dest"])}
    seen = counts_by(np.array([pairs[dest] for dest in events.columns["dest"]], dtype=object), spans[DAY])
    distinct = np.add.reduce([(n > 0).astype(np.int64) for n in seen.values()])
    estimates = np.array([distinct_sketch.estimate(n) for n in range(int(distinct.max()) + 1)])
    # Truncated, as the output is; the small addend keeps whole estimates, such as that of one pair, whole.
    sketch = Numbers(np.floor(estimates + 1e-4).astype(np.int64)[distinct], spans[DAY].empty)
    yield "dest_approx_unique_count_1d", long, sketch
    carriers = counts_by(events.columns["carrier"], spans[6 * HOUR])
    histogram = Maps(carriers, {carrier: n > 0 for carrier, n in carriers.items()})
    yield "carrier_histogram_6h", pa.map_(pa.string(), pa.int32()), histogram
    yield "dep_delay_last", double, Latest(delay, events.ts, spans[UNBOUNDED], 1, scalar=True)


def carrier_departures(departures: pa.Table, left: pa.Table) -> Iterator[Feature]:
    """Features of the carrier."""
    events = Events.of(departures, "carrier", "dep_ts", ["dep_delay", "distance", "origin"])
    questions = Questions(column(left["carrier"]), column(left["ts"]))
    delay, origin = events.columns["dep_delay"], events.columns["origin"]
    for w in (DAY, 7 * DAY, 30 * DAY):
        values = average(delay, events.spans(questions, w))
        yield f"dep_delay_average{size(w)}", pa.float64(), values
    week = events.spans(questions, 7 * DAY)
    miles = Numbers(total(events.columns["distance"], week), week.empty)
    yield "distance_sum_7d", pa.int64(), miles
    day = events.spans(questions, DAY)
    entries, present = {}, {}
    for airport in np.unique(origin):
        from_here = origin == airport
        flights = total(from_here.astype(np.int64), day)
        present[airport] = flights > 0
        minutes = total(np.where(from_here, delay, 0.0), day)
        entries[airport] = minutes / np.maximum(flights, 1)
    by_origin = Maps(entries, present)
    yield "dep_delay_average_1d_by_origin", pa.map_(pa.string(), pa.float64()), by_origin


def tail_history(departures: pa.Table, left: pa.Table) -> Iterator[Feature]:
    """Features of the plane's past."""
    events = Events.of(departures, "tailnum", "dep_ts", ["dep_delay", "distance", "origin"])
    questions = Questions(column(left["tailnum"]), column(left["ts"]))
    month = events.spans(questions, 30 * DAY)
    latest = Latest(events.columns["dep_delay"], events.ts, month, 5)
    yield "dep_delay_last5_30d", pa.list_(pa.float64()), latest
    for w in (30 * DAY, UNBOUNDED):
        spans = events.spans(questions, w)
        miles = Numbers(total(events.columns["distance"], spans), spans.empty)
        yield f"distance_sum{size(w)}", pa.int64(), miles
    week = events.spans(questions, 7 * DAY)
    airports = counts_by(events.columns["origin"], week)
    distinct = np.add.reduce([(n > 0).astype(np.int64) for n in airports.values()])
    yield "origin_unique_count_7d", pa.int64(), Numbers(distinct, week.empty)


def dest_daily(departures: pa.Table, left: pa.Table) -> Iterator[Feature]:
    """Features of the destination, as of the last midnight."""
    events = Events.of(departures, "dest", "dep_ts", ["dep_delay"])
    questions = Questions(column(left["dest"]), column(left["ts"]))
    spans = {w: events.spans(questions, w, daily=True) for w in (7 * DAY, 30 * DAY)}
    for w, span in spans.items():
        delay = average(events.columns["dep_delay"], span)
        yield f"dep_delay_average{size(w)}", pa.float64(), delay
    for w, span in spans.items():
        yield f"dep_delay_count{size(w)}", pa.int64(), Numbers(span.count, span.empty)


def origin_weather(weather: pa.Table, left: pa.Table) -> Iterator[Feature]:
    """The airport's weather."""
    questions = Questions(column(left["origin"]), column(left["ts"]))
    for name in ("temp", "wind_speed", "visib"):
        # A null reading is no reading: the latest one before it counts.
        events = Events.of(weather, "origin", "ts", [name])
        spans = events.spans(questions, 6 * HOUR)
        latest = Latest(events.columns[name], events.ts, spans, 1, scalar=True)
        yield f"{name}_last_6h", pa.float64(), latest
    events = Events.of(weather, "origin", "ts", ["wind_speed"])
    day = events.spans(questions, DAY)
    strongest = Numbers(maximum(events.columns["wind_speed"], day), day.empty)
    yield "wind_speed_max_1d", pa.float64(), strongest


def plane(planes: pa.Table, left: pa.Table) -> Iterator[Feature]:
    """The register's entry of the plane, in the snapshot of the day before the question."""
    days = np.datetime_as_string((column(left["ts"]) // DAY - 1).astype("datetime64[D]"))
    asked = {"ds": days, "tailnum": left["tailnum"], "row": np.arange(left.num_rows)}
    found = pa.table(asked).join(planes, ["ds", "tailnum"]).sort_by("row")
    assert found.num_rows == left.num_rows
    # More than four selected columns come in the order of a Scala hash map, here as in the reference.
    types = {
        "year": pa.int32(),
        "engines": pa.int32(),
        "manufacturer": pa.string(),
        "seats": pa.int32(),
    }
    for name, kind in types.items():
        yield name, kind, Values(found[name])


def expected(raw: Path, left: pa.Table) -> Iterator[Feature]:
    """Every feature column of the training table: name, type, values for the rows of `left`."""
    departures = raw_table(raw / "departures")
    weather = raw_table(raw / "weather")
    planes = raw_table(raw / "planes")
    parts = {
        "origin_departures": origin_departures(departures, left),
        "carrier_departures": carrier_departures(departures, left),
        "tail_history": tail_history(departures, left),
        "dest_daily": dest_daily(departures, left),
        "origin_weather": origin_weather(weather, left),
        "plane": plane(planes, left),
    }
    for part, features in parts.items():
        for name, kind, values in features:
            yield f"flights_{part}_v1_{name}", kind, values
