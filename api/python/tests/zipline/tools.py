"""The two packages that tests compare, each behind a process that serves many cases, and repositories for them."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
CHECKOUT = PACKAGE_ROOT.parents[1]
DRIVER = Path(__file__).with_name("driver.py")
REFERENCE_COMMAND = "ai.chronon.repo.compile:compile"
OUR_COMMAND = "ai.chronon.zipline.repo.compile:main"
Files = dict[str, str]

TEAMS = """
from ai.chronon.types import *
default = Team(outputNamespace="default_db", conf=ConfigProperties(common={"spark.chronon.partition.column": "ds"}))
shop = Team(outputNamespace="shop_db")
other = Team(outputNamespace="other_db", env=EnvironmentVariables(common={"X": "1"}))
"""
HEADER = """
from ai.chronon.types import *
def E(table="db.events", **arguments):
    query = Query(selects=selects("a", "b", "c"), time_column="ts", start_partition="2020-01-01")
    return EventSource(table, query, **arguments)
def N():
    return EntitySource("db.entities", Query(selects=selects("a", "b")))
"""


@dataclass
class Outcome:
    """What a command left behind."""

    code: int
    output: str
    files: Files


class Tool:
    """One of the two packages, in a process of its own."""

    def __init__(self, name: str, python: str, command: str, folder: Path, **environment: str) -> None:
        """Starts the process in a folder, which decides the dialect of plain imports."""
        self.name = name
        self._process = subprocess.Popen(
            [python, str(DRIVER), command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            # Python takes a file that changed within a second, and kept its size, for the one that it has cached.
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **environment},
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Sends a request and waits for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process of {self.name} has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def compile(self, root: Path, *arguments: str, answers: str = "") -> Outcome:
        """Compiles a repository."""
        reply = self.ask(folder=str(root), arguments=list(arguments), answers=answers)
        return Outcome(reply["code"], reply["output"], tree(root / "compiled"))

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def tree(folder: Path) -> Files:
    """The files below a folder, by their paths from it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def write(root: Path, files: Files) -> Path:
    """Writes a repository; `teams.py` is there unless it is given."""
    for name, text in {"teams.py": TEAMS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def reference_python() -> str | None:
    """The interpreter with the reference's package, where it is installed."""
    venv = os.environ.get("CHRONON_ZIPLINE_REFERENCE_VENV") or CHECKOUT / "build" / "zipline-reference-venv"
    python = Path(venv, "bin", "python")
    return str(python) if python.is_file() else None


@contextlib.contextmanager
def our_tool(folder: Path) -> Iterator[Tool]:
    """Our package, in a repository of the dialect."""
    tool = Tool("ours", sys.executable, OUR_COMMAND, write(folder, {}), PYTHONPATH=str(PACKAGE_ROOT))
    yield tool
    tool.close()


@contextlib.contextmanager
def reference_tool(folder: Path) -> Iterator[Tool]:
    """The reference's package; the test is skipped where it is not installed."""
    python = reference_python()
    if python is None:
        pytest.skip("zipline-ai is not installed: run scripts/zipline-reference-venv")
    tool = Tool("reference", python, REFERENCE_COMMAND, write(folder, {}))
    yield tool
    tool.close()
