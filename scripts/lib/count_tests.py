"""Adds up what the test runners report, from the logs that scripts/test keeps.

Usage: count_tests.py LOG...

A log is a runner's output; its last line is ``exit status N``. Prints one line a runner and then the line
``N passed, N failed, N skipped``. Exits 1 if a test failed, a runner ended badly, or a runner executed nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CARGO = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")
SCALATEST = re.compile(r"^\[info\] Tests: succeeded (\d+), failed (\d+), canceled (\d+), ignored (\d+), pending (\d+)")
SCALATEST_ABORTED = re.compile(r"^\[info\] Suites: completed \d+, aborted (\d+)")
SBT = re.compile(r"^\[\w+\] (?:Passed|Failed|Error): Total \d+, (.*)$")
PYTEST = re.compile(r"^=+ (.*\b(?:passed|failed|skipped|errors?|no tests ran)\b.*) in [\d.]+s.* =+$")
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

FAILED_WORDS = {"failed", "failures", "error", "errors"}
SKIPPED_WORDS = {"skipped", "ignored", "canceled", "pending", "xfailed", "deselected"}


@dataclass(frozen=True)
class Counts:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Sum, member by member."""
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        """The form of scripts/test's last line."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count_line(line: str) -> Counts:
    """What one line of a runner's output says; zeros for a line that is no summary."""
    if match := CARGO.match(line):
        passed, failed, ignored = map(int, match.groups())
        return Counts(passed, failed, ignored)
    if match := SCALATEST.match(line):
        passed, failed, *others = map(int, match.groups())
        return Counts(passed, failed, sum(others))
    if match := SCALATEST_ABORTED.match(line):
        return Counts(failed=int(match.group(1)))
    if match := SBT.match(line):
        return count_words((word, int(number)) for word, number in re.findall(r"(\w+) (\d+)", match.group(1)))
    if match := PYTEST.match(line):
        return count_words((word, int(number)) for number, word in re.findall(r"(\d+) (\w+)", match.group(1)))
    return Counts()


def count_words(pairs: Iterable[tuple[str, int]]) -> Counts:
    """Counts of (word, number) pairs, the words being those of sbt and pytest."""
    total = Counts()
    for word, number in pairs:
        lower = word.lower()
        total += Counts(
            number if lower == "passed" else 0,
            number if lower in FAILED_WORDS else 0,
            number if lower in SKIPPED_WORDS else 0,
        )
    return total


def count_log(text: str) -> tuple[Counts, str | None]:
    """Counts of a whole log, and what is wrong with the run beyond failed tests, if anything."""
    lines = [COLOUR.sub("", line).rstrip() for line in text.splitlines()]
    total = sum((count_line(line) for line in lines), Counts())
    status = lines[-1] if lines and lines[-1].startswith("exit status ") else "no exit status"
    if status != "exit status 0" and total.failed == 0:
        return total + Counts(failed=1), f"ended with {status} though no test failed"
    if total.passed + total.failed == 0:
        return total, "executed nothing"
    return total, None


def main(logs: list[str]) -> int:
    """Print the counts of all logs; the exit status."""
    total, healthy = Counts(), bool(logs)
    for log in map(Path, logs):
        counts, problem = count_log(log.read_text(errors="replace"))
        total += counts
        healthy = healthy and problem is None
        print(f"{log.stem:>8}: {counts}" + (f" ({problem}: see {log})" if problem else ""))
    print(total)
    return 0 if healthy and total.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
