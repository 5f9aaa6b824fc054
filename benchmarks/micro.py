"""Runs microbenchmarks of criterion and of JMH and reads their samples; as a program, publishes `boundary`.

    python3 benchmarks/micro.py boundary [-f 2 …]     # what follows goes to JMH

The figures are worth keeping only from an otherwise idle machine.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from machine import ROOT, facts, publish

CRITERION = ROOT / "target/criterion"
BUILD = ROOT / "build/benchmarks"


def criterion(bench: str, *arguments: str) -> dict[str, list[float]]:
    """Runs one bench file of benchmarks/kernel; the ns per iteration of every sample, by id."""
    for old in CRITERION.glob("**/new/sample.json"):
        old.unlink()
    command = ["cargo", "bench", "-p", "chronon-kernel-benchmarks", "--bench", bench, "--", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)
    samples = {}
    for path in CRITERION.glob("**/new/sample.json"):
        name = json.loads((path.parent / "benchmark.json").read_text())["full_id"]
        taken = json.loads(path.read_text())
        samples[name] = [time / count for time, count in zip(taken["times"], taken["iters"], strict=True)]
    return samples


def jmh(project: str, *arguments: str, environment: Mapping[str, str] = os.environ) -> list[dict[str, Any]]:
    """Runs the JMH project of a folder; its runs as JMH reports them."""
    report = BUILD / project / "result.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [str(ROOT / "benchmarks" / project / "run"), "-rf", "json", "-rff", str(report), *arguments]
    subprocess.run(command, cwd=ROOT, check=True, env=environment)
    runs: list[dict[str, Any]] = json.loads(report.read_text())
    return runs


def boundary(arguments: list[str]) -> list[tuple[str, str, str, str]]:
    """One row per benchmark: name and parameters, mean and its 99.9 % interval in the benchmark's own unit."""
    rows = []
    for run in jmh("boundary", *arguments):
        score = run["primaryMetric"]
        name = ", ".join([run["benchmark"].split(".")[-1], *(f"{k} {v}" for k, v in run.get("params", {}).items())])
        low, high = score["scoreConfidence"]
        rows.append((name, f"{score['score']:.1f}", f"{low:.1f} to {high:.1f}", score["scoreUnit"]))
    return rows


def main() -> None:
    """Publishes the boundary's figures."""
    if sys.argv[1:2] != ["boundary"]:
        sys.exit(__doc__)
    where = {**facts(), "command": "python3 benchmarks/micro.py " + shlex.join(sys.argv[1:])}
    rows = boundary(sys.argv[2:])
    page = ["# Boundary", "", *(f"- {key}: {value}" for key, value in where.items()), ""]
    page += ["| benchmark | time | interval | unit |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    folder: Path = publish("boundary", {"facts": where, "rows": rows}, page)
    print(f"published {folder}")


if __name__ == "__main__":
    main()
