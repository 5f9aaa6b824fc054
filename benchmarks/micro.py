"""Runs a microbenchmark and publishes its figures: `kernel` (criterion) or `boundary` (JMH).

    python3 benchmarks/micro.py kernel
    python3 benchmarks/micro.py boundary -f 2     # what follows goes to cargo bench or to JMH

The figures are worth keeping only from an otherwise idle machine.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

from machine import ROOT, facts, publish

CRITERION = ROOT / "target/criterion"
JMH = ROOT / "build/benchmarks/boundary/result.json"


def kernel(arguments: list[str]) -> list[tuple[str, str, str, str]]:
    """One row per bench: name, median and its 95 % interval in ns per row."""
    for old in CRITERION.glob("**/new/estimates.json"):
        old.unlink()
    command = ["cargo", "bench", "-p", "chronon-kernel-benchmarks", "--bench", "*", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)
    rows = []
    for path in sorted(CRITERION.glob("**/new/estimates.json")):
        bench = json.loads((path.parent / "benchmark.json").read_text())
        median = json.loads(path.read_text())["median"]
        elements = (bench["throughput"] or {"Elements": 1})["Elements"]
        interval = median["confidence_interval"]
        low, high = (f"{interval[bound] / elements:.1f}" for bound in ("lower_bound", "upper_bound"))
        rows.append((bench["full_id"], f"{median['point_estimate'] / elements:.1f}", f"{low} to {high}", "ns/row"))
    return rows


def boundary(arguments: list[str]) -> list[tuple[str, str, str, str]]:
    """One row per benchmark: name and parameters, mean and its 99.9 % interval in the benchmark's own unit."""
    JMH.unlink(missing_ok=True)
    command = [str(ROOT / "benchmarks/boundary/run"), "-rf", "json", "-rff", str(JMH), *arguments]
    subprocess.run(command, cwd=ROOT, check=True)
    rows = []
    for run in json.loads(JMH.read_text()):
        score = run["primaryMetric"]
        name = ", ".join([run["benchmark"].split(".")[-1], *(f"{k} {v}" for k, v in run.get("params", {}).items())])
        low, high = score["scoreConfidence"]
        rows.append((name, f"{score['score']:.1f}", f"{low:.1f} to {high:.1f}", score["scoreUnit"]))
    return rows


def main() -> None:
    """Runs the one that is asked for."""
    known = {"kernel": kernel, "boundary": boundary}
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        sys.exit(__doc__)
    name, arguments = sys.argv[1], sys.argv[2:]
    where = {**facts(), "command": "python3 benchmarks/micro.py " + shlex.join(sys.argv[1:])}
    rows = known[name](arguments)
    page = [f"# {name.capitalize()}", "", *(f"- {key}: {value}" for key, value in where.items()), ""]
    page += ["| benchmark | time | interval | unit |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    folder: Path = publish(name, {"facts": where, "rows": rows}, page)
    print(f"published {folder}")


if __name__ == "__main__":
    main()
