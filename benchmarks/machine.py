"""What every published benchmark says about where and from what it was measured, and the folder it is published in."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"


def first_line(*command: str) -> str:
    """What a command prints first, or that there is no such command."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except FileNotFoundError:
        return "not installed"
    return (done.stdout.splitlines() or ["?"])[0]


def facts() -> dict[str, str]:
    """The machine, the tools and the commit."""
    cpu = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no") not in ("", "?")
    return {
        "machine": f"{os.cpu_count()} cores ({cpu[0] if cpu else platform.machine()}), {memory:.0f} GB, "
        f"{platform.system()} {platform.release()}",
        "JDK": first_line("java", "-version"),
        "rustc": first_line("rustc", "--version"),
        "commit": first_line("git", "rev-parse", "--short", "HEAD") + (" with uncommitted changes" if changed else ""),
    }


def publish(name: str, raw: dict[str, Any], page: list[str], results: Path = RESULTS) -> Path:
    """Replaces the result folder of today's `name` as a whole: raw numbers and the page made from them."""
    folder = results / f"{time.strftime('%Y-%m-%d')}-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "raw.json").write_text(json.dumps(raw, indent=1) + "\n")
    (folder / "README.md").write_text("\n".join(page) + "\n")
    return folder
