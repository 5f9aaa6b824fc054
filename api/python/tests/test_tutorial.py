"""`docs/tutorial.md`, step by step: its files, its commands, what they print, and the numbers that come out.

A block whose first line says `file=` is written to that file, and a `console` block is run, a command after each `$`.
Its output has to be the lines that follow, where `…` stands for any number of lines, or for the rest of one.
"""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import harness
import pytest

from ai.chronon.repo.run import RunError, find_jar

TUTORIAL = harness.CHECKOUT / "docs" / "tutorial.md"
EXAMPLE = harness.CHECKOUT / "examples" / "purchases"
SCRIPTS = {
    "compile.py": "ai.chronon.repo.compile",
    "explore.py": "ai.chronon.repo.explore",
    "run.py": "ai.chronon.repo.run",
}
HOUR, DAY = 3_600_000, 86_400_000
ANYTHING = "…"


class Block(NamedTuple):
    """A block of code: its language, the words after it, and its lines."""

    language: str
    options: dict[str, str]
    lines: list[str]


def blocks() -> Iterator[Block]:
    for header, body in re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.M | re.S):
        language, *words = header.split()
        yield Block(language, dict(word.split("=", 1) for word in words), body.splitlines())


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines that it should print."""
    command = ""
    expected: list[str] = []
    for line in [*block.lines, "$ "]:
        if line.startswith("$ "):
            if command:
                yield command, expected
            command, expected = line[2:], []
        else:
            expected.append(line)


def matches(expected: list[str], printed: str) -> bool:
    pattern = "".join(
        "(?:.*\n)*?" if line == ANYTHING else re.escape(line).replace(re.escape(ANYTHING), ".*") + "\n"
        for line in expected
    )
    text = printed if printed.endswith("\n") or not printed else f"{printed}\n"
    return re.fullmatch(pattern, text) is not None


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a user who has installed the package: its scripts are on the path."""
    folder = tmp_path_factory.mktemp("bin")
    targets = {name: f"-m {module}" for name, module in SCRIPTS.items()} | {"python": ""}
    for name, target in targets.items():
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {target} "$@"\n')
        script.chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return harness.clean_environment(PATH=path, PYTHONPATH=str(harness.PACKAGE_ROOT), DRIVER_MEMORY="1G")


def run(command: str, root: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The repository that somebody has who followed the page to its last step but one."""
    pytest.importorskip("sqlglot", reason="sqlglot is not installed: pip install 'chronon-native[lineage]'")
    root = tmp_path_factory.mktemp("tutorial") / "shop"
    root.mkdir()
    (root / "generate.py").write_bytes((EXAMPLE / "generate.py").read_bytes())
    for block in blocks():
        if "file" in block.options:
            file = root / block.options["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{line}\n" for line in block.lines))
        elif block.language == "console" and "needs" not in block.options:
            for command, expected in commands(block):
                result = run(command, root, environment)
                assert result.returncode == 0, f"$ {command}\n{result.stderr}"
                assert matches(expected, result.stdout), f"$ {command} printed\n{result.stdout}"
    return root


def test_every_step_does_what_the_page_says(repository: Path) -> None:
    assert sum(1 for block in blocks() for _ in (commands(block) if block.language == "console" else ())) == 10
    assert (repository / "repository.html").read_text().count('class="node ') == 10


def test_the_example_is_what_the_page_arrives_at(repository: Path) -> None:
    assert (repository / "teams.json").read_bytes() == (EXAMPLE / "teams.json").read_bytes()
    for folder in ("group_bys", "joins", "production"):
        made, kept = (
            {name: text for name, text in harness.tree(root / folder).items() if "__pycache__" not in name}
            for root in (repository, EXAMPLE)
        )
        assert made == kept, f"{folder} of the page and of the example differ"


def test_the_reference_compiles_the_same_files(repository: Path, reference_tool: harness.Tool) -> None:
    for path in ("group_bys/quickstart", "joins/quickstart/training_set.py"):
        result = reference_tool.execute(
            reference_tool.compile, repository, "--conf", path, "--output_root", "theirs", "--yes"
        )
        assert result.code == 0, result.err
    assert harness.tree(repository / "theirs") == harness.tree(repository / "production")


def rows(file: Path) -> list[dict[str, str]]:
    with open(file, encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def in_range(events: list[dict[str, str]], user: str, start: int, end: int) -> list[dict[str, str]]:
    """The events of a user from one moment to before another."""
    return [each for each in events if each["user_id"] == user and start <= int(each["ts"]) < end]


def test_the_table_is_computed_as_promised(repository: Path, environment: dict[str, str]) -> None:
    """Sums of returns to the moment of a row, and counts of purchases to its midnight, by going over all events."""
    try:
        jar = find_jar(os.environ.get("CHRONON_DRIVER_JAR"))
    except RunError as error:
        pytest.skip(f"{error}")
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'chronon-native[spark]'")
    for block in blocks():
        if block.options.get("needs") == "jar":
            for command, expected in commands(block):
                result = run(command, repository, {**environment, "CHRONON_DRIVER_JAR": jar})
                assert result.returncode == 0, f"$ {command}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}"
                assert matches(expected, result.stdout), f"$ {command} printed\n{result.stdout}"
    lines = (repository / "out" / "default.quickstart_training_set_v1.json").read_text().splitlines()
    table = [json.loads(line) for line in lines]  # what is null has no key
    bought, returned = rows(repository / "data" / "purchases.csv"), rows(repository / "data" / "returns.csv")
    assert len(table) == 400
    for row in table:
        moment, user = int(row["ts"]), str(row["user_id"])
        # A window ends at the moment of the row or, without a stream, at its midnight; it begins at a full hour.
        midnight = moment - moment % DAY
        prices = in_range(bought, user, midnight - 3 * DAY, midnight)
        assert row.get("quickstart_purchases_v1_purchase_price_count_3d", 0) == len(prices)
        refunds = in_range(returned, user, (moment - 3 * DAY) // HOUR * HOUR, moment)
        total = sum(int(each["refund_amt"]) for each in refunds)
        assert row.get("quickstart_returns_v1_refund_amt_sum_3d", 0) == total
    assert sum("quickstart_returns_v1_refund_amt_sum_3d" in row for row in table) > 20
