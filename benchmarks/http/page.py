"""The page of the HTTP benchmark: tables and two charts, made from the raw numbers alone."""

from __future__ import annotations

from typing import Any

QUANTILES = {"p50": "p50_ms", "p90": "p90_ms", "p99": "p99_ms", "p99.9": "p999_ms"}
CHART_POINTS = 30


def _row(label: str, run: dict[str, Any]) -> str:
    times = " | ".join(f"{run[field]:.2f}" for field in [*QUANTILES.values(), "max_ms"])
    return f"| {label} | {run['per_s']:,.0f} | {times} | {run['service_cpu_ms']:.2f} | {run['errors']} |"


def _label(run: dict[str, Any]) -> str:
    if run["load"] == "closed":
        return f"closed, {run['size']:g} connection{'s' if run['size'] > 1 else ''}"
    return f"open, {run['share']:.0%} of the peak"


def _chart(title: str, x: list[str], y: str, series: list[list[float]]) -> list[str]:
    top = max(max(values) for values in series) * 1.1
    return [
        "```mermaid",
        "xychart-beta",
        f'    title "{title}"',
        f"    x-axis [{', '.join(_quoted(label) for label in x)}]",
        f'    y-axis "{y}" 0 --> {top:.1f}',
        *(f"    line [{', '.join(f'{value:.2f}' for value in values)}]" for values in series),
        "```",
    ]


def _quoted(label: str) -> str:
    """A label of a chart in quotes."""
    return f'"{label}"'


def _soak(soak: dict[str, Any]) -> list[str]:
    before, after = soak["before"], soak["after"]
    names = {
        "resident memory, MB": "resident_mb",
        "heap after a full collection, MB": "live_mb",
        "native handles": "handles",
        "native bytes": "native_bytes",
    }
    grown = after["resident_mb"] / before["resident_mb"] - 1
    rows = [
        f"| {label} | " + " | ".join(f"{stage[name]:,.0f}" for stage in (before, after)) + " |"
        for label, name in names.items()
    ]
    samples = soak["samples"][:: max(1, len(soak["samples"]) // CHART_POINTS)]
    chart = [
        "",
        *_chart(
            "Resident memory during the soak",
            [f"{sample['seconds'] / 60:.1f}" for sample in samples],
            "MB",
            [[sample["resident_mb"] for sample in samples]],
        ),
    ]
    return [
        f"## Soak: {soak['seconds'] / 60:.1f} minutes at {soak['size']:,.0f} requests a second",
        "",
        f"{soak['calls']:,} requests, {soak['errors']} errors; resident memory {grown:+.1%}.",
        "",
        "| at rest | before the soak | after it |",
        "|---|---|---|",
        *rows,
        "",
        "A handle is one part of the join. Its bytes are working states, kept for as many requests as come at once: at",
        "rest, after some seconds of requests one by one, for one.",
        *(chart if len(samples) > 1 else []),
    ]


def lines(raw: dict[str, Any]) -> list[str]:
    """The page."""
    runs, soak = raw["runs"], raw["soak"]
    opened = [run for run in runs if run["load"] == "open"]
    lowest, highest = opened[0], opened[-1]
    title = f"Latency at {lowest['share']:.0%} and {highest['share']:.0%} of the peak"
    curves = [[run[field] for field in QUANTILES.values()] for run in (lowest, highest)]
    problems = raw["problems"] or ["none"]
    return [
        "# The HTTP service",
        "",
        *(f"- {name}: {value}" for name, value in raw["facts"].items()),
        f"- not as it must be: {'; '.join(problems)}",
        "",
        "## One request of 250 features",
        "",
        "| | requests a second | p50, ms | p90, ms | p99, ms | p99.9, ms | max, ms | service's CPU, ms | errors |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(_label(run), run) for run in runs),
        _row(f"soak, {soak['share']:.0%} of the peak", soak),
        "",
        *_chart(title, list(QUANTILES), "ms", curves),
        "",
        *_soak(soak),
        "",
        "A request asks for one user of a join of 25 parts with 10 features each, 100 streamed rows a key; the store",
        "is maps in the service's process. The load generator is another process on the same cores: the peak is of",
        "both. Closed: a connection asks again when it has its answer. Open: requests at fixed distances, over at most",
        "256 connections, each counted from the moment when it was due, so that waiting for a slow one counts. The",
        "peak is that of the best closed loop.",
    ]
