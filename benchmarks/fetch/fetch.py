"""Fetch benchmark: the same requests against the same stored bytes, by the reference's fetcher and by ours, in turn.

Run it through `benchmarks/fetch/run`; `--help` lists the options. The stored bytes are made once, by the reference.
Every round runs each fetcher in a process of its own, and their answers must be equal before times count.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shlex
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import machine
from worlds import ROOT, bundle, jvm, log

HERE = Path(__file__).resolve().parent
WORKLOADS = {
    "batch": "50 requests a call x 50 parts x 10 features, 100 streamed rows a key",
    "single": "one request, 25 parts x 10 features, 100 streamed rows a key",
    "single_later": "the same of a store whose own thread answers",
    "batch_part": "the same as single without streamed rows",
    "hot": "one key with 5,000 streamed rows, 12 columns x 3 windows",
    "hot_tiles": "the same rows as tiles of five minutes",
}
BASELINE, CANDIDATE = "oracle", "native"
RELATIVE = 1e-9  # sums of doubles, should they be folded in another order


def prepare(work: Path) -> None:
    """Makes the stored bytes, unless they are there."""
    sources = [HERE / "scala/common", HERE / "scala/oracle"]
    newest = max(path.stat().st_mtime for folder in sources for path in folder.iterdir())
    stored = work / "store.bin"
    if stored.exists() and stored.stat().st_mtime > newest:
        return
    log("making the stored bytes with the reference's upload, some two minutes")
    for left_over in ("metastore", "warehouse"):
        shutil.rmtree(work / left_over, ignore_errors=True)
    flags = "-Xmx4g -Dspark.driver.host=127.0.0.1"
    command = jvm(BASELINE, "chronon.bench.FetchPrepare", sources, flags, work)
    with (work / "prepare.log").open("w") as out:
        subprocess.run(command, cwd=work, check=True, stdout=out, stderr=subprocess.STDOUT)


def measure(world: str, options: argparse.Namespace, round_number: int) -> list[dict[str, Any]]:
    """One process of one fetcher; its results, one for each workload and load."""
    work: Path = options.work
    answers = work / f"answers-{world}.jsonl"
    # The first touch of a heap's pages costs: who allocates much has paid before measuring starts, who allocates
    # little would pay in it.
    flags = f"-XX:+UseG1GC -Xms{options.heap} -Xmx{options.heap} -XX:+AlwaysPreTouch {options.jvm_flags}"
    seconds = (options.warm, options.seconds)
    arguments = (work, ",".join(options.workloads), *seconds, answers)
    command = jvm(world, "chronon.bench.FetchMeasure", [HERE / "scala/common"], flags, *arguments)
    log_file = work / f"{world}-{round_number}.log"
    with log_file.open("w") as out:
        status = subprocess.run(command, cwd=work, check=False, stdout=out, stderr=subprocess.STDOUT).returncode
    lines = [line for line in log_file.read_text().splitlines() if line.startswith("RESULT ")]
    if status != 0 or len(lines) != 2 * len(options.workloads):
        tail = "\n".join(log_file.read_text().splitlines()[-15:])
        raise SystemExit(f"{shlex.join(command[-8:])} ended with {status}; end of {log_file}:\n{tail}")
    results: list[dict[str, Any]] = [json.loads(line.removeprefix("RESULT ")) for line in lines]
    for result in results:
        quantiles = f"p50 {result['p50_ms']:.3f} ms, p99 {result['p99_ms']:.3f} ms"
        log(f"{world} {result['workload']} {result['load']}: {quantiles}")
    return [result | {"candidate": world, "round": round_number} for result in results]


def is_equal(left: Any, right: Any) -> bool:
    """Whether two values are equal, doubles up to the rounding of another order."""
    if isinstance(left, float) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=RELATIVE)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_equal, left, right))
    return type(left) is type(right) and bool(left == right)


def compare(work: Path) -> tuple[int, int]:
    """Values compared, and how many of them are equal to the last bit; ends the benchmark when some are not equal."""
    files = [(work / f"answers-{world}.jsonl").read_text().splitlines() for world in (BASELINE, CANDIDATE)]
    pairs = [(json.loads(left), json.loads(right)) for left, right in zip(*files, strict=True)]
    compared = exact = 0
    for left, right in pairs:
        where = f"{left['workload']}, user {left['user']}"
        if left["values"].keys() != right["values"].keys():
            raise SystemExit(f"{where}: other names: {left['values'].keys() ^ right['values'].keys()}")
        for name, value in left["values"].items():
            compared += 1
            exact += value == right["values"][name]
            if not is_equal(value, right["values"][name]):
                raise SystemExit(f"{where}: {name} is {value} there and {right['values'][name]} here")
    return compared, exact


def ratio(pairs: list[tuple[float, float]]) -> str:
    """Median of the ratios of each round, with their range."""
    ratios = [baseline / ours if ours else math.nan for baseline, ours in pairs]
    middle = f"{statistics.median(ratios):.1f}"
    return middle if len(ratios) == 1 else f"{middle} ({min(ratios):.1f} to {max(ratios):.1f})"


def table(runs: list[dict[str, Any]], workload: str) -> list[str]:
    """The lines of one workload: medians of both fetchers, and the ratios round by round."""
    measures = [
        ("p50, ms", "closed", "p50_ms", 3),
        ("p99, ms", "closed", "p99_ms", 3),
        ("p99.9, ms", "closed", "p999_ms", 3),
        ("p50 at half of its own peak, ms", "half_load", "p50_ms", 3),
        ("p99 at half of its own peak, ms", "half_load", "p99_ms", 3),
        ("CPU of a call, ms", "closed", "cpu_ms", 3),
        ("allocated by a call, KB", "closed", "allocated_kb_each", 1),
    ]
    lines = ["| | reference | ours | reference ÷ ours |", "|---|---|---|---|"]
    for label, load, field, digits in measures:
        sides: list[list[float]] = [
            [
                run[field] if field != "cpu_ms" else 1e3 / run["per_cpu_s"]
                for run in runs
                if (run["candidate"], run["workload"], run["load"]) == (world, workload, load)
            ]
            for world in (BASELINE, CANDIDATE)
        ]
        medians = [f"{statistics.median(side):.{digits}f}" for side in sides]
        lines.append(f"| {label} | {medians[0]} | {medians[1]} | {ratio(list(zip(*sides, strict=True)))} |")
    return lines


def page(runs: list[dict[str, Any]], facts: dict[str, str], counts: tuple[int, int], workloads: list[str]) -> list[str]:
    """The page of results."""
    lines = ["# Fetching", "", *(f"- {name}: {value}" for name, value in facts.items())]
    lines.append(f"- equal answers: {counts[0]:,} values compared, {counts[1]:,} of them equal to the last bit")
    for workload in workloads:
        lines += ["", f"## {workload}: {WORKLOADS[workload]}", "", *table(runs, workload)]
    return [
        *lines,
        "",
        "One caller, closed loop, then an open loop at a fixed rate, half of what the same process reached closed;",
        "there a call counts from the moment when it was due. Store: maps in the same process. CPU and allocation are",
        "of all threads. Both fetchers send their metrics to a port where nobody listens. The reference's cost of a",
        "batch grows with the square of requests x parts, so compare `single` beside `batch`. Ratios are taken round",
        "by round.",
    ]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/fetch/run", description=__doc__.split("\n\n")[0])
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help=", ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=float, default=20, help="seconds of warm-up of each workload")
    parser.add_argument("--seconds", type=float, default=20, help="seconds of each measurement")
    parser.add_argument("--heap", default="4g", help="-Xms and -Xmx of every JVM")
    parser.add_argument("--jvm-flags", default="", help="added to every JVM")
    parser.add_argument("--publish", action="store_true", help="write the page into benchmarks/results")
    work = Path(os.environ.get("CHRONON_BENCH_WORK", ROOT / "build/bench"))
    parser.add_argument("--work", type=Path, default=work / "fetch", help="stored bytes, answers and logs")
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.workloads = options.workloads.split(",")
    if unknown := set(options.workloads) - set(WORKLOADS):
        parser.error(f"unknown workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    return options


def main() -> None:
    """Makes the bytes, runs the rounds, prints and publishes the page."""
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    bundle("service")
    prepare(options.work)
    runs: list[dict[str, Any]] = []
    counts = (0, 0)
    for round_number in range(1, options.rounds + 1):
        for world in (BASELINE, CANDIDATE):
            runs += measure(world, options, round_number)
        counts = compare(options.work)
    durations = f"{options.rounds} round(s), {options.warm:g} s and {options.seconds:g} s"
    facts = {
        **machine.facts(),
        "settings": f"G1, heap {options.heap}, touched before, {durations}",
        "command": "benchmarks/fetch/run " + shlex.join(sys.argv[1:]),
    }
    lines = page(runs, facts, counts, options.workloads)
    print("\n".join(lines))
    if options.publish:
        log(f"published {machine.publish('fetch', {'facts': facts, 'runs': runs}, lines)}")


if __name__ == "__main__":
    main()
