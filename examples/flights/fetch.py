"""Fetches the flights of a day from the HTTP service, and compares every feature with the training table.

    python examples/flights/fetch.py http://127.0.0.1:9000 [DAY]     # or scripts/quickstart, which starts what it needs

DAY is 2013-12-31 unless named: the day after the uploads, whose events were streamed. Each flight is asked about as of
its own `ts`, up to 1,000 of them. Needs `duckdb` and the training table. Fails if a value differs.

Two values are equal if their JSON is: numbers to the last bit, lists in order, maps by key. The training table has a
null where the service leaves out a feature of a key that is null or unknown.
"""

from __future__ import annotations

import json
import sys
import urllib.parse
import urllib.request
from collections import Counter, defaultdict
from typing import Any

import duckdb
from load import warehouse
from show import TABLE

JOIN = "flights/training_set.v1"
KEYS = ("origin", "carrier", "tailnum", "dest")
FLIGHTS = 1000
DAY = "2013-12-31"

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


def main() -> None:
    """Says how many values are equal, and which are not."""
    address, day = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else DAY
    rows = training_rows(day)
    if not rows:
        sys.exit(f"the training table has no flights of {day}; run scripts/quickstart")
    features = [name for name in rows[0] if name.startswith("flights_")]
    at: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        at[row["ts"]].append(row)
    different: Counter[str] = Counter()
    examples: dict[str, str] = {}
    unknown: Counter[str] = Counter()
    for moment, asked in at.items():
        for row, served in zip(asked, fetch(address, moment, asked), strict=True):
            unknown.update(served.keys() - set(features))
            for name in features:
                if not same(row[name], served.get(name)):
                    different[name] += 1
                    sides = f"table {row[name]}, service {served.get(name)}"
                    examples.setdefault(name, f"flight {row['flight_id']}: {sides}")
    values = len(rows) * len(features)
    print(f"{len(rows):,} flights of {day}, each as of its own time: {values:,} values fetched")
    print(f"{values - different.total():,} of {values:,} equal the training table's")
    for name, count in different.most_common():
        print(f"  {name}: {count} differ, for instance {examples[name]}")
    for name, count in unknown.most_common():
        print(f"  {name}: in {count} responses and not in the training table")
    if different or unknown:
        sys.exit(1)


if __name__ == "__main__":
    main()
