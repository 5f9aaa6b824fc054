"""`chronon`: subcommands, their arguments, exit codes and shell completion."""

import subprocess
import sys
from pathlib import Path

import harness
import pytest
from click.testing import CliRunner

from ai.chronon import cli


def chronon(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ai.chronon.cli", *arguments],
        cwd=root,
        env=harness.clean_environment(PYTHONPATH=f"{harness.PACKAGE_ROOT}:{root}", **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_compile_is_strict_unless_told_otherwise(repo: Path) -> None:
    arguments = ("compile", "--conf", "group_bys/shop/buckets.py", "-y")
    strict = chronon(repo, *arguments)
    assert (strict.returncode, "group_bys/shop/buckets.py:8 (v1)" in strict.stderr) == (1, True)
    assert not (repo / "production").exists()
    assert chronon(repo, *arguments, "--no-strict").returncode == 0
    assert (repo / "production/group_bys/shop/buckets.v1").is_file()


def test_errors_are_one_message_and_exit_code_1(repo: Path) -> None:
    result = chronon(repo, "compile", "--conf", "nowhere/x.py", "-y")
    assert result.returncode == 1
    assert result.stderr.startswith("chronon: --input_path nowhere/x.py must begin with one of")


def test_run_gets_its_arguments_as_they_are(repo: Path) -> None:
    result = chronon(repo, "run", "--help")
    assert result.returncode == 0
    assert "--start-ds" in result.stdout


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("chronon com", ["compile"]), ("chronon compile --fo", ["--force-overwrite"]), ("chronon --v", ["--version"])],
)
def test_shell_completion(repo: Path, typed: str, expected: list[str]) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1), "_CLI_COMPLETE": "bash_complete"}
    script = "from ai.chronon.cli import chronon; chronon(prog_name='chronon', complete_var='_CLI_COMPLETE')"
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=harness.clean_environment(PYTHONPATH=str(harness.PACKAGE_ROOT), **words),
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line.split(",")[1] for line in result.stdout.splitlines()] == expected


def test_a_command_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "absent", ("ai.chronon.absent:main", "Not there."))
    result = CliRunner().invoke(cli.chronon, ["absent"])
    assert (result.exit_code, "absent is not part of this build" in result.output) == (1, True)


def test_the_repository_decides_the_dialect(tmp_path: Path) -> None:
    (tmp_path / "teams.py").write_text("from ai.chronon.types import Team\n")
    compiled = chronon(tmp_path, "compile")
    assert (compiled.returncode, "Wrote 0 definitions" in compiled.stdout) == (0, True)
    explored = chronon(tmp_path, "explore", "price")
    assert (explored.returncode, "zipline dialect" in explored.stderr) == (1, True)
