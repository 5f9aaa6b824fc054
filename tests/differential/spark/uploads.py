"""Random group-bys over small random tables, uploaded by the reference and by ours, compared row by row.

`python tests/differential/spark/uploads.py --seed 7 --uploads 40` runs without a test runner and says what differs.
Data, definitions and output lie where those of `joins.py` do, in a folder of their own.
"""

from __future__ import annotations

import base64
import json
import math
import re
from pathlib import Path
from typing import Any

import joins
from joins import BUILD, DAYS, SIDES, day

POINT = "STRUCT<x: INT, label: STRING>"
NESTED = f"place {POINT}, path ARRAY<{POINT}>, named MAP<STRING, {POINT}>, grid ARRAY<ARRAY<{POINT}>>"
NESTED_COLUMNS = ["place", "path", "named", "grid"]
TABLES = {
    name: f"{columns}, {NESTED}" if columns.startswith(joins.RIGHT_COLUMNS) else columns
    for name, columns in joins.TABLES.items()
    if not name.startswith("left")
}
# Accumulators whose parts depend on how Spark merged: moments in their last digits, bounded lists and sets in order.
MOMENTS = re.compile("Ir.*_(variance|skew|kurtosis)")
AS_SETS = re.compile("Ir.*_((first|last|top|bottom)[0-9]+|unique_count)")
METADATA_KEY = base64.b64encode(b"group_by_serving_info").decode()


class Generator(joins.Generator):
    """Everything random about a run of uploads, from one seed."""

    tables = TABLES

    def values(self) -> dict[str, Any]:
        """No nulls inside of lists and maps: their stored form has none, and the reference fails on them."""
        r = self.random
        values = super().values()
        for column in ("tags", "nums"):
            values[column] = values[column] and [v for v in values[column] if v is not None]
        values["counts"] = values["counts"] and {k: v for k, v in values["counts"].items() if v is not None}
        point = {"x": self.nullable(r.randrange(9), 4), "label": self.nullable(r.choice("pq"), 4)}
        values["place"] = self.nullable(point)
        values["path"] = self.nullable([point] * r.randrange(3))
        values["named"] = self.nullable(dict.fromkeys(r.sample("ab", r.randrange(3)), point))
        values["grid"] = self.nullable([[point] * r.randrange(3)] * r.randrange(3))
        return values

    def aggregations(self, daily: bool) -> list[dict[str, Any]]:
        """Those of joins, and the last struct.

        No SHORT and no full bounded count of numbers (Q3) is stored, which the reference cannot write, and no sum of
        numbers that cancel each other out, which is of the order of its rounding.
        """
        refused = [("big", joins.OPERATIONS["AVERAGE"]), ("qty", joins.OPERATIONS["BOUNDED_UNIQUE_COUNT"])]
        chosen = [
            a
            for a in super().aggregations(daily)
            if a["inputColumn"] != "small" and (a["inputColumn"], a["operation"]) not in refused
        ]
        for column in NESTED_COLUMNS:
            if self.one_in(8):
                last = {"inputColumn": column, "operation": joins.OPERATIONS["LAST"], "argMap": {}}
                windows = self.windows(daily)
                chosen.append(last if windows is None else last | {"windows": windows})
        return chosen or self.aggregations(daily)

    def upload(self, number: int) -> dict[str, Any]:
        """A group-by of any kind that can be uploaded."""
        r = self.random
        kind = r.choice(["temporal", "temporal", "snapshot", "states", "temporal_states", "profiles", "selected"])
        keys = r.choice([["user"], ["shop"], ["user", "shop"]])
        name = f"upload_{number:02d}"
        group_by: dict[str, Any] = {
            "metaData": {"name": f"diff.{name}", "outputNamespace": "diff", "team": "diff"},
            "keyColumns": keys,
        }
        if kind in ("profiles", "selected"):
            table, columns = "profiles", ["age", "city", "rating"]
            if kind == "selected":
                table, columns = "states", [*(c for c in joins.ALLOWED if c != "small"), "cat", *NESTED_COLUMNS]
            group_by["keyColumns"] = keys = ["user"]
            chosen = r.sample(columns, r.randrange(1, len(columns) + 1))
            query = self.query(["user", *chosen], "ts" if kind == "selected" and self.one_in(2) else None)
            source: dict[str, Any] = {"entities": {"snapshotTable": f"diff.{table}", "query": query}}
            group_by["accuracy"] = 1
        else:
            aggregations = self.aggregations(kind == "snapshot")
            buckets = ["cat"] if any("buckets" in a for a in aggregations) else []
            query = self.query([*keys, *dict.fromkeys(a["inputColumn"] for a in aggregations), *buckets], "ts")
            if self.one_in(4):
                query["wheres"] = [r.choice(["qty > 3 OR qty IS NULL", "item <> 'small'", "`flag` OR length(cat) > 1"])]
            if kind.endswith("states"):
                source = {"entities": {"snapshotTable": "diff.states", "query": query}}
            else:
                source = {"events": {"table": f"diff.{r.choice(['events_a', 'events_b'])}", "query": query}}
                if self.one_in(2):
                    source["events"]["topic"] = "events.topic"
            group_by["aggregations"] = aggregations
            group_by["accuracy"] = 0 if kind.startswith("temporal") else 1
        if self.one_in(6):
            del query["startPartition"]
        if self.one_in(5) and not kind.startswith(("profiles", "selected")) and "wheres" not in query:
            del query["selects"]  # the table as it is
        group_by["sources"] = [source]
        return {"name": name, "conf": group_by, "end": day(r.randrange(3, DAYS - 1)), "step_days": 30}


def write_run(seed: int, count: int) -> tuple[Path, list[dict[str, Any]]]:
    """Writes tables, definitions and the list of jobs."""
    generator = Generator(seed)
    folder = BUILD / f"uploads-{seed}"
    return joins.write(folder, generator, lambda: [generator.upload(number) for number in range(count)])


def run(
    seed: int, count: int, sides: tuple[str, ...] = SIDES, resume: bool = False
) -> tuple[Path, list[dict[str, Any]]]:
    """Computes all uploads of a run by the sides asked for, one after the other."""
    folder, jobs = write_run(seed, count)
    for side in sides:
        joins.compute(side, folder, resume, "Uploads")
    return folder, jobs


def close(name: str, mine: Any, other: Any) -> bool:
    """Whether two values of JSON columns agree: floats up to fold order, maps as maps, merged sketches never."""
    if isinstance(mine, dict) and isinstance(other, dict):
        return mine.keys() == other.keys() and all(close(f"{name}.{k}", mine[k], other[k]) for k in mine)
    if isinstance(mine, list) and isinstance(other, list):
        if AS_SETS.search(name):
            mine, other = (sorted(some, key=lambda item: json.dumps(item, sort_keys=True)) for some in (mine, other))
        return len(mine) == len(other) and all(close(name, a, b) for a, b in zip(mine, other, strict=True))
    if "_approx_unique_count" in name and isinstance(mine, (int, str)) and type(mine) is type(other):
        # how the reference merged depends on the order in which Spark's tasks came; ours does not
        return True
    if isinstance(mine, (int, float)) and isinstance(other, (int, float)):
        if math.isnan(mine) or math.isnan(other):
            return math.isnan(mine) and math.isnan(other)
        return abs(mine - other) <= 1e-6 + (1e-6 if MOMENTS.search(name) else 1e-12) * abs(other)
    if "_approx_percentile" in name and isinstance(mine, str) and isinstance(other, str):
        # a sketch holds its lowest level as it came: the same bytes, whatever the order of values
        mine, other = sorted(mine), sorted(other)
    return type(mine) is type(other) and bool(mine == other)


def equal(mine: dict[str, Any], other: dict[str, Any]) -> str | None:
    """What differs between two rows of one key, or None."""
    if mine["value_bytes"] != other["value_bytes"]:
        values = json.loads(mine["value_json"]), json.loads(other["value_json"])
        if not close("", *values):
            return f"value {mine['value_json']}\nreference {other['value_json']}"
    elif mine["value_json"] != other["value_json"]:
        return f"value_json {mine['value_json']}\nreference {other['value_json']}"
    for column in ("key_json", "ds"):
        if mine[column] != other[column]:
            return f"{column} {mine[column]}\nreference {other[column]}"
    return None


def difference(folder: Path, job: dict[str, Any]) -> str | None:
    """What differs between the two tables of an upload, or None."""
    for side in SIDES:
        if not (folder / side / f"{job['name']}.jsonl").exists():
            return f"no output of {side}"
    columns, rows, error = joins.read(folder / f"oracle/{job['name']}.jsonl")
    our_columns, our_rows, our_error = joins.read(folder / f"native/{job['name']}.jsonl")
    if error or our_error:
        return f"reference: {error or 'fine'}\nours: {our_error or 'fine'}"
    if columns != our_columns:
        return f"columns: reference {columns}\nours {our_columns}"
    names = [name for name, _ in columns]
    return difference_of_rows(by_key(names, our_rows), by_key(names, rows))


Keyed = dict[str, list[dict[str, Any]]]


def by_key(names: list[str], rows: list[list[Any]]) -> Keyed:
    """The rows of each key, in the order of their values; bytes would not do, as maps have no order in them."""
    keyed: Keyed = {}
    for row in rows:
        named = dict(zip(names, row, strict=True))
        keyed.setdefault(named["key_bytes"], []).append(named)

    def value(row: dict[str, Any]) -> str:
        return json.dumps(json.loads(row["value_json"]), sort_keys=True)

    return {key: sorted(some, key=value) if len(some) > 1 else some for key, some in keyed.items()}


def difference_of_rows(mine: Keyed, theirs: Keyed) -> str | None:
    """What differs between the rows of both sides, or None."""
    if theirs.keys() != mine.keys():
        only = [sorted(a.keys() - b.keys()) for a, b in ((theirs, mine), (mine, theirs))]
        texts = [[base64.b64decode(key) for key in keys] for keys in only]
        return f"keys: only in the reference {texts[0]}, only in ours {texts[1]}"
    for key in theirs:
        name = f"key {base64.b64decode(key)!r}"
        if len(theirs[key]) != len(mine[key]):
            return f"{len(mine[key])} rows of {name}, reference {len(theirs[key])}"
        for row, other in zip(mine[key], theirs[key], strict=True):
            problem = equal(row, other) if key != METADATA_KEY else told(row, other)
            if problem:
                return f"{name}: {problem}"
    return None


def told(mine: dict[str, Any], other: dict[str, Any]) -> str | None:
    """What differs between two rows of serving info, which must be equal as text, or None."""
    different = [column for column in other if mine[column] != other[column]]
    return f"{different[0]} {mine['value_json']}\nreference {other['value_json']}" if different else None


if __name__ == "__main__":
    joins.report("uploads", str(__doc__), run, difference)
