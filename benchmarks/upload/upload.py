"""Upload benchmark: the same group-by uploaded by the reference and by ours, one process each, in turn.

Run it through `benchmarks/upload/run`; `--help` lists the options. Both read the same Parquet table and the same
compiled definition, and must store the same bytes before their time counts.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

import machine
import pit
from worlds import ROOT, jvm, log

HERE = Path(__file__).resolve().parent
DAYS = 30
END = "2024-01-30"
CANDIDATES = ("oracle", "native")
# No bounded lists: their order in an accumulator depends on Spark's merges.
# Columns of the table, and the operations on each with their windows in days (0: everything).
AGGREGATIONS = [
    ("a", 7, (1, 7, 30)), ("a", 6, (1, 7)), ("a", 8, (7, 30)), ("b", 0, (7, 30)), ("b", 1, (7, 30)),
    ("c", 3, (7, 0)), ("c", 2, (30,)), ("b", 8, (7, 30)), ("b", 6, (30,)), ("b", 7, (1, 0, 14)),
]  # fmt: skip


def definition() -> dict[str, Any]:
    """The group-by as a compiled file."""
    aggregations: list[dict[str, Any]] = []
    for column, operation, windows in AGGREGATIONS:
        aggregation: dict[str, Any] = {"inputColumn": column, "operation": operation}
        aggregation["argMap"] = {}
        aggregation["windows"] = [{"length": days or 2**31 - 1, "timeUnit": 1} for days in windows]
        aggregations.append(aggregation)
    query = {"selects": {c: c for c in ("user", "a", "b", "c")}, "timeColumn": "ts", "setups": []}
    query["startPartition"] = "2024-01-01"
    return {
        "metaData": {"name": "bench.amounts", "outputNamespace": "bench", "team": "bench"},
        "sources": [{"events": {"table": "bench.events", "query": query}}],
        "keyColumns": ["user"],
        "aggregations": aggregations,
        "accuracy": 0,
    }


def command(candidate: str, flags: str, *arguments: object) -> list[str]:
    """The java command line of one candidate, compiled first if need be."""
    sources = [HERE / "scala/common", HERE / "scala" / candidate, ROOT / "benchmarks/pit/scala/common"]
    return jvm(candidate, f"chronon.bench.Upload{candidate.capitalize()}", sources, flags, *arguments)


def run_once(candidate: str, options: argparse.Namespace, number: int) -> dict[str, Any]:
    """One run of one candidate in a fresh process and a fresh warehouse."""
    data = options.work / f"upload-{options.rows}-{options.keys}"
    data.mkdir(parents=True, exist_ok=True)
    (data / "group_by.json").write_text(json.dumps(definition()))
    spark = options.work / f"run-upload-{candidate}"
    shutil.rmtree(spark, ignore_errors=True)
    spark.mkdir(parents=True)
    flags = f"-Xmx{options.heap} -Dspark.driver.host=127.0.0.1"
    arguments = (data, spark, END, options.parallelism, options.rows, options.keys, DAYS, options.again)
    log_file = options.work / f"upload-{candidate}-{number}.log"
    result = pit.measure(command(candidate, flags, *arguments), options.work, log_file)
    shutil.rmtree(spark, ignore_errors=True)
    log(f"{candidate}: {result['wall_s']:.1f} s, task CPU {result['task_cpu_s']:.1f} s, check {result['check']}")
    return result | {"candidate": candidate, "round": number}


def split(run: dict[str, Any]) -> dict[str, Any]:
    """A run with what is derived from its measurements."""
    driver = run["wall_s"] - run["stages_s"]
    # the first half of the repeats still warms the JVM
    warm = {"warm_s": statistics.median(run["again_s"][len(run["again_s"]) // 2 :])} if run["again_s"] else {}
    return run | warm | {"driver_s": driver, "command_s": run["start_s"] + run["wall_s"]}


# What the page shows of a run, and whether the ratio against ours is of interest.
COLUMNS = {
    "start_s": ("start s", False),
    "driver_s": ("driver s", True),
    "stages_s": ("stages s", True),
    "wall_s": ("upload s", True),
    "warm_s": ("upload in a warm process s", True),
    "command_s": ("start and upload s", True),
    "task_cpu_s": ("task CPU s", True),
    "process_cpu_s": ("process CPU s", True),
    "peak_rss_mb": ("peak RSS MB", True),
}
MEANING = """
Start is from the beginning of the JVM until the session and the input table are there: the same work on both sides.
Upload is what follows: the time in which some stage ran (stages) and that in which none did (driver: plans, generated
code, the metastore). All lines are of the first upload of a process, but for that of a warm process: there the same is
uploaded again and again, and the median of the later half of these uploads counts. Ratios are taken round by round.
Process CPU is of everything, with start, JIT, all uploads and the check sums.
""".strip()


def table(runs: list[dict[str, Any]]) -> list[str]:
    """One markdown table: a line for each measurement, medians with spread, and ratios against ours, round by round."""
    runs = [split(run) for run in runs]
    names = list(dict.fromkeys(run["candidate"] for run in runs))
    native = {run["round"]: run for run in runs if run["candidate"] == "native"}
    rivals = [name for name in names if name != "native" and native]
    lines = [f"| | {' | '.join([*names, *(f'{name} ÷ native' for name in rivals)])} |"]
    lines.append("|---" * (1 + len(names) + len(rivals)) + "|")
    for field, (title, compared) in COLUMNS.items():
        if any(field not in run for run in runs):
            continue
        of = {name: [run for run in runs if run["candidate"] == name] for name in names}
        cells = [pit.spread([run[field] for run in of[name]], 0 if field == "peak_rss_mb" else 1) for name in names]
        for name in rivals:
            ratios = [run[field] / native[run["round"]][field] for run in of[name] if run["round"] in native]
            cells.append(pit.spread(ratios, 2) if compared and ratios else "")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Runs the rounds, compares what was stored, prints and publishes the table."""
    parser = argparse.ArgumentParser(prog="benchmarks/upload/run", description=__doc__.split("\n\n")[0])
    parser.add_argument("--candidates", default=",".join(CANDIDATES), help="in the order of each round")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--keys", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--again", type=int, default=6, help="uploads in the same process after the first")
    parser.add_argument("--heap", default="6g", help="-Xmx of every JVM")
    parser.add_argument("--parallelism", type=int, default=8)
    parser.add_argument("--work", type=Path, default=Path(os.environ.get("CHRONON_BENCH_WORK", ROOT / "build/bench")))
    parser.add_argument("--results", type=Path, default=machine.RESULTS)
    parser.add_argument("--name", default="", help="name of the result folder; nothing is published without one")
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    candidates = options.candidates.split(",")
    runs = [run_once(c, options, number) for number in range(1, options.rounds + 1) for c in candidates]
    checks = {run["check"] for run in runs}
    if len(checks) > 1:
        raise SystemExit(f"what was stored differs: {sorted({(run['candidate'], run['check']) for run in runs})}")
    facts = {
        **machine.facts(),
        "settings": f"local[2], parallelism {options.parallelism}, -Xmx{options.heap}, {options.rounds} round(s)",
        "command": "benchmarks/upload/run " + shlex.join(sys.argv[1:]),
    }
    page = [f"# Upload: {options.name}", "", *(f"- {name}: {value}" for name, value in facts.items()), ""]
    page += [f"{options.rows:,} rows, {options.keys:,} keys, {DAYS} days; equal bytes.", "", *table(runs), "", MEANING]
    print("\n".join(table(runs)))
    if options.name:
        log(f"published in {machine.publish(options.name, {'facts': facts, 'runs': runs}, page, options.results)}")


if __name__ == "__main__":
    main()
