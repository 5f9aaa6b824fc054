"""Runs the tools as a user does, in their own process: ours, and the reference's when it is installed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PACKAGE_ROOT = TESTS.parent
CHECKOUT = PACKAGE_ROOT.parent.parent
FEATURE_REPO = TESTS / "feature_repo"
# Variables that would change what the tools do; a test that needs one sets it itself.
CLEARED = ("CHRONON_", "PARALLELISM", "APP_NAME", "VERSION", "SPARK_", "JOB_MODE", "PYTHONPATH")


def reference_python() -> Path:
    """The interpreter of the environment with the reference, whether it exists or not."""
    folder = os.environ.get("CHRONON_REFERENCE_VENV", str(CHECKOUT / "build" / "reference-venv"))
    return CHECKOUT / folder / "bin" / "python"


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment of this process without what steers the tools, and with the given variables."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(CLEARED)}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **variables}


@dataclass(frozen=True)
class Tool:
    """One implementation: how to start its scripts."""

    name: str
    compile: tuple[str, ...]
    run: tuple[str, ...]
    path: str

    def execute(
        self, command: tuple[str, ...], root: Path, *arguments: str, answers: str = "", **variables: str
    ) -> "Result":
        """Runs one of the scripts in a repository; its prompts get the answers."""
        python_path = os.pathsep.join(part for part in (self.path, str(root)) if part)
        process = subprocess.run(
            [*command, *arguments],
            cwd=root,
            env=clean_environment(PYTHONPATH=python_path, **variables),
            capture_output=True,
            text=True,
            check=False,
            input=answers,
        )
        return Result(process.returncode, process.stdout, process.stderr)


@dataclass(frozen=True)
class Result:
    """What a script left behind."""

    code: int
    out: str
    err: str


def ours() -> Tool:
    """The scripts of this package."""
    module = (sys.executable, "-m")
    return Tool("ours", (*module, "ai.chronon.repo.compile"), (*module, "ai.chronon.repo.run"), str(PACKAGE_ROOT))


def reference() -> Tool:
    """The scripts of the reference."""
    python = reference_python()
    scripts = python.parent
    return Tool("reference", (str(python), str(scripts / "compile.py")), (str(python), str(scripts / "run.py")), "")


def tree(folder: Path) -> dict[str, bytes]:
    """The files below a folder by their relative path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
