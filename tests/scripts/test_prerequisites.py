"""What scripts/lib/prerequisites says about machines that lack a tool, or have an old one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "lib" / "prerequisites"
SHELL_TOOLS = ["bash", "dirname", "env", "grep", "head", "printf", "sed", "sort"]
JDK = "Install it with: sudo apt-get install openjdk-17-jdk-headless"
RUSTUP = "Install it with: curl -sSf https://sh.rustup.rs | sh -s -- -y"
PYTHON = "Install it with: sudo apt-get install python3 python3-venv"
COMPLETE = {
    "java": 'openjdk version "17.0.15" 2025-04-15',
    "javac": "javac 17.0.15",
    "mvn": "Apache Maven 3.8.7",
    "cargo": "cargo 1.95.0 (abc 2026-01-01)",
    "cc": "cc 12.2.0",
    "python3": "Python 3.11.2",
}


def run(folder: Path, tools: dict[str, str]) -> tuple[int, list[str]]:
    """Run the script where only these tools exist, each printing one line; its status and messages."""
    for tool in SHELL_TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or pytest.skip(f"no {tool} here"))
    for tool, version in tools.items():
        (folder / tool).write_text(f"#!{folder}/bash\necho '{version}' >&2\n")
        (folder / tool).chmod(0o755)
    result = subprocess.run(
        [str(folder / "bash"), str(SCRIPT)], env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    return result.returncode, result.stderr.splitlines()


def test_complete(tmp_path: Path) -> None:
    """A machine with everything passes in silence."""
    assert run(tmp_path, COMPLETE) == (0, [])


def test_sbt_stands_in_for_maven(tmp_path: Path) -> None:
    """An installed sbt needs no Maven."""
    tools = {name: text for name, text in COMPLETE.items() if name != "mvn"}
    assert run(tmp_path, {**tools, "sbt": "sbt 1.12"}) == (0, [])


@pytest.mark.parametrize(
    ("tool", "line"),
    [
        ("java", "missing: JDK 17 (no java found). " + JDK),
        ("javac", "missing: JDK 17 (there is a java but no javac). " + JDK),
        ("mvn", "missing: Maven (or sbt) (neither mvn nor sbt found). Install it with: sudo apt-get install maven"),
        ("cargo", "missing: Rust 1.88 or newer (no cargo found). " + RUSTUP),
        ("cc", "missing: a C compiler (no cc found). Install it with: sudo apt-get install build-essential"),
        ("python3", "missing: Python 3.10 or newer (no python3 found). " + PYTHON),
    ],
)
def test_missing(tmp_path: Path, tool: str, line: str) -> None:
    """One line names the tool and the command that installs it."""
    assert run(tmp_path, {name: text for name, text in COMPLETE.items() if name != tool}) == (1, [line])


@pytest.mark.parametrize(
    ("tool", "version", "start"),
    [
        ("java", 'openjdk version "11.0.2"', "missing: JDK 17 (java is 11.0.2; set JAVA_HOME to a JDK 17)."),
        ("java", 'openjdk version "21.0.2"', "missing: JDK 17 (java is 21.0.2; set JAVA_HOME to a JDK 17)."),
        ("cargo", "cargo 1.87.0", "missing: Rust 1.88 or newer (cargo is 1.87.0)."),
        ("python3", "Python 3.9.2", "missing: Python 3.10 or newer (python3 is 3.9.2)."),
    ],
)
def test_wrong_version(tmp_path: Path, tool: str, version: str, start: str) -> None:
    """A tool of a wrong version is named with the version found."""
    status, lines = run(tmp_path, {**COMPLETE, tool: version})
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(start)


def test_all_at_once(tmp_path: Path) -> None:
    """Everything that is missing is said in one run."""
    status, lines = run(tmp_path, {})
    assert (status, len(lines)) == (1, 5)
