"""What both sides of `scripts/bench kernel` gave, whether it is the same, and the page that says so."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from machine import ROOT

WORKLOADS: dict[str, Any] = json.loads((ROOT / "benchmarks/kernel/workloads.json").read_text())
PHASES: dict[str, str] = WORKLOADS["phases"]
RELATIVE = 1e-9  # by which floating sums may differ, because they are added up in another order


@dataclass
class Held:
    """The most memory in MB that a process held, the CPU seconds it took, and the heap in MB that it was given."""

    mb: float
    cpu_s: float
    heap: int | None


@dataclass
class Side:
    """What one side gave: samples of each round in ns per element, check sums, peak memory by way and kind of heap."""

    samples: dict[str, list[list[float]]] = field(default_factory=dict)
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    memory: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def add(self, name: str, times: list[float]) -> None:
        """Samples of one more round, in ns for all elements."""
        self.samples.setdefault(name, []).append([t / elements(name)[0] for t in times])


def elements(name: str) -> tuple[int, str]:
    """How many of what one run of a bench handles."""
    phase, _, text = name.split("/")
    rows = int(text)
    if phase in ("update", "updateOne"):
        return rows, "row"
    if phase in PHASES:
        return max(1, rows // 100), "IR"
    return {"tiles": (90, "tile"), "serve": (1, "request"), "slide": (rows, "event")}[phase]


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
    return all(math.isclose(a, b, rel_tol=RELATIVE, abs_tol=error) for a, b in pairs)


def raw(where: dict[str, str], names: Iterable[str], ours: Side, theirs: Side) -> dict[str, Any]:
    """The numbers of a page: of its benches the samples and whether results agree, and memory.

    Check sums stay out: those of a matrix are five megabytes, and `scripts/bench kernel` makes them again.
    """
    names = list(names)
    sides = {
        label: {"samples": {n: side.samples[n] for n in names if n in side.samples}, "memory": side.memory}
        for label, side in (("kernel", ours), ("reference", theirs))
    }
    return {"facts": where, "results": {n: verdict(n, ours, theirs) for n in names}, **sides}


def duration(ns: float) -> str:
    """Three digits and a unit."""
    for unit, scale in (("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        if ns < 999.5 * scale or unit == "s":
            digits = 0 if ns >= 99.95 * scale else 1 if ns >= 9.995 * scale else 2
            return f"{ns / scale:.{digits}f} {unit}"
    raise AssertionError


def spread(rounds: list[list[float]]) -> str:
    """Median, with the least and the greatest."""
    values = list(chain.from_iterable(rounds))
    return f"{duration(statistics.median(values))} ({duration(min(values))} to {duration(max(values))})"


def ratio(name: str, ours: Side, theirs: Side) -> float | None:
    """How many times as long the reference takes, in the median round; None when that cannot be said."""
    if verdict(name, ours, theirs) != "equal" or name not in ours.samples or name not in theirs.samples:
        return None
    pairs = zip(theirs.samples[name], ours.samples[name], strict=True)
    return statistics.median(statistics.median(other) / statistics.median(mine) for other, mine in pairs)


def footprint(run: dict[str, Any]) -> str:
    """Memory and CPU time of a process."""
    return f"{run['mb']:.1f} MB, {run['cpu_s']:.1f} s"


def bar_table(ours: Side, theirs: Side) -> list[str]:
    """One line per bar: the least ratio of its benches decides."""
    lines = ["| work | least ratio | mean ratio | at least | aim | |", "|---|---|---|---|---|---|"]
    for bar in WORKLOADS["bars"]:
        ratios = [ratio(name, ours, theirs) for name in bar["ids"]]
        known = [value for value in ratios if value is not None]
        if not known:
            word = verdict(bar["ids"][0], ours, theirs)
            lines.append(f"| {bar['work']} | | | {bar['at_least']}× | {bar['aim']}× | {word} |")
            continue
        word = "reached" if min(known) >= bar["at_least"] else "missed"
        if len(known) < len(ratios):
            word += f", {len(ratios) - len(known)} of {len(ratios)} not compared"
        least, mean = min(known), statistics.geometric_mean(known)
        lines.append(f"| {bar['work']} | {least:.1f}× | {mean:.1f}× | {bar['at_least']}× | {bar['aim']}× | {word} |")
    memory = WORKLOADS["memory"]
    for how, held in ours.memory.items():
        value = theirs.memory[how]["fast"]["mb"] / held["kernel"]["mb"]
        word = "reached" if value >= memory["at_least"] else "missed"
        lines.append(f"| {memory['work']}, {memory['ways'][how]} | {value:.1f}× | | {memory['at_least']}× | | {word} |")
    return lines


def bench_table(names: list[str], ours: Side, theirs: Side) -> list[str]:
    """One line per bench."""
    lines = ["| bench | per | kernel | reference | ratio |", "|---|---|---|---|---|"]
    for name in names:
        mine, other = ours.samples.get(name), theirs.samples.get(name)
        value = ratio(name, ours, theirs)
        times = [spread(samples) if samples else "" for samples in (mine, other)]
        last = f"{value:.1f}×" if value else verdict(name, ours, theirs)
        lines.append(f"| {name} | {elements(name)[1]} | {times[0]} | {times[1]} | {last} |")
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
                times = [duration(statistics.median(chain(*rounds))) if rounds else "–" for rounds in (mine, other)]
                cells.append(f"{times[0]}, {times[1]}: {f'{value:.1f}×' if value else verdict(name, ours, theirs)}")
            lines.append(f"| {operation} | {phase} | {' | '.join(cells)} |")
    return lines


def bar_page(where: dict[str, str], names: list[str], ours: Side, theirs: Side) -> list[str]:
    """The published page of what has a bar."""
    lines = ["# Kernel against reference", "", *(f"- {key}: {value}" for key, value in where.items()), ""]
    lines += [
        "One thread. A ratio is the reference's median over the kernel's in the same round, of several rounds the",
        "median; it stands only where check sums agree. In brackets are the least and the greatest sample. What the",
        "benches do: [benchmarks/kernel](../../kernel/README.md).",
        "",
        "## Bars",
        "",
        *bar_table(ours, theirs),
        "",
        *bench_table(names, ours, theirs),
    ]
    if ours.memory:
        lines += ["", "## Peak memory of the whole process, in MB", ""]
        lines += [
            "Medians of three runs, with the CPU time of each process. The bar goes by the least heap in which the",
            "reference takes at most a tenth more CPU than in that of the timed runs, in the median of three turns.",
            "",
            "| | kernel | reference, heap of the timed runs | least heap, no slower | least heap that does |",
            "|---|---|---|---|---|",
        ]
        for how, held in ours.memory.items():
            own = held["kernel"]
            others = [theirs.memory[how][kind] for kind in ("timed", "fast", "least")]
            cells = [f"{run['mb'] / own['mb']:.1f}×: {footprint(run)} in -Xmx{run['heap']}m" for run in others]
            lines.append(f"| {WORKLOADS['memory']['ways'][how]} | {footprint(own)} | {' | '.join(cells)} |")
    return lines


def matrix_page(where: dict[str, str], operations: list[str], ours: Side, theirs: Side) -> list[str]:
    """The published page of all phases of some operations."""
    return [
        "# Kernel against reference, all phases",
        "",
        *(f"- {key}: {value}" for key, value in where.items()),
        "",
        "Kernel, reference: ratio; per row for updates, else per IR (intermediate result). One thread, briefly warmed",
        "up, one JVM per operation; the figures of what has a bar are in `kernel-vs-reference`. One row or IR at a",
        "time is the price of a call. What the benches do: [benchmarks/kernel](../../kernel/README.md).",
        "",
        *matrix_table(operations, ours, theirs),
    ]
