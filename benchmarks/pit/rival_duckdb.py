"""The plain rival: DuckDB on the same Parquet files, the same window rule, one Parquet file out.

One pass of window functions: both sides in one sequence per key, and per window one RANGE frame whose lower end is the
query time less the window, rounded down to the tail hop. DuckDB answers such frames from segment trees, so a hot key
costs n log n; a range join or one ASOF join per hop would multiply the rows of a hot key with each other instead.
The distinct counts are exact, from DuckDB's merge-sort trees: it has no windowed sketch that would be cheaper.
"""

import json
import resource
import sys
import time
from pathlib import Path

import duckdb

HOUR = 3_600_000
WINDOWS = {"1h": (HOUR, HOUR // 12), "1d": (24 * HOUR, HOUR), "7d": (7 * 24 * HOUR, HOUR)}


def statement(data: Path, out: Path) -> str:
    frames = ", ".join(
        f"w{name} AS (PARTITION BY user ORDER BY ts RANGE BETWEEN (ts - ((ts - {length}) // {hop}) * {hop}) PRECEDING"
        " AND 1 PRECEDING)"
        for name, (length, hop) in WINDOWS.items()
    )
    # a query row has no amount, so every aggregate passes over it
    features = ", ".join(
        f"sum(amount) OVER w{w} AS sum_{w}, nullif(count(amount) OVER w{w}, 0) AS count_{w}, "
        f"avg(amount) OVER w{w} AS average_{w}, last_value(amount IGNORE NULLS) OVER w{w} AS last_{w}, "
        f"nullif(count(DISTINCT item) OVER w{w}, 0) AS unique_{w}"
        for w in WINDOWS
    )
    return f"""
    COPY (
      SELECT * EXCLUDE (amount, item, is_query) FROM (
        SELECT *, {features} FROM (
          SELECT user, ts, NULL::DOUBLE AS amount, NULL::BIGINT AS item, true AS is_query
          FROM read_parquet('{data}/left_events/*/*.parquet')
          UNION ALL
          SELECT user, ts, amount, item, false FROM read_parquet('{data}/right_events/*/*.parquet')
        ) WINDOW {frames}
      ) WHERE is_query
    ) TO '{out}' (FORMAT parquet)"""


def main() -> None:
    data, work, memory = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    work.mkdir(parents=True, exist_ok=True)
    out = work / "out.parquet"
    connection = duckdb.connect()
    connection.execute(f"SET threads = 2; SET memory_limit = '{memory}'; SET temp_directory = '{work}/tmp'")
    connection.execute("SET preserve_insertion_order = false")
    wall, cpu = time.perf_counter(), time.process_time()
    connection.execute(statement(data, out))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sums = "SELECT count(*), sum(sum_7d), sum(count_1d), sum(last_1h), sum(unique_7d)"
    row = connection.execute(f"{sums} FROM read_parquet('{out}')").fetchone()
    assert row is not None
    check = dict(zip(("rows", "sum_7d", "count_1d", "last_1h", "unique_7d"), map(float, row), strict=True))
    result = {"wall_s": wall, "task_cpu_s": cpu, "join_process_cpu_s": cpu, "shuffle_mb": 0.0, "peak_rss_mb": peak}
    print("RESULT", json.dumps(result | {"features": 15, "tasks": 0, "check": check, "version": duckdb.__version__}))


if __name__ == "__main__":
    main()
