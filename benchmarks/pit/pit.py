"""Point-in-time join benchmark: the same join by several engines, one process each, in turn.

Run it through `benchmarks/pit/run`; `--help` lists the options. Every candidate reads the same Parquet tables, runs
the same definition on the same Spark jars and settings (DuckDB apart), and must give the expected check sums before
its time counts.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import machine
from worlds import ROOT, jvm, log

HERE = Path(__file__).resolve().parent
ORACLE = Path(os.environ.get("CHRONON_ORACLE", ROOT / "../shared/oracle")).resolve()
ZIPLINE = Path(os.environ.get("CHRONON_ORACLE_ZIPLINE", ROOT / "../shared/oracle-zipline")).resolve()
DUCKDB = "duckdb==1.4.1"
START = "2024-01-01"

# Sums over the output, published in the BASELINE.md of each reference. The fork counts an event at exactly the query's
# time, so where both sides share times (Zipf) its sums differ; approximate counts of a Zipf run are equal to the unit.
PUBLISHED: dict[tuple[str, int, int], dict[str, tuple[float, int, float, int]]] = {
    ("uniform", 1_000_000, 5_000_000): {
        "exclusive": (18786416120.62, 7030654, 133519558.19, 37162573),
        "inclusive": (18786416120.62, 7030654, 133519558.19, 37162573),
    },
    ("zipf", 1_000_000, 5_000_000): {
        "exclusive": (51503449814334.3, 19288497000, 436167299.11, 34889731612),
        "inclusive": (51503449938525.9, 19288497246, 436168388.17, 34889731616),
    },
    ("uniform", 200_000, 1_000_000): {"exclusive": (3754170145.76, 1406192, 26668049.71, 7427193)},
    ("zipf", 200_000, 1_000_000): {"exclusive": (2252407703325.90, 842256183, 83629644.10, 3230315908)},
}
LARGEST_AMOUNT = 1000  # of the generator
SUMS = ("sum_7d", "count_1d", "last_1h", "unique_7d")


@dataclasses.dataclass(frozen=True)
class Size:
    """How much data, and how it is spread over the keys."""

    law: str
    left: int
    right: int
    keys: int
    days: int

    @property
    def name(self) -> str:
        """The folder of the data."""
        return f"data-{self.law}-{self.left}-{self.right}-{self.keys}-{self.days}"


def sources(world: str) -> list[Path]:
    """The Scala sources of a world: ours, and the reference's own generator or job where we need it."""
    examples = {"oracle": ORACLE, "zipline": ZIPLINE}.get(world)
    own = [HERE / "scala/common", HERE / "scala" / world]
    return own + ([examples / f"examples/{name}.scala" for name in ("Workload", "JoinRun")] if examples else [])


def measure(command: list[str], work: Path, log_file: Path) -> dict[str, Any]:
    """Runs a command to its end; its RESULT line, with the CPU time of the whole process added."""
    started = time.perf_counter()
    with log_file.open("w") as out:
        process = subprocess.Popen(command, cwd=work, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    results = [line for line in log_file.read_text().splitlines() if line.startswith("RESULT ")]
    if process.returncode != 0 or not results:
        tail = "\n".join(log_file.read_text().splitlines()[-15:])
        raise SystemExit(f"{shlex.join(command[-8:])} failed with {process.returncode}; end of {log_file}:\n{tail}")
    result: dict[str, Any] = json.loads(results[-1].removeprefix("RESULT "))
    result["process_wall_s"] = time.perf_counter() - started
    result["process_cpu_s"] = usage.ru_utime + usage.ru_stime
    return result


def duckdb_python(work: Path) -> Path:
    """A virtual environment that has DuckDB."""
    python = work / "venv/bin/python"
    if not python.exists():
        log(f"installing {DUCKDB} into {python.parent.parent}")
        subprocess.run([sys.executable, "-m", "venv", str(work / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", DUCKDB], check=True)
    return python


def run_once(candidate: str, size: Size, options: argparse.Namespace, round_number: int) -> dict[str, Any]:
    """One run of one candidate in a fresh process and a fresh warehouse."""
    work: Path = options.work
    data = work / size.name
    spark = work / f"run-{candidate}"
    shutil.rmtree(spark, ignore_errors=True)
    spark.mkdir(parents=True)
    flags = f"-Xmx{options.heap} -Dspark.driver.host=127.0.0.1 {options.jvm_flags}"
    if options.profile:
        recording = options.work / f"{candidate}-{size.law}.jfr"
        flags += f" -XX:StartFlightRecording=filename={recording},settings=profile,dumponexit=true"
        flags += " -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints"
    end = time.strftime("%Y-%m-%d", time.gmtime(1704067200 + (size.days - 1) * 86400))
    arguments = (data, spark, START, end, options.parts, options.parallelism)
    mains = {
        "oracle": ("oracle", "PitOracle"),
        "unionjoin": ("zipline", "PitUnionJoin"),
        "native": ("native", "PitNative"),
    }
    if candidate == "duckdb":
        command = [
            str(duckdb_python(work)),
            str(HERE / "rival_duckdb.py"),
            str(data),
            str(spark),
            options.duckdb_memory,
        ]
    else:
        world, main = mains[candidate]
        command = jvm(world, f"chronon.bench.{main}", sources(world), flags, *arguments)
    result = measure(command, work, work / f"{candidate}-{size.law}-{round_number}.log")
    result |= {"candidate": candidate, "round": round_number, **dataclasses.asdict(size)}
    result["problems"] = problems(candidate, size, options, result["check"])
    if not options.keep:
        shutil.rmtree(spark, ignore_errors=True)
    verdict = "checked" if not result["problems"] else "; ".join(result["problems"])
    log(
        f"{size.law} {candidate}: {result['wall_s']:.1f} s, task CPU {result['task_cpu_s']:.1f} s, "
        f"process CPU {result['process_cpu_s']:.1f} s, RSS {result['peak_rss_mb']:.0f} MB, {verdict}"
    )
    return result


def problems(candidate: str, size: Size, options: argparse.Namespace, check: dict[str, float]) -> list[str]:
    """What is wrong with the check sums; the first exclusive candidate is the yardstick where none is published."""
    rule = "inclusive" if candidate == "unionjoin" else "exclusive"
    known = (
        PUBLISHED.get((size.law, size.left, size.right), {})
        if options.parts == 1 and size.keys * 20 == size.left
        else {}
    )
    expected = dict(zip(SUMS, known[rule], strict=True)) if rule in known else options.yardstick.get(size)
    if check["rows"] != size.left:
        return [f"{check['rows']:.0f} rows instead of {size.left}"]
    if expected is None:
        if rule == "exclusive" and candidate != "duckdb":
            options.yardstick[size] = check
        return []
    wrong = []
    for name in SUMS:
        # sums depend on fold order in their last digits; where keys are hot, several events share the latest time and
        # each engine has its own rule for which is last; DuckDB's distinct counts are exact where the others estimate;
        # events at the very time of a query shift the fork's sums, where only the other rule's are known
        slack = {"sum_7d": 1e-9, "last_1h": 1e-9 if size.law == "uniform" else 1e-4}.get(name, 0.0)
        if candidate == "duckdb" and name == "unique_7d":
            slack = 0.06
        allowed = slack * abs(expected[name])
        if rule == "inclusive" and rule not in known:
            allowed = 1e-4 * abs(expected[name])
            if name == "last_1h":
                # each event more in a count may be some query's last one
                allowed = max(allowed, LARGEST_AMOUNT * abs(check["count_1d"] - expected["count_1d"]))
        if abs(check[name] - expected[name]) > allowed:
            wrong.append(f"{name} is {check[name]}, expected {expected[name]}")
    return wrong


def facts(options: argparse.Namespace) -> dict[str, str]:
    """The machine, the tools, the commit and the settings."""
    return {
        **machine.facts(),
        "DuckDB": DUCKDB,
        "settings": f"local[2], parallelism {options.parallelism}, -Xmx{options.heap}, AQE on, "
        f"{options.parts} part(s), {options.rounds} round(s)",
        "command": "benchmarks/pit/run " + shlex.join(sys.argv[1:]),
    }


def spread(values: list[float], digits: int = 1) -> str:
    """Median, with the least and the greatest when there are several."""
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def table(runs: list[dict[str, Any]], law: str) -> str:
    """One markdown table: medians with spread, then ratios against the native candidate, round by round."""
    of_law = [run for run in runs if run["law"] == law]
    names = list(dict.fromkeys(run["candidate"] for run in of_law))
    lines = [
        "| candidate | wall s | task CPU s | process CPU s | shuffle MB | peak RSS MB "
        "| wall ÷ native | task CPU ÷ native | check |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    native = {run["round"]: run for run in of_law if run["candidate"] == "native"}
    for name in names:
        mine = [run for run in of_law if run["candidate"] == name]
        ratios = []
        for field in ("wall_s", "task_cpu_s"):
            pairs = [run[field] / native[run["round"]][field] for run in mine if run["round"] in native]
            ratios.append(spread(pairs, 2) if pairs else "-")
        columns = [spread([run[f] for run in mine]) for f in ("wall_s", "task_cpu_s", "process_cpu_s", "shuffle_mb")]
        memory = spread([run["peak_rss_mb"] for run in mine], 0)
        wrong = next((p for run in mine for p in run["problems"]), "equal")
        lines.append(f"| {' | '.join([name, *columns, memory, *ratios, wrong])} |")
    checks = [
        f"{run['candidate']} {', '.join(str(run['check'][s]) for s in SUMS)}" for run in of_law if run["round"] == 1
    ]
    return "\n".join([*lines, "", "Check sums (sum_7d, count_1d, last_1h, unique_7d): " + "; ".join(checks) + "."])


def publish(runs: list[dict[str, Any]], options: argparse.Namespace) -> Path:
    """Replaces the result folder as a whole: raw numbers and the page made from them."""
    known = facts(options)
    page = [f"# Point-in-time join: {options.name}", ""]
    page += [f"- {name}: {value}" for name, value in known.items()]
    for law in options.laws:
        size = next(run for run in runs if run["law"] == law)
        page += [
            "",
            f"## {law}: {size['left']:,} x {size['right']:,} rows, {size['keys']:,} keys, {size['days']} days",
            "",
            table(runs, law),
        ]
    page += [
        "",
        "Wall and task CPU are of the join alone; process CPU (user and system) is of the whole process with start,",
        "JIT, GC and the check query. Peak RSS is VmHWM after the join. Ratios are taken round by round.",
        "DuckDB's CPU is of its process during the statement, and its distinct counts are exact.",
    ]
    return machine.publish(options.name, {"facts": known, "runs": runs}, page, options.results)


def arguments() -> argparse.Namespace:
    """The command line; defaults are the published workload."""
    parser = argparse.ArgumentParser(prog="benchmarks/pit/run", description=__doc__.split("\n\n")[0])
    parser.add_argument("--candidates", default="oracle,unionjoin,native,duckdb", help="in the order of each round")
    parser.add_argument(
        "--laws", default="uniform,zipf", help="uniform, zipf (exponent 1.2), hot (one key holds 30 %% of all rows)"
    )
    parser.add_argument("--hot-key", action="store_true", help="the same as --laws hot")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--heap", default="6g", help="-Xmx of every JVM")
    parser.add_argument("--duckdb-memory", default="6GB", help="DuckDB's memory_limit")
    parser.add_argument("--left", type=int, default=int(os.environ.get("LEFT") or 1_000_000), help="left rows [LEFT]")
    parser.add_argument(
        "--right", type=int, default=int(os.environ.get("RIGHT") or 5_000_000), help="right rows [RIGHT]"
    )
    parser.add_argument(
        "--keys", type=int, default=int(os.environ.get("KEYS") or 0), help="keys [KEYS]; a twentieth of the left rows"
    )
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--parts", type=int, choices=(1, 6), default=1, help="6: six parts on two key sets")
    parser.add_argument("--parallelism", type=int, default=8)
    parser.add_argument("--jvm-flags", default="", help="added to every JVM")
    parser.add_argument(
        "--profile", action="store_true", help="flight recording of each JVM into the work folder; nothing is published"
    )
    parser.add_argument("--keep", action="store_true", help="keep the warehouse of each candidate's last run")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(os.environ.get("CHRONON_BENCH_WORK", ROOT / "build/bench")),
        help="data and scratch",
    )
    parser.add_argument("--results", type=Path, default=HERE.parent / "results")
    parser.add_argument("--name", default="", help="name of the result folder; nothing is published without one")
    options = parser.parse_args()
    options.candidates = options.candidates.split(",")
    options.laws = ["hot"] if options.hot_key else options.laws.split(",")
    options.keys = options.keys or options.left // 20
    options.work = options.work.resolve()
    options.yardstick = {}
    unknown = set(options.candidates) - {"oracle", "unionjoin", "native", "duckdb"}
    if unknown:
        parser.error(f"unknown candidate {', '.join(sorted(unknown))}")
    if options.parts > 1 and set(options.candidates) & {"unionjoin", "duckdb"}:
        log("unionjoin and duckdb run one part only: left out")
        options.candidates = [c for c in options.candidates if c in ("oracle", "native")]
    return options


def main() -> None:
    """Makes the data, runs the rounds, prints and publishes the tables."""
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    sizes = [Size(law, options.left, options.right, options.keys, options.days) for law in options.laws]
    for size in sizes:
        data = options.work / size.name
        if not (data / ".done").exists() or not (data / f"join-{options.parts}.json").exists():
            log(f"generating {data}")
            scratch = options.work / "generate"
            end = START  # the definition names only its start
            command = jvm(
                "oracle",
                "chronon.bench.PitGenerate",
                sources("oracle"),
                "-Xmx3g -Dspark.driver.host=127.0.0.1",
                data,
                scratch,
                START,
                end,
                1,
                options.parallelism,
                size.law,
                size.left,
                size.right,
                size.keys,
                size.days,
            )
            subprocess.run(command, check=True, cwd=options.work, stdout=sys.stderr)
            shutil.rmtree(scratch, ignore_errors=True)
    runs = []
    for round_number in range(1, options.rounds + 1):
        for size in sizes:
            for candidate in options.candidates:
                runs.append(run_once(candidate, size, options, round_number))
    for law in options.laws:
        print(f"\n{law}\n\n{table(runs, law)}")
    if options.name and not options.profile:
        log(f"published {publish(runs, options)}")
    if any(run["problems"] for run in runs):
        raise SystemExit("some results are not equal: their times do not count")


if __name__ == "__main__":
    main()
