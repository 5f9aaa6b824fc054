"""Prints the training table that the quickstart computed, and draws one picture from it.

    python examples/flights/show.py

Needs `duckdb` and `matplotlib`. Leaves `examples/flights/out/late_by_recent_delay.png`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from load import HERE, warehouse
from matplotlib.ticker import FuncFormatter, PercentFormatter

TABLE = "flights_training_set_v1"
PICTURE = HERE / "out" / "late_by_recent_delay.png"
RECENT_DELAY = "flights_origin_departures_v1_dep_delay_average_1h"
ENOUGH_FLIGHTS = 100

# Flights by the average delay of their airport's last hour, in minutes; the outermost bins are open.
BINS = f"""
WITH binned AS (
  SELECT late, least(greatest(floor({RECENT_DELAY} / 5) * 5, -10), 90) AS bin
  FROM training WHERE late IS NOT NULL AND {RECENT_DELAY} IS NOT NULL
)
SELECT bin, count(*) AS flights, avg(late::INT) AS share
FROM binned GROUP BY bin HAVING count(*) >= {ENOUGH_FLIGHTS} ORDER BY bin
"""


def print_table(connection: duckdb.DuckDBPyConnection, features: dict[str, str]) -> None:
    """The size of the table, its columns, and a few rows, one column per line."""
    count = connection.execute("SELECT count(*) FROM training").fetchall()[0][0]
    columns = connection.execute("DESCRIBE training").fetchall()
    print(f"flights.{TABLE}: {count:,} rows, {len(columns)} columns\n")
    # Three flights of a stormy day: one evening departure from each airport.
    rows = connection.execute(
        """
        SELECT DISTINCT ON (origin) * FROM training
        WHERE ds = '2013-07-22' AND hour(make_timestamp(ts * 1000)) >= 18
        ORDER BY origin, flight_id
        """
    ).fetchall()
    width = max(len(features.get(name, name)) for name, *_ in columns)
    part = None
    for at, (name, kind, *_) in enumerate(columns):
        prefix = name.removesuffix(features[name]) if name in features else "the flight"
        if prefix != part and name != "ds":
            part = prefix
            print(f"  {part}")
        values = "  ".join(f"{shorten(row[at]):<22}" for row in rows)
        print(f"    {features.get(name, name):<{width}}  {kind.lower():<20} {values}".rstrip())


def shorten(value: Any) -> str:
    """A value in at most 22 characters."""
    if isinstance(value, float):
        value = round(value, 3)
    if isinstance(value, list):
        value = "[" + ", ".join(shorten(item) for item in value) + "]"
    if isinstance(value, dict):
        value = "{" + ", ".join(f"{k}={shorten(v)}" for k, v in value.items()) + "}"
    text = "null" if value is None else str(value)
    return text if len(text) <= 22 else text[:20] + "…" + text[-1]


def draw(connection: duckdb.DuckDBPyConnection) -> None:
    """How often flights were late, against how late the airport was running two hours before."""
    rows = connection.execute(BINS).fetchall()
    starts, flights, shares = zip(*rows, strict=True)
    overall = connection.execute("SELECT avg(late::INT) FROM training WHERE late IS NOT NULL").fetchall()[0][0]
    middle = [start + 2.5 for start in starts]
    errors = [1.96 * (p * (1 - p) / n) ** 0.5 for p, n in zip(shares, flights, strict=True)]

    plt.rcParams.update({"font.size": 11, "axes.spines.top": False, "axes.spines.right": False})
    figure, (top, bottom) = plt.subplots(
        2, 1, sharex=True, figsize=(9, 6.4), height_ratios=[3.2, 1], layout="constrained"
    )
    top.errorbar(middle, shares, yerr=errors, fmt="o-", color="#1b6ca8", ecolor="#9cc3de", capsize=3, lw=2)
    top.axhline(overall, color="#888888", lw=1, ls="--")
    top.annotate(
        f"all flights: {overall:.0%}",
        (middle[-1], overall),
        xytext=(0, -6),
        textcoords="offset points",
        ha="right",
        va="top",
        color="#666666",
    )
    top.set_ylim(0, 1)
    top.yaxis.set_major_formatter(PercentFormatter(1))
    top.set_ylabel("left more than 15 minutes late")
    top.set_title(
        "Where flights leave late, they still do two hours later",
        loc="left",
        fontsize=14,
        fontweight="bold",
        pad=12,
    )
    bottom.bar(middle, flights, width=4.4, color="#c9d6df")
    bottom.set_yscale("log")
    bottom.yaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
    bottom.set_ylabel("flights")
    bottom.set_xlabel("average delay of the airport's last hour, two hours before the flight (minutes)")
    bottom.set_xlim(middle[0] - 4, middle[-1] + 4)
    total = sum(flights)
    figure.text(
        1,
        -0.01,
        f"{total:,} flights from New York City, 2013; 5-minute bins, the outer ones open; bars: 95 % interval",
        ha="right",
        va="top",
        fontsize=8.5,
        color="#777777",
    )
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=150, bbox_inches="tight", pad_inches=0.15)


def main() -> None:
    """Shows the table, then the picture's place."""
    folder = warehouse() / "flights.db" / TABLE
    if not any(folder.glob("ds=*/*.parquet")):
        sys.exit(f"{folder} has no rows yet; run scripts/quickstart")
    connection = duckdb.connect()
    files = f"{folder}/ds=*/*.parquet"
    connection.execute(
        "CREATE VIEW training AS SELECT * FROM "
        f"read_parquet('{files}', hive_partitioning = true, hive_types = {{'ds': VARCHAR}})"
    )
    names = [name for name, *_ in connection.execute("DESCRIBE training").fetchall()]
    features = {n: n.partition("_v1_")[2] for n in names if n.startswith("flights_")}
    print_table(connection, features)
    draw(connection)
    print(f"\npicture: {Path(PICTURE).relative_to(HERE.parents[1])}")


if __name__ == "__main__":
    main()
