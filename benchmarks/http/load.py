"""HTTP benchmark: requests of 250 features against the service on loopback, closed loop, open loop, and a soak.

Run it through `scripts/bench http` or `benchmarks/http/run`; `--help` lists the options. The stored bytes are those
of the fetch benchmark; the answers must equal those of the reference's fetcher before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import fetch
import machine
import page
from service import Figures, Generator, Service
from worlds import ROOT, bundle, log

USERS = 2000
FEATURES = 250
CONNECTIONS = (1, 4, 16, 64)
SHARES = (0.3, 0.5, 0.7, 0.9)
SOAK_SHARE = 0.7
MAX_GROWTH = 0.05
ALONE_SECONDS = 5  # of requests one by one, after which only what these need is kept


def expected(options: argparse.Namespace) -> dict[int, dict[str, Any]]:
    """What the reference's fetcher answers to the first users."""
    asked = argparse.Namespace(
        work=options.stored, workloads=["single"], warm=0.5, seconds=0.5, heap="2g", jvm_flags=""
    )
    fetch.measure(fetch.BASELINE, asked, 0)
    lines = (options.stored / f"answers-{fetch.BASELINE}.jsonl").read_text().splitlines()
    return {line["user"]: line["values"] for line in map(json.loads, lines)}


def check(answers: list[dict[str, Any]], reference: dict[int, dict[str, Any]]) -> int:
    """Compares names and values over HTTP with the reference's; how many, or the end of the benchmark."""
    compared = 0
    for user, values in reference.items():
        if values.keys() != answers[user].keys():
            raise SystemExit(f"user {user}: other names: {sorted(values.keys() ^ answers[user].keys())[:5]}")
        for name, value in values.items():
            compared += 1
            if not fetch.is_equal(value, answers[user][name]):
                raise SystemExit(f"user {user}: {name} is {value} there and {answers[user][name]} over HTTP")
    short = [user for user, values in enumerate(answers) if len(values) != FEATURES]
    if short or not compared:
        raise SystemExit(f"{compared} values compared; users without {FEATURES} features: {short[:5]}")
    return compared


class Bench:
    """The loads of one run, in their order."""

    def __init__(self, service: Service, generator: Generator) -> None:
        self.service, self.generator = service, generator
        self.runs: list[dict[str, Any]] = []

    def load(self, kind: str, size: float, seconds: float, look: Any = log) -> dict[str, Any]:
        """One load; what it took, with the service's processor time."""
        before = self.service.cpu_seconds()
        result = self.generator.run(f"{kind} {size:g} {seconds:g}", look)
        cpu = (self.service.cpu_seconds() - before) / result["calls"] * 1e3
        result |= {"load": kind, "size": size, "service_cpu_ms": cpu}
        log(
            f"{kind} {size:g}: {result['per_s']:.0f}/s, p50 {result['p50_ms']:.2f} ms, p99 {result['p99_ms']:.2f} ms, "
            f"p99.9 {result['p999_ms']:.2f} ms, {result['errors']} errors"
        )
        return result

    def latencies(self, warm: float, seconds: float) -> float:
        """Warms up, then the closed and open loops; the peak of the closed ones, in requests a second."""
        self.load("closed", 16, warm)
        self.runs += [self.load("closed", connections, seconds) for connections in CONNECTIONS]
        peak: float = max(run["per_s"] for run in self.runs)
        self.runs += [self.load("open", round(peak * share), seconds) | {"share": share} for share in SHARES]
        return peak

    def at_rest(self) -> Figures:
        """The service's figures when requests have come one by one for a while, and then none."""
        self.load("closed", 1, ALONE_SECONDS)
        return self.service.at_rest()

    def soak(self, rate: float, minutes: float) -> dict[str, Any]:
        """The open loop for minutes, and the service's figures before, meanwhile, and after."""
        before = self.at_rest()
        start, samples = time.monotonic(), []

        def look(progress: str) -> None:
            sample: Figures = {"seconds": time.monotonic() - start, "resident_mb": self.service.resident_mb()}
            samples.append(sample | self.service.metrics())
            log(f"soak: {progress}, {sample['resident_mb']:.0f} MB")

        result = self.load("open", rate, minutes * 60, look)
        return result | {"share": SOAK_SHARE, "before": before, "after": self.at_rest(), "samples": samples}


def verdict(runs: list[dict[str, Any]], soak: dict[str, Any]) -> list[str]:
    """What is not as it must be; empty if all is."""
    problems = [
        f"{run['errors']} errors at {run['load']} {run['size']:g}, the first: {run['first_error']}"
        for run in [*runs, soak]
        if run["errors"]
    ]
    before, after = soak["before"], soak["after"]
    grown = after["resident_mb"] / before["resident_mb"] - 1
    if grown >= MAX_GROWTH:
        problems.append(f"resident memory has grown by {grown:.1%}; it must be under {MAX_GROWTH:.0%}")
    if after["handles"] != before["handles"]:
        problems.append(f"{before['handles']:.0f} native handles before the soak and {after['handles']:.0f} after it")
    if after["native_bytes"] > before["native_bytes"] * (1 + MAX_GROWTH):
        problems.append(
            f"{before['native_bytes']:,.0f} native bytes before the soak and {after['native_bytes']:,.0f} after it"
        )
    return problems


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench http", description=__doc__.split("\n\n")[0])
    parser.add_argument("--warm", type=float, default=20, help="seconds of warm-up")
    parser.add_argument("--seconds", type=float, default=12, help="seconds of each closed and open loop")
    parser.add_argument("--soak", type=float, default=10, metavar="MINUTES", help="minutes at 70 %% of the peak")
    parser.add_argument("--heap", default="512m", help="-Xms and -Xmx of the service")
    parser.add_argument("--jvm-flags", default="", help="added to the service's JVM")
    parser.add_argument("--publish", action="store_true", help="write the page into benchmarks/results")
    work = Path(os.environ.get("CHRONON_BENCH_WORK", ROOT / "build/bench")).resolve()
    options = parser.parse_args()
    options.work, options.stored = work / "http", work / "fetch"
    return options


def main() -> int:
    """Checks answers, runs loads and soak, prints and publishes the page; 1 if something is not as it must be."""
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    options.stored.mkdir(parents=True, exist_ok=True)
    bundle("service")
    fetch.prepare(options.stored)
    log("asking the reference's fetcher")
    reference = expected(options)
    with (
        Service(options.work, options.stored / "store.bin", options.heap, options.jvm_flags) as service,
        Generator(options.work, service.port, USERS) as generator,
    ):
        compared = check(generator.answers(), reference)
        log(f"{compared:,} values over HTTP equal those of the reference's fetcher")
        bench = Bench(service, generator)
        peak = bench.latencies(options.warm, options.seconds)
        soak = bench.soak(round(peak * SOAK_SHARE), options.soak)
    problems = verdict(bench.runs, soak)
    facts = {
        **machine.facts(),
        "settings": f"service with G1 and {options.heap}, {options.seconds:g} s a load, soak of {options.soak:g} min",
        "command": "scripts/bench http " + shlex.join(sys.argv[1:]),
        "equal answers": f"{compared:,} values of {len(reference)} users equal the reference fetcher's, doubles to "
        f"1e-9; each later answer is the same bytes as the first for its user ({USERS:,} users)",
    }
    raw = {"facts": facts, "peak_per_s": peak, "runs": bench.runs, "soak": soak, "problems": problems}
    lines = page.lines(raw)
    print("\n".join(lines))
    if options.publish:
        log(f"published {machine.publish('http', raw, lines)}")
    for problem in problems:
        log(f"NOT AS IT MUST BE: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
