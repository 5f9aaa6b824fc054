"""Measures the kernel beside the reference and publishes one page with ratios: `scripts/bench kernel --help`.

Both sides run the workloads of `benchmarks/kernel/workloads.json`, one after the other, in one thread. First the check
sums of their results are compared; what differs has no times.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shlex
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from machine import ROOT, facts, publish
from micro import BUILD, criterion, jmh

WORKLOADS: dict[str, Any] = json.loads((ROOT / "benchmarks/kernel/workloads.json").read_text())
PHASES: dict[str, str] = WORKLOADS["phases"]
DATA = BUILD / "kernel"
HEAP = 2048  # MB
HEAPS = (96, 128, 192, 256, 384, 512, 768, 1024, 1536)  # MB, tried from the smallest until the run fits


@dataclass(frozen=True)
class Effort:
    """How long each side warms up and measures."""

    rounds: int
    criterion: tuple[str, ...]
    jmh: tuple[str, ...]


def effort(rounds: int, warm: tuple[float, float], measured: tuple[float, int, int]) -> Effort:
    """Seconds of warm-up for criterion and for JMH; seconds of measuring for criterion, samples of it, and JMH's iterations."""
    (warm_criterion, warm_jmh), (seconds, samples, iterations) = warm, measured
    wait = max(1, round(warm_jmh / 0.3))
    return Effort(
        rounds,
        (f"--warm-up-time={warm_criterion}", f"--measurement-time={seconds}", f"--sample-size={samples}", "--noplot"),
        ("-wi", str(wait), "-w", f"{warm_jmh / wait * 1000:.0f}ms", "-i", str(iterations), "-r", "150ms", "-foe", "true"),
    )


QUICK = effort(1, (0.2, 0.6), (0.3, 10, 3))
FULL = effort(2, (1.0, 3.0), (2.0, 20, 10))
MATRIX = effort(1, (0.1, 0.3), (0.3, 10, 3))


@dataclass
class Side:
    """What one side gave: samples in ns per element, check sums, peak memory in MB."""

    samples: dict[str, list[float]] = field(default_factory=dict)
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, times: list[float]) -> None:
        """Samples of one more round, in ns for all elements."""
        self.samples.setdefault(name, []).extend(t / elements(name)[0] for t in times)


def log(text: str) -> None:
    """Progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def elements(name: str) -> tuple[int, str]:
    """How many of what one run of a bench handles."""
    phase, _, text = name.split("/")
    rows = int(text)
    if phase in ("update", "updateOne"):
        return rows, "row"
    if phase in PHASES:
        return max(1, rows // 100), "IR"
    return {"tiles": (90, "tile"), "serve": (1, "request"), "slide": (rows, "event")}[phase]


def reference(*arguments: str, heap: int = HEAP) -> list[dict[str, Any]]:
    """Runs JMH on the reference."""
    return jmh("jmh", *arguments, environment=os.environ | {"JVM_FLAGS": f"-Xms{heap}m -Xmx{heap}m"})


def by_name(runs: list[dict[str, Any]], side: Side) -> None:
    """Takes JMH's samples over."""
    for run in runs:
        name = "/".join([run["benchmark"].split(".")[-1], run["params"]["work"], run["params"]["rows"]])
        side.add(name, [sample for fork in run["primaryMetric"]["rawData"] for sample in fork])


# ---------------------------------------------------------------- check sums


def checked(command: list[str], flags: str = "") -> dict[str, dict[str, Any]]:
    """The check sums a program prints, by id."""
    environment = os.environ | ({"JVM_FLAGS": flags} if flags else {})
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line["id"]: line for line in lines}


def kernel_checks() -> list[str]:
    """The command that prints the kernel's check sums, built first."""
    build = ["cargo", "build", "--quiet", "--profile", "bench", "-p", "chronon-kernel-benchmarks", "--bin", "kernel-checks"]
    subprocess.run(build, cwd=ROOT, check=True)
    return [str(ROOT / "target/release/kernel-checks")]


def verdict(name: str, ours: Side, theirs: Side) -> str:
    """Whether both sides gave the same results for a bench: `equal`, or why there is nothing to compare."""
    phase, work, _ = name.split("/")
    keys = [name]
    if phase in ("finalize", "encode"):
        keys = [name.replace(phase, "update", 1)]
    data = name.replace(phase, "data", 1)
    if data in theirs.checks:
        keys.append(data)
    errors = {operation["name"]: operation.get("error") for operation in WORKLOADS["operations"]}
    allowed = errors.get(work) or {"tiles": 0.06, "serve": 60}.get(phase, 0.0)
    for key in keys:
        mine, reference_s = ours.checks.get(key), theirs.checks.get(key)
        if mine is None or reference_s is None:
            return "not built"
        if not same(mine, reference_s, 0.0 if key == data else allowed):
            return "results differ"
    return "equal"


def same(mine: dict[str, Any], theirs: dict[str, Any], error: float) -> bool:
    """Whether two check sums agree; floating sums up to the order of additions, estimates up to their error."""
    if mine["exact"] != theirs["exact"] or len(mine["doubles"]) != len(theirs["doubles"]):
        return False
    pairs = zip(mine["doubles"], theirs["doubles"], strict=True)
    return all(math.isclose(a, b, rel_tol=1e-9, abs_tol=error) for a, b in pairs)


# ---------------------------------------------------------------- measuring


def measure_bars(names: list[str], how: Effort, ours: Side, theirs: Side) -> None:
    """Rounds of both sides over the benches that have a bar, each in a JVM of its own."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        phase, work, rows = name.split("/")
        groups.setdefault(phase, []).append((work, rows))
    for number in range(how.rounds):
        log(f"round {number + 1} of {how.rounds}: kernel")
        wanted = "|".join(map(re.escape, names))
        for name, times in criterion("reference", *how.criterion, f"^({wanted})$").items():
            ours.add(name, times)
        for phase, params in groups.items():
            log(f"round {number + 1} of {how.rounds}: reference, {phase}")
            works, rows = (",".join(dict.fromkeys(values)) for values in zip(*params, strict=True))
            by_name(reference("-f", "1", *how.jmh, "-p", f"work={works}", "-p", f"rows={rows}", f"Benchmark.{phase}$"), theirs)


def measure_matrix(operations: list[str], ours: Side, theirs: Side) -> None:
    """Every phase of every operation at every number of rows; the reference in one JVM per operation."""
    phases = "|".join(PHASES)
    log("matrix: kernel")
    for name, times in criterion("reference", *MATRIX.criterion, f"^({phases})/").items():
        if name not in ours.samples:
            ours.add(name, times)
    rows = ",".join(map(str, WORKLOADS["rows"]))
    known = set(theirs.samples)
    for operation in operations:
        log(f"matrix: reference, {operation}")
        some = Side()
        by_name(
            reference("-f", "0", *MATRIX.jmh, "-p", f"work={operation}", "-p", f"rows={rows}", f"Benchmark.({phases})$"), some
        )
        theirs.samples |= {name: times for name, times in some.samples.items() if name not in known}


def peak(command: list[str], name: str, flags: str = "") -> float | None:
    """The most memory in MB that a whole process held which runs a bench once; None when it fails for want of it."""
    environment = os.environ | ({"JVM_FLAGS": flags} if flags else {})
    done = subprocess.run([*command, "peak", name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"VmHWM:\s+(\d+) kB", done.stdout)
    return int(found[1]) / 1024 if found and done.returncode == 0 else None


def measure_memory(kernel: list[str], their_checks: list[str], ours: Side, theirs: Side, quick: bool) -> None:
    """Peak memory of the run that the list names: ours, the reference's, and the reference's in the least heap that does."""
    name = WORKLOADS["memory"]["id"]
    log("memory")
    for side, label, command, flags in [
        (ours, "kernel", kernel, ""),
        (theirs, f"-Xmx{HEAP}m", their_checks, f"-Xmx{HEAP}m"),
    ]:
        held = peak(command, name, flags)
        if held is not None:
            side.memory[label] = held
    for heap in () if quick else HEAPS:
        held = peak(their_checks, name, f"-Xmx{heap}m")
        if held is not None:
            theirs.memory[f"-Xmx{heap}m, the least heap that does"] = held
            return


# ---------------------------------------------------------------- the page


def duration(ns: float) -> str:
    """Three digits and a unit."""
    for unit, scale in (("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        if ns < 999.5 * scale or unit == "s":
            digits = 0 if ns >= 99.95 * scale else 1 if ns >= 9.995 * scale else 2
            return f"{ns / scale:.{digits}f} {unit}"
    raise AssertionError


def spread(values: list[float]) -> str:
    """Median, with the least and the greatest."""
    return f"{duration(statistics.median(values))} ({duration(min(values))} to {duration(max(values))})"


def ratio(name: str, ours: Side, theirs: Side) -> float | None:
    """How many times as long the reference takes, by medians; None when that cannot be said."""
    if verdict(name, ours, theirs) != "equal" or name not in ours.samples or name not in theirs.samples:
        return None
    return statistics.median(theirs.samples[name]) / statistics.median(ours.samples[name])


def bar_table(ours: Side, theirs: Side) -> list[str]:
    """One line per bar: the least ratio of its benches decides."""
    lines = ["| work | least ratio | mean ratio | at least | aim | |", "|---|---|---|---|---|---|"]
    for bar in WORKLOADS["bars"]:
        ratios = [ratio(name, ours, theirs) for name in bar["ids"]]
        known = [value for value in ratios if value is not None]
        if not known:
            lines.append(f"| {bar['work']} | | | {bar['at_least']}× | {bar['aim']}× | {verdict(bar['ids'][0], ours, theirs)} |")
            continue
        word = "reached" if min(known) >= bar["at_least"] else "missed"
        if len(known) < len(ratios):
            word += f", {len(ratios) - len(known)} of {len(ratios)} not compared"
        mean = statistics.geometric_mean(known)
        lines.append(f"| {bar['work']} | {min(known):.1f}× | {mean:.1f}× | {bar['at_least']}× | {bar['aim']}× | {word} |")
    memory = WORKLOADS["memory"]
    if ours.memory and theirs.memory:
        value = min(theirs.memory.values()) / ours.memory["kernel"]
        word = "reached" if value >= memory["at_least"] else "missed"
        lines.append(f"| {memory['work']} | {value:.1f}× | | {memory['at_least']}× | | {word} |")
    return lines


def bench_table(names: list[str], ours: Side, theirs: Side) -> list[str]:
    """One line per bench."""
    lines = ["| bench | per | kernel | reference | ratio |", "|---|---|---|---|---|"]
    for name in names:
        mine, other = ours.samples.get(name), theirs.samples.get(name)
        value = ratio(name, ours, theirs)
        last = f"{value:.1f}×" if value else verdict(name, ours, theirs)
        lines.append(
            f"| {name} | {elements(name)[1]} | {spread(mine) if mine else ''} | {spread(other) if other else ''} | {last} |"
        )
    return lines


def matrix_table(operations: list[str], ours: Side, theirs: Side) -> list[str]:
    """One line per operation and phase: kernel, reference and ratio at every number of rows."""
    rows = WORKLOADS["rows"]
    head = " | ".join(f"{count:,} rows" for count in rows)
    lines = [f"| operation | phase | {head} |", "|---|---|" + "---|" * len(rows)]
    for operation in operations:
        for phase in PHASES:
            cells = []
            for count in rows:
                name = f"{phase}/{operation}/{count}"
                value, mine, other = ratio(name, ours, theirs), ours.samples.get(name), theirs.samples.get(name)
                times = [duration(statistics.median(samples)) if samples else "–" for samples in (mine, other)]
                cells.append(f"{times[0]}, {times[1]}: {f'{value:.1f}×' if value else verdict(name, ours, theirs)}")
            lines.append(f"| {operation} | {phase} | {' | '.join(cells)} |")
    return lines


def page(options: argparse.Namespace, names: list[str], operations: list[str], ours: Side, theirs: Side) -> list[str]:
    """The published page."""
    lines = ["# Kernel against reference", "", *(f"- {key}: {value}" for key, value in options.facts.items()), ""]
    lines += [
        "One thread. Ratios are the reference's median over the kernel's; in brackets the least and the greatest sample. Times",
        "stand only where both sides' check sums agree. A group holds 100 rows in random order (`updateOne`: all in one); merging",
        "folds all groups into one; `serve` reads the stored batch part and folds rows that are already decoded on both sides.",
        "",
        "## Bars",
        "",
        *bar_table(ours, theirs),
        "",
        *bench_table(names, ours, theirs),
    ]
    if ours.memory or theirs.memory:
        lines += ["", "## Peak memory of the whole process", "", "| process | MB |", "|---|---|"]
        lines += [f"| kernel | {held:.0f} |" for held in ours.memory.values()]
        lines += [f"| reference, {label} | {held:.0f} |" for label, held in theirs.memory.items()]
    if not options.quick:
        lines += [
            "",
            "## All phases",
            "",
            f"Kernel, reference: ratio; per row for updates, else per IR. Short warm-up ({' '.join(MATRIX.jmh)}), and all phases of an",
            "operation in one JVM.",
            "",
            *matrix_table(operations, ours, theirs),
        ]
    return lines


# ---------------------------------------------------------------- the program


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench kernel", description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="only the benches that have a bar, briefly: a check, not figures")
    parser.add_argument("--only", default="", metavar="REGEX", help="only benches whose id this finds, and no matrix")
    parser.add_argument("--publish", action="store_true", help="write into benchmarks/results, not into build/benchmarks")
    return parser.parse_args()


def main() -> None:
    """Checks, measures, publishes."""
    options = arguments()
    how = QUICK if options.quick else FULL
    where = {
        **facts(),
        "settings": f"{how.rounds} round(s), criterion {' '.join(how.criterion)}, JMH {' '.join(how.jmh)}, heap {HEAP} MB",
    }
    options.facts = where | {"command": shlex.join(["scripts/bench", "kernel", *sys.argv[1:]])}
    names = [name for bar in WORKLOADS["bars"] for name in bar["ids"] if re.search(options.only, name)]
    operations = [operation["name"] for operation in WORKLOADS["operations"]]
    matrix = not options.quick and not options.only
    everything = names + ([f"update/{op}/{rows}" for op in operations for rows in WORKLOADS["rows"]] if matrix else [])

    DATA.mkdir(parents=True, exist_ok=True)
    ours, theirs = Side(), Side()
    their_checks, our_checks = [str(ROOT / "benchmarks/jmh/run"), "--checks"], kernel_checks()
    log(f"check sums of {len(everything)} benches")
    theirs.checks = checked([*their_checks, str(DATA), *everything], f"-Xmx{HEAP}m")
    ours.checks = checked([*our_checks, *everything])
    wrong = [name for name in everything if verdict(name, ours, theirs) == "results differ"]
    log(f"results differ: {wrong}" if wrong else "results are equal where both sides have them")

    measure_bars(names, how, ours, theirs)
    if matrix:
        measure_matrix(operations, ours, theirs)
    if re.search(options.only, WORKLOADS["memory"]["id"]):
        measure_memory(our_checks, their_checks, ours, theirs, options.quick)
    raw = {"facts": options.facts, "kernel": vars(ours), "reference": vars(theirs)}
    lines = page(options, names, operations, ours, theirs)
    kept = {} if options.publish else {"results": BUILD / "results"}
    folder = publish("kernel-vs-reference", raw, lines, **kept)
    print("\n".join(bar_table(ours, theirs)))
    print(f"wrote {folder}")
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
