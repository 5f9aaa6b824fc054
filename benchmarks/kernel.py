"""Measures the kernel beside the reference and publishes pages with ratios: `scripts/bench kernel --help`.

Both sides run the workloads of `benchmarks/kernel/workloads.json`, bench by bench, in one thread. First the check
sums of their results are compared; what differs has no times.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kernel_page import PHASES, WORKLOADS, Held, Side, bar_page, bar_table, matrix_page, raw, same, verdict
from machine import ROOT, facts, publish
from micro import BUILD, criterion, jmh

DATA = BUILD / "kernel"
HEAP = 2048  # MB
HEAPS = (32, 48, 64, 96, 128, 192, 256, 320, 384, 512)  # MB, that the reference is tried in for its memory
SLOWER = 1.1  # times the CPU it takes in all of HEAP that count as no slower


@dataclass(frozen=True)
class Effort:
    """How long each side warms up and measures, as the tools' own flags."""

    rounds: int
    criterion: str
    jmh: str


QUICK = Effort(
    1, "--warm-up-time=0.2 --measurement-time=0.3 --sample-size=10", "-wi 2 -w 300ms -i 3 -r 150ms -foe true"
)
FULL = Effort(5, "--warm-up-time=0.5 --measurement-time=1 --sample-size=15", "-wi 6 -w 700ms -i 6 -r 150ms -foe true")
MATRIX = Effort(1, "--warm-up-time=0.1 --measurement-time=0.3 --sample-size=10", "-wi 1 -w 300ms -i 3 -r 100ms")


def log(text: str) -> None:
    """Progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def reference(side: Side, flags: str, works: str, rows: str, phases: str) -> None:
    """Runs JMH on the reference and takes its samples and check sums over."""
    checks = DATA / "checks.jsonl"
    checks.unlink(missing_ok=True)
    settings = [*flags.split(), "-p", f"work={works}", "-p", f"rows={rows}", f"Benchmark.({phases})$"]
    jvm = f"-Xms{HEAP}m -Xmx{HEAP}m -Dchecks={checks}"
    for run in jmh("jmh", *settings, environment=os.environ | {"JVM_FLAGS": jvm}):
        name = "/".join([run["benchmark"].split(".")[-1], run["params"]["work"], run["params"]["rows"]])
        side.add(name, [sample for fork in run["primaryMetric"]["rawData"] for sample in fork])
    if checks.exists():
        side.checks |= parsed(checks.read_text())


def parsed(text: str) -> dict[str, dict[str, Any]]:
    """Check sums by id, from the lines that are one."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return {line["id"]: line for line in lines}


def checked(command: list[str], flags: str = "") -> dict[str, dict[str, Any]]:
    """The check sums a program prints, by id."""
    environment = os.environ | ({"JVM_FLAGS": flags} if flags else {})
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return parsed(done.stdout)


def kernel_checks() -> list[str]:
    """The command that prints the kernel's check sums, built first."""
    # Together with the bench, so that both are built of the same libraries.
    build = ["cargo", "build", "--quiet", "--profile", "bench", "-p", "chronon-kernel-benchmarks"]
    subprocess.run([*build, "--bin", "kernel-checks", "--bench", "reference"], cwd=ROOT, check=True)
    return [str(ROOT / "target/release/kernel-checks")]


def measure_bars(names: list[str], how: Effort, ours: Side, theirs: Side) -> None:
    """Rounds over the benches that have a bar: each on one side and at once on the other, in a JVM of its own.

    What else the machine does comes and goes within minutes; so does it slow both down, and some rounds are without.
    """
    for number in range(how.rounds):
        for at, name in enumerate(names, 1):
            log(f"round {number + 1} of {how.rounds}, {at} of {len(names)}: {name}")
            for _, times in criterion("reference", *how.criterion.split(), f"^{re.escape(name)}$").items():
                ours.add(name, times)
            phase, work, rows = name.split("/")
            reference(theirs, f"-f 1 {how.jmh}", work, rows, phase)


def measure_matrix(operations: list[str], ours: Side, theirs: Side) -> None:
    """Every phase of every operation at every number of rows; the reference in one JVM per operation."""
    phases = "|".join(PHASES)
    log("matrix: kernel")
    works = "|".join(map(re.escape, operations))
    for name, times in criterion("reference", *MATRIX.criterion.split(), f"^({phases})/({works})/").items():
        if name not in ours.samples:
            ours.add(name, times)
    rows = ",".join(map(str, WORKLOADS["rows"]))
    known = set(theirs.samples)
    for operation in operations:
        log(f"matrix: reference, {operation}")
        some = Side()
        reference(some, f"-f 0 {MATRIX.jmh}", operation, rows, phases)
        theirs.samples |= {name: times for name, times in some.samples.items() if name not in known}
        theirs.checks |= some.checks


@dataclass(frozen=True)
class Peak:
    """What a process that runs a bench once held in MB, the CPU seconds it took, and the check sum of its results."""

    mb: float
    cpu_s: float
    check: dict[str, Any]


def peak(command: list[str], how: str, name: str, heap: int | None = None) -> Peak | None:
    """One run of a process; None when it fails for want of memory."""
    environment = os.environ | ({"JVM_FLAGS": f"-Xmx{heap}m"} if heap else {})
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, how, name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"VmHWM:\s+(\d+) kB", done.stdout)
    if done.returncode != 0 or not found:
        return None
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Peak(int(found[1]) / 1024, cpu, parsed(done.stdout)[name])


def held(runs: list[Peak], heap: int | None) -> dict[str, Any]:
    """The medians of some runs."""
    return vars(Held(statistics.median(run.mb for run in runs), statistics.median(run.cpu_s for run in runs), heap))


def measure_memory(kernel: list[str], their_checks: list[str], ours: Side, theirs: Side, quick: bool) -> None:
    """Peak memory of the run that the list names: ours, and the reference's in three heaps.

    That of the timed runs, the least in which it is no slower than there, and the least that does. All heaps are tried
    in turn, three times, and CPU times compared within a turn, as they depend on what else the machine does.
    """
    name = WORKLOADS["memory"]["id"]
    for how in WORKLOADS["memory"]["ways"]:
        log(f"memory, {how}")
        own: list[Peak] = []
        tried: dict[int, list[Peak]] = {heap: [] for heap in (HEAP, *(() if quick else HEAPS))}
        for _ in range(3):
            own += filter(None, [peak(kernel, how, name)])
            for heap in list(tried):
                if run := peak(their_checks, how, name, heap):
                    tried[heap].append(run)
                else:
                    del tried[heap]  # too little
        if not own or HEAP not in tried:
            sys.exit(f"fails: {name}, {how}")
        if not all(same(own[0].check, run.check, 0.0) for runs in (own, *tried.values()) for run in runs):
            sys.exit(f"results differ: {name}, {how}")
        timed = tried.pop(HEAP)
        slower = {
            heap: statistics.median(run.cpu_s / by.cpu_s for run, by in zip(runs, timed, strict=True))
            for heap, runs in tried.items()
        }
        tried[HEAP] = timed
        fast = next((heap for heap, times in slower.items() if times <= SLOWER), HEAP)
        least = next(iter(tried))
        ours.memory[how] = {"kernel": held(own, None)}
        kinds = {"timed": HEAP, "fast": fast, "least": least}
        theirs.memory[how] = {kind: held(tried[heap], heap) for kind, heap in kinds.items()}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench kernel", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="only benches that have a bar, briefly: a check, not figures"
    )
    parser.add_argument("--only", default="", metavar="REGEX", help="of those benches, the ones whose id this finds")
    parser.add_argument(
        "--matrix",
        metavar="REGEX",
        help="every phase and number of rows of the operations whose name this finds (default: of all, or of none with "
        "--quick or --only)",
    )
    parser.add_argument(
        "--publish", action="store_true", help="write into benchmarks/results instead of build/benchmarks"
    )
    return parser.parse_args()


def main() -> None:
    """Checks, measures, publishes."""
    options = arguments()
    how = QUICK if options.quick else FULL
    where = {
        **facts(),
        "settings": f"{how.rounds} round(s), criterion {how.criterion}, JMH {how.jmh}, heap {HEAP} MB",
        "command": shlex.join(["scripts/bench", "kernel", *sys.argv[1:]]),
    }
    names = [name for bar in WORKLOADS["bars"] for name in bar["ids"] if re.search(options.only, name)]
    all_or_none = "" if not options.quick and not options.only else None
    matrix = options.matrix if options.matrix is not None else all_or_none
    operations = [operation["name"] for operation in WORKLOADS["operations"]]
    operations = [name for name in operations if matrix is not None and re.search(matrix, name)]
    DATA.mkdir(parents=True, exist_ok=True)
    ours, theirs = Side(), Side()
    their_checks, our_checks = [str(ROOT / "benchmarks/jmh/run"), "--checks"], kernel_checks()
    log(f"check sums of {len(names)} benches")
    theirs.checks = checked([*their_checks, str(DATA), *names], f"-Xmx{HEAP}m")
    ours.checks = checked([*our_checks, *names])
    log(f"equal: {sum(verdict(name, ours, theirs) == 'equal' for name in names)}")

    measure_bars(names, how, ours, theirs)
    if re.search(options.only, WORKLOADS["memory"]["id"]):
        measure_memory(our_checks, their_checks, ours, theirs, options.quick)
    kept = {} if options.publish else {"results": BUILD / "results"}

    def written(name: str, benches: Iterable[str], lines: list[str]) -> None:
        print(f"wrote {publish(name, raw(where, benches, ours, theirs), lines, **kept)}")

    if names:
        print("\n".join(bar_table(ours, theirs)))
        written("kernel-vs-reference", names, bar_page(where, names, ours, theirs))
    if operations:
        updates = [f"update/{operation}/{rows}" for operation in operations for rows in WORKLOADS["rows"]]
        ours.checks |= checked([*our_checks, *updates])
        measure_matrix(operations, ours, theirs)
        written("kernel-matrix", ours.samples, matrix_page(where, operations, ours, theirs))
    wrong = [name for name in theirs.samples if verdict(name, ours, theirs) == "results differ"]
    if wrong:
        sys.exit(f"results differ: {wrong}")


if __name__ == "__main__":
    main()
