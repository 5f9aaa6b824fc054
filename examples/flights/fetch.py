"""Fetches the flights of a day from the HTTP service, and compares every feature with the training table.

    python examples/flights/fetch.py http://127.0.0.1:9000 [DAY]     # or scripts/quickstart, which starts what it needs

DAY is 2013-12-31 unless named: the day after the uploads, whose events were streamed. Each flight is asked about as of
its own `ts`, up to 1,000 of them. Needs `duckdb` and the tables. Fails if a value differs without a reason.

Two values are equal if their JSON is: numbers to the last bit, lists in order, maps by key. The training table has a
null where the service leaves out a feature of a key that is null or unknown. There are two reasons to differ, looked up
in the raw events for each value:

* Several departures of a key left at one millisecond, the last before the question. Any of them is the last.
* An event happened exactly a window's length before the end of the uploaded day. Stored batch values do not hold it,
  like those of Chronon, although the window of a question in the day's first hop begins with it.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import urllib.parse
import urllib.request
from collections import Counter, defaultdict
from typing import Any

import duckdb
from load import FILES, warehouse
from show import TABLE

JOIN = "flights/training_set.v1"
KEYS = ("origin", "carrier", "tailnum", "dest")
FLIGHTS = 1000
DAY = "2013-12-31"

# Of the group-bys that are streamed: the table and its time.
SOURCES = {
    "flights_origin_departures_v1_": ("departures", "dep_ts", "origin"),
    "flights_carrier_departures_v1_": ("departures", "dep_ts", "carrier"),
    "flights_tail_history_v1_": ("departures", "dep_ts", "tailnum"),
    "flights_origin_weather_v1_": ("weather", "ts", "origin"),
}
MILLIS = {"h": 3_600_000, "d": 86_400_000}
AT_ONE_TIME = "several departures at the last millisecond before the question"
AT_THE_TAIL = "an event exactly one window before the end of the uploaded day"

Row = dict[str, Any]


def training_rows(day: str) -> list[Row]:
    """The first flights of a day in the training table, by time."""
    file = warehouse() / "flights.db" / TABLE / f"ds={day}" / "*.parquet"
    cursor = duckdb.connect().execute(f"SELECT * FROM read_parquet('{file}') ORDER BY ts, flight_id LIMIT {FLIGHTS}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def fetch(address: str, at_millis: int, rows: list[Row]) -> list[Row]:
    """The features of some flights as of one moment, in their order."""
    url = f"{address}/v1/features/join/{urllib.parse.quote(JOIN, safe='')}?atMillis={at_millis}"
    body = json.dumps([{key: row[key] for key in KEYS} for row in rows]).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as response:
        results = json.load(response)["results"]
    return [result.get("features") or {} for result in results]


def same(stored: Any, served: Any) -> bool:
    """Whether a value of the table and one of the service have the same JSON; their types count too."""
    return json.dumps(stored, sort_keys=True) == json.dumps(served, sort_keys=True)


class Reasons:
    """Why a value of the table and one of the service may differ, from the raw events."""

    def __init__(self, day: str) -> None:
        """Looks at the events up to the end of the day; its first moment is the end of the batch."""
        self.batch_end = int(datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1000)
        self.connection = duckdb.connect()

    def of(self, name: str, row: Row, served: Any) -> str | None:
        """The reason, if there is one."""
        source = next((SOURCES[prefix] for prefix in SOURCES if name.startswith(prefix)), None)
        if source is None:
            return None
        if name.endswith("_last"):
            column = name.removesuffix("_last").partition("_v1_")[2]
            return AT_ONE_TIME if served in self.last(source, column, row) else None
        window = re.search(r"_(\d+)([hd])(_by_|$)", name)
        length = int(window[1]) * MILLIS[window[2]] if window else 0
        return AT_THE_TAIL if length and self.count(source, row, self.batch_end - length) else None

    def last(self, source: tuple[str, str, str], column: str, row: Row) -> list[Any]:
        """The values of the key's events at the last time before the question; none if that is one event."""
        events, time, key = self.events(source)
        before = f"SELECT max({time}) FROM {events} WHERE {key} = $1 AND {time} < $2"
        query = f"SELECT {column} FROM {events} WHERE {key} = $1 AND {time} = ({before})"
        values = [value for (value,) in self.connection.execute(query, [row[key], row["ts"]]).fetchall()]
        return values if len(values) > 1 else []

    def count(self, source: tuple[str, str, str], row: Row, millis: int) -> int:
        """How many events of the key were at a moment."""
        events, time, key = self.events(source)
        query = f"SELECT count(*) FROM {events} WHERE {key} = $1 AND {time} = $2"
        found: int = self.connection.execute(query, [row[key], millis]).fetchall()[0][0]
        return found

    @staticmethod
    def events(source: tuple[str, str, str]) -> tuple[str, str, str]:
        """The source with its files in place of its name."""
        table, time, key = source
        return f"read_parquet('{warehouse() / FILES / table}/ds=*/*.parquet')", time, key


def main() -> None:
    """Says how many values are equal, and why others are not."""
    address, day = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else DAY
    rows = training_rows(day)
    if not rows:
        sys.exit(f"the training table has no flights of {day}; run scripts/quickstart")
    features = [name for name in rows[0] if name.startswith("flights_")]
    at: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        at[row["ts"]].append(row)
    different: Counter[tuple[str, str | None]] = Counter()
    reasons = Reasons(day)
    examples: dict[str, str] = {}
    unknown: Counter[str] = Counter()
    for moment, asked in at.items():
        for row, served in zip(asked, fetch(address, moment, asked), strict=True):
            unknown.update(served.keys() - set(features))
            for name in features:
                if not same(row[name], served.get(name)):
                    different[name, reasons.of(name, row, served.get(name))] += 1
                    sides = f"table {row[name]}, service {served.get(name)}"
                    examples.setdefault(name, f"flight {row['flight_id']}: {sides}")
    values = len(rows) * len(features)
    print(f"{len(rows):,} flights of {day}, each as of its own time: {values:,} values fetched")
    unexplained = sum(count for (_, reason), count in different.items() if reason is None)
    equal = f"{values - different.total():,} of {values:,} equal the training table's"
    print(f"{equal}; {unexplained:,} differ without a reason")
    for (name, reason), count in different.most_common():
        print(f"  {name}: {count} differ" + (f": {reason}" if reason else f", for instance {examples[name]}"))
    for name, count in unknown.most_common():
        print(f"  {name}: in {count} responses and not in the training table")
    if unknown or unexplained:
        sys.exit(1)


if __name__ == "__main__":
    main()
