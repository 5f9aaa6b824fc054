"""Programs that run with the reference's jars or with ours, each in a JVM of its own, and what is said meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def log(text: str) -> None:
    """Progress goes to standard error, so that the tables can be piped."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def bundle(name: str) -> Path:
    """The jar under test: CHRONON_BUNDLE, or else that of `scripts/package NAME`. Programs started later use the same.

    Ends the program when it is not there, before anything else takes its time.
    """
    jar = Path(os.environ.get("CHRONON_BUNDLE", ROOT / f"build/chronon-native-{name}.jar")).resolve()
    if not jar.exists():
        raise SystemExit(f"no jar at {jar}; run scripts/package {name}, or set CHRONON_BUNDLE")
    os.environ["CHRONON_BUNDLE"] = str(jar)
    return jar


def jvm(world: str, main: str, sources: Iterable[Path], flags: str, *args: object) -> list[str]:
    """The java command line of a Scala program in a world of `tests/differential/jvm`, compiled first if need be."""
    command = [str(ROOT / "tests/differential/jvm"), world, main, " ".join(map(str, sources)), flags, *map(str, args)]
    printed = subprocess.run(command, env=os.environ | {"RUN": "print"}, check=True, stdout=subprocess.PIPE, text=True)
    return printed.stdout.splitlines()
