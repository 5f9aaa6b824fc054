"""Prints the rows of a table and day as JSON, one message a line, as they would arrive while they happen.

    python examples/flights/publish.py departures 2013-12-31 | scripts/kafka produce --topic flights.departures

Needs `duckdb` and the tables of `load.py`.
"""

from __future__ import annotations

import json
import sys

import duckdb
from load import FILES, warehouse

TIMES = {"departures": "dep_ts", "weather": "ts"}


def main() -> None:
    """Prints the columns of the table by name, in the order of time, without the partition."""
    table, day = sys.argv[1:]
    files = sorted((warehouse() / FILES / table / f"ds={day}").glob("*.parquet"))
    if not files:
        sys.stderr.write(f"flights.{table} has no rows of {day}\n")
        return
    paths = ", ".join(f"'{file}'" for file in files)
    query = f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false) ORDER BY {TIMES[table]}"
    cursor = duckdb.connect().execute(query)
    names = [column[0] for column in cursor.description or []]
    for row in cursor.fetchall():
        sys.stdout.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")


if __name__ == "__main__":
    main()
