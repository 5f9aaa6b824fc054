"""Compiles one generated repository with this package and with the reference, and compares time, memory and files.

Usage: bench.py [--rounds N] [--scale N] [--skip-each] [--publish]
  --rounds N      rounds of ours and of the loop (3); one file at a time is run once, as it takes long
  --scale N       divides the size of the repository, for a quick look (1)
  --skip-each     leaves out the reference's one-file-at-a-time use
  --publish       writes benchmarks/results/<date>-python

Needs: scripts/reference-venv, and .venv. Leaves behind: nothing but the page.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import machine
from generate import generate

REFERENCE = machine.ROOT / os.environ.get("CHRONON_REFERENCE_VENV", "build/reference-venv") / "bin"
OURS = machine.ROOT / ".venv/bin/python"
LOOP = Path(__file__).resolve().parent / "loop.py"
GROUP_BYS, JOINS, MODULES = 1000, 300, 200
TARGETS = {"each": 10.0, "loop": 2.0}
MEMORY_TARGET_MB = 300


@dataclass
class Run:
    """One candidate once: seconds of wall time and of CPU, and the largest resident memory of a process in MB."""

    candidate: str
    wall: float
    cpu: float
    peak_mb: float


def measured(candidate: str, root: Path, commands: list[list[str]], path: str) -> Run:
    """Runs commands one after the other; any that fails ends the benchmark."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "HOME": os.environ.get("HOME", "")}
    cpu = peak = 0.0
    start = time.perf_counter()
    for command in commands:
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            if process.returncode:
                raise SystemExit(f"{candidate} failed: {' '.join(command)}: {errors.read()[-2000:]}")
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss / 1024)
    return Run(candidate, time.perf_counter() - start, cpu, peak)


def files(root: Path) -> dict[str, bytes]:
    """The compiled files by their path."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in (root / "production").rglob("*") if path.is_file()
    }


def commands_of(candidate: str, root: Path, modules: list[str]) -> tuple[list[list[str]], str]:
    """What a candidate runs, and its Python path."""
    if candidate == "ours":
        command = [str(OURS), "-m", "ai.chronon.repo.compile", "--all", "-y"]
        return [command], f"{machine.ROOT / 'api/python'}:{root}"
    if candidate == "loop":
        return [[str(REFERENCE / "python"), str(LOOP), str(root), *modules]], str(root)
    compile_script = [str(REFERENCE / "python"), str(REFERENCE / "compile.py")]
    return [[*compile_script, "--conf", module, "-y"] for module in modules], str(root)


def play(candidate: str, scale: int) -> tuple[Run, dict[str, bytes]]:
    """One run of a candidate in a repository of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repo"
        modules = generate(root, group_bys=GROUP_BYS // scale, joins=JOINS // scale, modules=max(MODULES // scale, 8))
        run = measured(candidate, root, *commands_of(candidate, root, modules))
        print(f"{candidate}: {run.wall:.1f} s, {run.peak_mb:.0f} MB", flush=True)
        return run, files(root)


def page(runs: list[Run], count: int, scale: int, load: float) -> list[str]:
    """The result for people."""
    ours = statistics.median(run.wall for run in runs if run.candidate == "ours")
    ours_cpu = statistics.median(run.cpu for run in runs if run.candidate == "ours")
    names = {
        "ours": "this package, `compile.py --all`",
        "loop": "reference, a loop in one process",
        "each": "reference, `compile.py` for each module",
    }
    lines = [
        "# Compiling a repository",
        "",
        *(f"- {name}: {value}" for name, value in machine.facts().items() if name not in ("JDK", "rustc")),
        f"- Python: {sys.version.split()[0]}; reference: chronon-ai 0.0.115",
        f"- repository: {GROUP_BYS // scale} GroupBys and {JOINS // scale} joins in {MODULES // scale} modules, "
        f"seed 7; {count} compiled files, equal byte by byte",
        "- command: scripts/bench python --publish",
        "",
        "| candidate | rounds | wall s, median (range) | CPU s | peak RSS MB | wall ÷ ours | CPU ÷ ours | wanted |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for candidate in ("ours", "loop", "each"):
        own = [run for run in runs if run.candidate == candidate]
        if own:
            walls = sorted(run.wall for run in own)
            median = statistics.median(walls)
            cpu = statistics.median(run.cpu for run in own)
            wanted = f"under {MEMORY_TARGET_MB} MB" if candidate == "ours" else f"at least {TARGETS[candidate]:.0f}"
            lines.append(
                f"| {names[candidate]} | {len(own)} | {median:.1f} ({walls[0]:.1f} to {walls[-1]:.1f}) "
                f"| {cpu:.1f} | {max(run.peak_mb for run in own):.0f} "
                f"| {median / ours:.1f} | {cpu / ours_cpu:.1f} | {wanted} |"
            )
    lines += [
        "",
        "Every run starts from a repository without compiled files. Peak RSS is of the largest process. The reference",
        "reads all compiled files again for every definition that it writes, so its time grows with the square of the",
        "repository. Where other programs ran at the same time, CPU is what to compare; load over the last minute: "
        f"{load:.1f} at the start.",
    ]
    return lines


def main() -> None:
    """Runs the candidates in turn, compares their files, and prints the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--skip-each", action="store_true")
    parser.add_argument("--publish", action="store_true")
    arguments = parser.parse_args()
    if not (REFERENCE / "python").exists():
        raise SystemExit(f"bench: no reference at {REFERENCE}; run scripts/reference-venv")
    order = ["ours", "loop"] * arguments.rounds + ([] if arguments.skip_each else ["each"])
    load = os.getloadavg()[0]
    runs, expected = [], None
    for candidate in order:
        run, compiled = play(candidate, arguments.scale)
        expected = expected or compiled
        different = sorted(name for name in {*compiled, *expected} if compiled.get(name) != expected.get(name))
        if different:
            raise SystemExit(f"bench: {candidate} differs in {len(different)} files, such as {different[0]}")
        runs.append(run)
    lines = page(runs, len(expected or {}), arguments.scale, load)
    print("\n".join(lines))
    if arguments.publish:
        raw = {"runs": [asdict(run) for run in runs], "load": load, "facts": machine.facts()}
        print(machine.publish("python", raw, lines))


if __name__ == "__main__":
    main()
