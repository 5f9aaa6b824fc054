"""The wheel that scripts/wheel builds: installed alone, it compiles definitions and finds the jar that it brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONF = "production/joins/flights/training_set.v1"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs, without what it requires."""
    subprocess.run([ROOT / "scripts" / "wheel"], check=True, stdout=subprocess.DEVNULL)
    wheels = list((ROOT / "build" / "wheel").glob("*.whl"))
    assert len(wheels) == 1
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", folder, wheels[0]], check=True)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the example's sources."""
    sources = shutil.ignore_patterns("production", "warehouse", "data", "out", "__pycache__")
    return Path(shutil.copytree(ROOT / "examples" / "flights", tmp_path / "flights", ignore=sources))


def run(installed: Path, repository: Path, module: str, *arguments: str) -> str:
    """The standard output of a module of the installed package, run in a repository."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHRONON")}
    environment["PYTHONPATH"] = os.pathsep.join([str(installed), str(repository)])
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=repository,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_definitions_compile_and_jobs_find_the_jar(installed: Path, repository: Path) -> None:
    """Compiled files are those of the checkout's package, and a job would be started with the jar of the wheel."""
    run(installed, repository, "ai.chronon.repo.compile", "--all", "-y")
    compiled = (repository / CONF).read_bytes()
    assert compiled == (ROOT / "examples" / "flights" / CONF).read_bytes()
    command = run(
        installed,
        repository,
        "ai.chronon.repo.run",
        "--mode",
        "backfill",
        "--conf",
        CONF,
        "--ds",
        "2013-01-31",
        "--dry-run",
    )
    assert str(installed / "ai" / "chronon" / "jars" / "chronon-native-spark.jar") in command


def test_every_script_is_there(installed: Path) -> None:
    """The scripts with the reference's names, and the modern ones."""
    assert {"chronon", "compile.py", "explore.py", "run.py", "zipline"} <= {
        file.name for file in (installed / "bin").iterdir()
    }
    assert (installed / "ai" / "chronon" / "py.typed").is_file()
