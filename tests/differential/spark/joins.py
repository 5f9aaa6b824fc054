"""Random joins over small random tables, by the reference and by ours, compared row by row.

`python tests/differential/spark/joins.py --seed 7 --joins 40` runs without a test runner and says what differs.
Each run has a folder under build/differential/spark/<seed> with the tables (`*.jsonl`), the compiled definitions
(`join_NN.json`, which the Driver of either side takes as it is), and what each side wrote.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "build/differential/spark"
ORACLE = Path(os.environ.get("CHRONON_ORACLE", ROOT / "../shared/oracle")).resolve()
BUNDLE = Path(os.environ.get("CHRONON_BUNDLE", ROOT / "build/chronon-native-spark.jar")).resolve()
DAY = 86_400_000
FIRST_DAY = 19_783  # 2024-03-01
DAYS = 9
SIDES = ("oracle", "native")
# The same jobs in every run of the tests unless asked otherwise, so that a failure is the change's.
SEED = int(os.environ.get("CHRONON_DIFFERENTIAL_SEED", "1"))
# Many short plans over tiny tables: the second compiler and parallel collection cost more than they save. One compiler
# alone gets a code cache too small for Spark, and then compiles and sweeps all the time.
JVM_FLAGS = "-Xmx2g -Xss4m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"

# Operation numbers of the airbnb dialect.
OPERATIONS = {
    "MIN": 0, "MAX": 1, "FIRST": 2, "LAST": 3, "UNIQUE_COUNT": 4, "APPROX_UNIQUE_COUNT": 5, "COUNT": 6, "SUM": 7,
    "AVERAGE": 8, "VARIANCE": 9, "SKEW": 10, "KURTOSIS": 11, "APPROX_PERCENTILE": 12, "LAST_K": 13, "FIRST_K": 14,
    "TOP_K": 15, "BOTTOM_K": 16, "HISTOGRAM": 17, "BOUNDED_UNIQUE_COUNT": 19,
}  # fmt: skip
NUMBERS = [
    "MIN",
    "MAX",
    "SUM",
    "AVERAGE",
    "COUNT",
    "LAST",
    "FIRST",
    "LAST_K",
    "FIRST_K",
    "UNIQUE_COUNT",
    "APPROX_UNIQUE_COUNT",
]
# Moments of equal values are 0 in whole numbers only; where not-a-number stands in a bounded list depends on arrival.
# No key has so many values that percentiles are estimated.
WHOLE_NUMBERS = [
    *NUMBERS,
    "VARIANCE",
    "SKEW",
    "KURTOSIS",
    "TOP_K",
    "BOTTOM_K",
    "APPROX_PERCENTILE",
    "BOUNDED_UNIQUE_COUNT",
]
TEXTS = [
    "MIN",
    "MAX",
    "COUNT",
    "LAST",
    "FIRST",
    "LAST_K",
    "FIRST_K",
    "UNIQUE_COUNT",
    "APPROX_UNIQUE_COUNT",
    "HISTOGRAM",
    "TOP_K",
    "BOTTOM_K",
    "BOUNDED_UNIQUE_COUNT",
]
ALLOWED = {
    "amount": NUMBERS, "qty": WHOLE_NUMBERS, "score": NUMBERS, "small": WHOLE_NUMBERS, "big": NUMBERS, "item": TEXTS,
    "flag": ["COUNT", "LAST", "FIRST", "SUM"], "tags": ["COUNT", "UNIQUE_COUNT", "HISTOGRAM", "LAST"],
    "nums": ["SUM", "AVERAGE", "COUNT", "MAX", "LAST", "BOTTOM_K"],
    "counts": ["SUM", "MAX", "COUNT", "AVERAGE", "LAST"],
}  # fmt: skip
VALUES = (
    "amount DOUBLE, qty INT, score FLOAT, small SMALLINT, big BIGINT, item STRING, flag BOOLEAN, tags ARRAY<STRING>, "
    "nums ARRAY<BIGINT>, counts MAP<STRING, BIGINT>"
)
RIGHT_COLUMNS = f"user BIGINT, shop STRING, ts BIGINT, cat STRING, {VALUES}"
TABLES = {
    "left_events": "user BIGINT, shop STRING, ts BIGINT, note STRING",
    "left_dense": "user BIGINT, shop STRING, ts BIGINT, note STRING",
    "left_sparse": "user BIGINT, shop STRING, ts BIGINT, note STRING",
    "left_entities": "user BIGINT, shop STRING, note STRING",
    "events_a": RIGHT_COLUMNS,
    "events_b": RIGHT_COLUMNS,
    "profiles": "user BIGINT, age INT, city STRING, rating DOUBLE",
    "states": RIGHT_COLUMNS,
    "changes": f"{RIGHT_COLUMNS}, mutation_ts BIGINT, is_before BOOLEAN",
}
# What keeps lists whole: those with nulls inside cannot be stored, and so are refused where states are merged.
NOT_OF_CHANGES = {(column, OPERATIONS[name]) for column in ("tags", "nums") for name in ("FIRST", "LAST")}


def missing() -> str | None:
    """Why there is nothing to compare, or None."""
    if not (ORACLE / "chronon-spark.jar").exists():
        return f"no reference jars at {ORACLE}; set CHRONON_ORACLE to their folder"
    if not BUNDLE.exists():
        return f"no bundle jar at {BUNDLE}; run scripts/package"
    return None


def day(number: int) -> str:
    """The partition of day `number` since FIRST_DAY."""
    return time.strftime("%Y-%m-%d", time.gmtime((FIRST_DAY + number) * 86400))


class Generator:
    """Everything random about a run, from one seed."""

    tables = TABLES
    # Whether a mutation counts for all questions of a day as it does for the first that sees it (Q9).
    judged_once = True

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.times: set[int] = set()
        # Of each day, the rows of `states`.
        self.states: dict[int, list[dict[str, Any]]] = {}

    def one_in(self, n: int) -> bool:
        """True once in `n`."""
        return self.random.randrange(n) == 0

    def nullable(self, value: Any, n: int = 10) -> Any:
        """The value, or null once in `n`."""
        return None if self.one_in(n) else value

    def time(self, of_day: int) -> int:
        """A time within a day, often on the edge of a hop.

        Never the same twice: the reference's choice among right rows of equal time depends on arrival.
        """
        while True:
            at = self.random.randrange(DAY)
            hop = self.random.choice([1, 1, 300_000, 3_600_000, DAY])
            at = at // hop * hop + (self.random.randrange(-1, 2) if hop > 1 else 0)
            at = (FIRST_DAY + of_day) * DAY + min(max(at, 0), DAY - 1)
            if at not in self.times:
                self.times.add(at)
                return at

    def keys(self) -> dict[str, Any]:
        """A few users and shops, with nulls."""
        return {
            "user": self.nullable(self.random.randrange(12), 20),
            "shop": self.nullable(self.random.choice(["north", "south", "été", "a'b"]), 20),
        }

    def values(self) -> dict[str, Any]:
        """One row of the value columns."""
        r = self.random
        amount = r.choice([r.randrange(-50_000, 100_000) / 100, float(r.randrange(5)), 0.0, -0.0])
        if self.one_in(60):
            amount = math.nan
        return {
            "amount": self.nullable(amount),
            "qty": self.nullable(
                r.choice([r.randrange(-5, 50), 2**31 - 1, -(2**31)] if self.one_in(10) else [r.randrange(9)])
            ),
            "score": self.nullable(r.randrange(-400, 400) / 8),
            "small": self.nullable(r.randrange(-200, 200)),
            "big": self.nullable(r.choice([2**62, -(2**63)]) if self.one_in(15) else r.randrange(1000)),
            "item": self.nullable(r.choice(["a", "b", "", "\U0001f600", "�", "日本", f"item {r.randrange(30)}"])),
            "flag": self.nullable(r.random() < 0.5),
            "tags": self.nullable([self.nullable(r.choice("xyz"), 5) for _ in range(r.randrange(4))]),
            "nums": self.nullable([self.nullable(r.randrange(10), 5) for _ in range(r.randrange(4))]),
            "counts": self.nullable(
                {k: self.nullable(r.randrange(10), 5) for k in r.sample(["a", "é", ""], r.randrange(4))}
            ),
        }

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, with their partition."""
        # every left partition exists; right tables miss a day now and then
        days = [d for d in range(DAYS) if table.startswith("left") or not self.one_in(12)]
        for d in days:
            ds = {"ds": day(d)}
            make = {"left_events": self.questions, "left_dense": self.questions, "left_entities": self.subjects}
            make |= {"profiles": self.profiles, "left_sparse": self.lone_questions, "changes": self.changes}
            for row in make.get(table, self.events)(table, d):
                yield {**row, **ds}

    def questions(self, table: str, of_day: int) -> Iterator[dict[str, Any]]:
        """Left events: some times repeat, some meet a right time, some rows come twice."""
        r = self.random
        right_times = sorted(t for t in self.times if t // DAY == FIRST_DAY + of_day)[:5]
        for _ in range(12 if table == "left_events" else 60):
            ts = (FIRST_DAY + of_day) * DAY + r.choice([0, 300_000, 3_600_000, 1]) * r.randrange(23)
            ts += r.choice([0, 0, 1, 299_999])
            if right_times and self.one_in(15):
                ts = r.choice(right_times)
            row = {**self.keys(), "ts": ts, "note": r.choice(["p", "q", None])}
            yield from [row] * (2 if self.one_in(25) else 1)

    def lone_questions(self, _table: str, of_day: int) -> Iterator[dict[str, Any]]:
        """Left events: no user and no shop asks twice on a day, except that a row may come twice."""
        r = self.random
        shops = r.sample(["north", "south", "été", "a'b"], 4)
        for user, shop in zip(r.sample(range(12), 4), shops, strict=True):
            ts = (FIRST_DAY + of_day) * DAY + r.choice([300_000, 3_600_000, 1]) * r.randrange(24) + r.choice([0, 1])
            row = {"user": user, "shop": shop, "ts": ts, "note": r.choice(["p", None])}
            yield from [row] * (2 if self.one_in(25) else 1)

    def subjects(self, _table: str, _day: int) -> Iterator[dict[str, Any]]:
        """Left entities: every user, every day."""
        for user in range(12):
            yield {**self.keys(), "user": user, "note": self.nullable(self.random.choice("pq"))}

    def profiles(self, _table: str, _day: int) -> Iterator[dict[str, Any]]:
        """Right entities with one row per key and day, for parts without aggregations."""
        r = self.random
        for user in range(12):
            if not self.one_in(6):
                city = self.nullable(r.choice(["Köln", "Rome"]))
                yield {"user": user, "age": self.nullable(r.randrange(90)), "city": city, "rating": r.random()}

    def events(self, table: str, of_day: int) -> Iterator[dict[str, Any]]:
        """Right events; or the rows of a daily state, which keep older times."""
        for _ in range(40):
            at = self.random.randrange(of_day + 1) if table == "states" else of_day
            cat = self.nullable(self.random.choice(["c1", "c2", "é"]))
            row = {**self.keys(), "ts": self.time(at), "cat": cat, **self.values()}
            if table == "states":
                self.states.setdefault(of_day, []).append(row)
            yield row

    def changes(self, _table: str, of_day: int) -> Iterator[dict[str, Any]]:
        """Mutations of `states`: rows of the day before go, most of them for another image; others come.

        A few go that never were, and some stand in the partition of another day than that of their change.
        Never an event time behind the change: what the reference makes of that depends on other questions (Q9).
        """
        r = self.random
        for _ in range(25):
            changed = self.time(of_day if not self.one_in(12) else max(of_day - 1, 0))
            of_change = {"mutation_ts": changed}
            before = self.states.get(of_day - 1)
            if before and self.one_in(3):
                row = r.choice(before)
                yield {**row, **of_change, "is_before": True}
                if not self.one_in(4):
                    yield {**row, **self.values(), **of_change, "is_before": False}
                continue
            ts = self.time(r.randrange(of_day)) if of_day > 1 and self.one_in(2) else changed
            row = {**self.keys(), "ts": ts, "cat": self.nullable(r.choice(["c1", "c2", "é"])), **self.values()}
            yield {**row, "ts": min(ts, changed), **of_change, "is_before": self.nullable(self.one_in(6))}

    def changed(self, left: str) -> list[dict[str, Any]]:
        """Aggregations over entities with mutations.

        Where several questions meet on a day, no window's tail moves within it: the reference keeps what
        such a window has left (Q9). Nothing is taken back from maps, on which it fails (Q7).
        """
        steady = [{"length": length, "timeUnit": 1} for length in (12, 30, 2**31 - 1)]
        chosen = []
        for aggregation in self.aggregations(False):
            column, operation = aggregation["inputColumn"], aggregation["operation"]
            if column == "counts" or (column, operation) in NOT_OF_CHANGES:
                continue
            if "windows" in aggregation and self.judged_once and left != "left_sparse":
                aggregation["windows"] = self.random.sample(steady, self.random.randrange(1, 4))
            chosen.append(aggregation)
        return chosen or self.changed(left)

    def windows(self, daily: bool) -> list[dict[str, int]] | None:
        """A list of windows, or None for the unbounded one."""
        if self.one_in(4):
            return None
        hours = [] if daily else [(1, 0), (2, 0), (5, 0), (12, 0), (13, 0), (24, 0)]
        lengths = self.random.sample(
            [*hours, (1, 1), (2, 1), (3, 1), (7, 1), (12, 1), (30, 1), (2**31 - 1, 1)], self.random.randrange(1, 4)
        )
        return [{"length": length, "timeUnit": unit} for length, unit in lengths]

    def aggregations(self, daily: bool) -> list[dict[str, Any]]:
        """One to five aggregations with distinct output names."""
        chosen: dict[tuple[str, str], dict[str, Any]] = {}
        for _ in range(self.random.randrange(1, 6)):
            column = self.random.choice(list(ALLOWED))
            name = self.random.choice(ALLOWED[column])
            arguments = {"k": str(self.random.randrange(1, 4))} if name.endswith("_K") else {}
            if name == "APPROX_PERCENTILE":
                arguments = {"percentiles": "[0.25, 0.5, 0.99]"}
            aggregation: dict[str, Any] = {"inputColumn": column, "operation": OPERATIONS[name], "argMap": arguments}
            windows = self.windows(daily)
            if windows is not None:
                aggregation["windows"] = windows
            if self.one_in(4) and column != "counts":
                aggregation["buckets"] = ["cat"]
            chosen[column, name] = aggregation
        return list(chosen.values())

    def query(self, columns: list[str], time_column: str | None) -> dict[str, Any]:
        """A query with selects, wheres now and then, and a start."""
        query: dict[str, Any] = {"selects": {c: c for c in columns}, "startPartition": day(0), "setups": []}
        if time_column:
            query["timeColumn"] = time_column
        return query

    def source(self, kind: str, query: dict[str, Any]) -> dict[str, Any]:
        """The tables that a query is over."""
        if kind == "states":
            return {"entities": {"snapshotTable": "diff.states", "query": query}}
        if kind == "changes":
            if self.one_in(2):  # otherwise the columns have these names
                query |= {"mutationTimeColumn": "mutation_ts", "reversalColumn": "is_before"}
            return {"entities": {"snapshotTable": "diff.states", "mutationTable": "diff.changes", "query": query}}
        return {"events": {"table": f"diff.{self.random.choice(['events_a', 'events_b'])}", "query": query}}

    def part(self, left: str, number: int) -> dict[str, Any]:
        """A join part: what kind of source, keys, accuracy, mapping, prefix."""
        r = self.random
        left_is_events = left != "left_entities"
        kind = r.choice(["temporal", "temporal", "snapshot", "states", "profiles", *["changes"] * left_is_events])
        keys = r.choice([["user"], ["shop"], ["user", "shop"]])
        part: dict[str, Any] = {}
        group_by: dict[str, Any] = {
            "metaData": {"name": f"diff.{kind}_{number}", "outputNamespace": "diff", "team": "diff"}
        }
        if kind == "profiles":
            keys, columns = ["user"], r.sample(["age", "city", "rating"], r.randrange(1, 4))
            source = {"entities": {"snapshotTable": "diff.profiles", "query": self.query(["user", *columns], None)}}
        else:
            daily = not left_is_events or kind == "snapshot"
            aggregations = self.aggregations(daily)
            if kind == "states":  # exact windows: hours are as good as days
                aggregations = self.aggregations(False)
            elif kind == "changes":
                aggregations = self.changed(left)
            buckets = ["cat"] if any("buckets" in a for a in aggregations) else []
            query = self.query([*keys, *dict.fromkeys(a["inputColumn"] for a in aggregations), *buckets], "ts")
            if self.one_in(4):
                query["wheres"] = [r.choice(["qty > 3 OR qty IS NULL", "item <> 'b'"])]
            source = self.source(kind, query)
            group_by["aggregations"] = aggregations
        if kind in ("temporal", "changes"):
            group_by["accuracy"] = 0
        elif kind == "snapshot" or self.one_in(2):
            group_by["accuracy"] = 1
        if keys == ["user"] and self.one_in(4) and left_is_events:
            # the left calls it differently
            part["keyMapping"] = {"buyer": "user"}
        group_by |= {"sources": [source], "keyColumns": keys}
        if self.one_in(3):
            part["prefix"] = f"p{number}"
        return part | {"groupBy": group_by}

    def join(self, number: int) -> dict[str, Any]:
        """A join with its one to three parts."""
        r = self.random
        left_is_events = not self.one_in(5)
        table = r.choice(["left_events", "left_dense", "left_sparse"]) if left_is_events else "left_entities"
        parts = [self.part(table, i) for i in range(r.randrange(1, 4))]
        query = self.query(["user", "shop"] + (["note"] if self.one_in(2) else []), "ts" if left_is_events else None)
        if any("keyMapping" in part for part in parts):
            query["selects"]["buyer"] = "user + 1"
        query["startPartition"] = day(r.randrange(3, 6))
        if self.one_in(5):
            query["wheres"] = ["shop <> 'south'"]
        left = (
            {"events": {"table": f"diff.{table}", "query": query}}
            if left_is_events
            else {"entities": {"snapshotTable": f"diff.{table}", "query": query}}
        )
        name = f"join_{number:02d}"
        join: dict[str, Any] = {
            "metaData": {"name": f"diff.{name}", "outputNamespace": "diff", "team": "diff"},
            "left": left,
            "joinParts": parts,
        }
        # the reference fails on a skewed key that some part does not have
        if self.one_in(6) and all(
            "user" in part["groupBy"]["keyColumns"] and "keyMapping" not in part for part in parts
        ):
            join["skewKeys"] = {"user": ["3", "7"]}
        return {
            "name": name,
            "conf": join,
            "end": day(r.randrange(6, DAYS)),
            "step_days": r.choice([2, 30, 30, 30, 30, 30]),
        }


def write_run(seed: int, count: int) -> tuple[Path, list[dict[str, Any]]]:
    """Writes tables, definitions and the list of jobs."""
    generator = Generator(seed)
    return write(BUILD / str(seed), generator, lambda: [generator.join(number) for number in range(count)])


def write(
    folder: Path, generator: Generator, make: Callable[[], list[dict[str, Any]]]
) -> tuple[Path, list[dict[str, Any]]]:
    """Writes tables, then definitions and the list of the jobs that `make` gives."""
    folder.mkdir(parents=True, exist_ok=True)
    # the right sides first, so that left times can meet theirs
    for table in sorted(generator.tables, key=lambda t: t.startswith("left")):
        with (folder / f"{table}.jsonl").open("w") as out:
            out.writelines(json.dumps(row) + "\n" for row in generator.rows(table))
    jobs = make()
    for job in jobs:
        (folder / f"{job['name']}.json").write_text(json.dumps(job["conf"], indent=1, sort_keys=True))
    (folder / "tables.json").write_text(json.dumps(generator.tables))
    (folder / "jobs.json").write_text(json.dumps([{k: job[k] for k in ("name", "end", "step_days")} for job in jobs]))
    return folder, jobs


def compute(
    side: str, folder: Path, resume: bool = False, suite: str = "Joins", sources: Sequence[str] | None = None
) -> None:
    """Computes all jobs of a run by one side, in a JVM of its own; its log is beside its output.

    With `resume` the jobs whose output is there already are left alone.
    """
    shutil.rmtree(folder / side / "spark" if resume else folder / side, ignore_errors=True)
    main_class = side.capitalize() + suite
    command = [
        str(HERE.parent / "jvm"),
        side,
        f"chronon.differential.{main_class}",
        " ".join(sources or [f"{HERE}/scala/common", f"{HERE}/scala/{side}"]),
        JVM_FLAGS,
        str(folder),
        str(folder / side),
    ]
    log_path = folder / f"{side}.log"
    with log_path.open("w") as log:
        status = subprocess.run(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    if status != 0:
        tail = "\n".join(log_path.read_text().splitlines()[-20:])
        raise RuntimeError(f"{side} ended with {status}; end of {log_path}:\n{tail}")


def run(
    seed: int, count: int, sides: tuple[str, ...] = SIDES, resume: bool = False
) -> tuple[Path, list[dict[str, Any]]]:
    """Computes all joins of a run by the sides asked for, one after the other."""
    folder, jobs = write_run(seed, count)
    for side in sides:
        compute(side, folder, resume)
    return folder, jobs


def close(name: str, mine: Any, other: Any) -> bool:
    """Whether two values agree: floats up to fold order, estimates up to the sketch's error, maps as maps."""
    if isinstance(mine, dict) and isinstance(other, dict):
        return mine.keys() == other.keys() and all(close(name, mine[k], other[k]) for k in mine)
    if isinstance(mine, list) and isinstance(other, list):
        return len(mine) == len(other) and all(close(name, a, b) for a, b in zip(mine, other, strict=True))
    if isinstance(mine, float) and isinstance(other, float):
        return abs(mine - other) <= 1e-6 + 1e-12 * abs(other)
    if "_approx_unique_count" in name and isinstance(mine, int) and isinstance(other, int):
        # the reference's estimator depends on how Spark grouped the merges; ours does not
        return abs(mine - other) <= 1 + 0.1 * other
    return type(mine) is type(other) and bool(mine == other)


def read(path: Path) -> tuple[list[list[str]], list[list[Any]], str | None]:
    """Columns, rows and error of a dump."""
    # other characters than a newline end lines for splitlines, and stand in texts
    lines = [json.loads(line) for line in path.read_text().split("\n") if line]
    if not lines or isinstance(lines[-1], dict):  # reading the rows may fail after the columns are known
        return [], [], lines[-1]["error"] if lines else "empty dump"
    return lines[0], lines[1:], None


def difference(folder: Path, job: dict[str, Any]) -> str | None:
    """What differs between the two outputs of a join, or None."""
    for side in SIDES:
        if not (folder / side / f"{job['name']}.jsonl").exists():
            return f"no output of {side}"
    columns, rows, error = read(folder / f"oracle/{job['name']}.jsonl")
    our_columns, our_rows, our_error = read(folder / f"native/{job['name']}.jsonl")
    if error or our_error:
        return f"reference: {error or 'fine'}\nours: {our_error or 'fine'}"
    if columns != our_columns:
        return f"columns: reference {columns}\nours {our_columns}"
    left = {"user", "shop", "buyer", "note", "ts", "ds"}
    at = [i for i, (name, _) in enumerate(columns) if name in left]

    def ordered(some: list[list[Any]]) -> list[list[Any]]:
        return sorted(some, key=lambda row: (json.dumps([row[i] for i in at]), json.dumps(row, sort_keys=True)))

    if len(rows) != len(our_rows):
        return f"rows: reference {len(rows)}, ours {len(our_rows)}"
    for row, our_row in zip(ordered(rows), ordered(our_rows), strict=True):
        for (name, _), value, our_value in zip(columns, row, our_row, strict=True):
            if not close(name, our_value, value):
                return f"`{name}` is {our_value!r}, reference {value!r}, in the row {[row[i] for i in at]}"
    return None


Run = Callable[[int, int, tuple[str, ...], bool], tuple[Path, list[dict[str, Any]]]]


def report(what: str, description: str, run: Run, difference: Callable[[Path, dict[str, Any]], str | None]) -> None:
    """The command line of a differential: runs once, reports every job of the kind, and ends the process."""
    parser = argparse.ArgumentParser(description=description.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument(f"--{what}", dest="count", type=int, default=40)
    parser.add_argument(
        "--sides", default=",".join(SIDES), help="what to compute; the other side's last output is compared as it is"
    )
    parser.add_argument("--resume", action="store_true", help="keep outputs of a run of this seed that was stopped")
    options = parser.parse_args()
    started = time.time()
    folder, jobs = run(options.seed, options.count, tuple(filter(None, options.sides.split(","))), options.resume)
    failures = 0
    for job in jobs:
        problem = difference(folder, job)
        failures += problem is not None
        if problem:
            sys.stdout.write(f"{job['name']}: {problem}\n  {folder / job['name']}.json\n")
    took = time.time() - started
    sys.stdout.write(f"seed {options.seed}: {len(jobs)} {what}, {failures} differ, {took:.0f} s, in {folder}\n")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    report("joins", str(__doc__), run, difference)
