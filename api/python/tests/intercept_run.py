"""Runs `run.py` again and again in one process, and tells what it would have started.

Runs in the environment of either implementation. Reads a JSON object per line: `script`, `cwd`, `arguments`,
`environment`, and in `outputs` what a program prints whose command holds the key. Writes one for each: `code`, the
`error`, what was printed (`out`), and what was started: `argv` and `environment`.
"""

import contextlib
import importlib.util
import io
import json
import multiprocessing
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

launches: list[dict[str, Any]] = []
outputs: dict[str, str] = {}


def record(argv: Sequence[str] | str, options: dict[str, Any]) -> str:
    words = argv.split() if isinstance(argv, str) else list(argv)
    launches.append({"argv": words, "environment": dict(options.get("env") or os.environ)})
    text = " ".join(words)
    return "".join(printed for key, printed in outputs.items() if key in text)


def intercepted(answer: Callable[[Any, str, dict[str, Any]], Any]) -> Callable[..., Any]:
    def call(argv: Any, *_: Any, **options: Any) -> Any:
        return answer(argv, record(argv, options), options)

    return call


def completed(argv: Any, printed: str, options: dict[str, Any]) -> Any:
    is_text = options.get("text") or options.get("universal_newlines")
    return subprocess.CompletedProcess(argv, 0, printed if is_text else printed.encode(), "" if is_text else b"")


class SerialPool:
    """Stands in for a pool of processes, which would not be intercepted."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __enter__(self) -> "SerialPool":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        return [function(value) for value in values]

    def starmap(self, function: Callable[..., Any], values: Iterable[Sequence[Any]]) -> list[Any]:
        return [function(*value) for value in values]


def install() -> None:
    """Replaces all ways to start a process or to wait."""
    patches: dict[str, Callable[..., Any]] = {
        "run": intercepted(completed),
        "call": intercepted(lambda *_: 0),
        "check_call": intercepted(lambda *_: 0),
        "check_output": intercepted(lambda _, printed, __: printed.encode()),
        "Popen": intercepted(lambda *_: None),
    }
    for name, patch in patches.items():
        setattr(subprocess, name, patch)
    # Neither is installed beside the reference, so what ours would do with it is not compared.
    found = importlib.util.find_spec
    importlib.util.find_spec = lambda name, package=None: None if name == "pyspark" else found(name, package)
    multiprocessing.Pool = SerialPool  # type: ignore[assignment]
    time.sleep = lambda _: None


def play(case: dict[str, Any]) -> dict[str, Any]:
    launches.clear()
    outputs.clear()
    outputs.update(case["outputs"])
    os.environ.clear()
    os.environ.update(case["environment"])
    os.chdir(case["cwd"])
    sys.argv = ["run.py", *case["arguments"]]
    code: Any = 0
    error = None
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(case["script"], run_name="__main__")
        except SystemExit as stop:
            code = stop.code
        except Exception as failure:  # noqa: BLE001 - which one it is, is the result
            code, error = 1, [type(failure).__name__, str(failure)]
    return {"code": code or 0, "error": error, "out": out.getvalue(), "err": err.getvalue(), "launches": launches}


if __name__ == "__main__":
    install()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(play(json.loads(line))) + "\n")
