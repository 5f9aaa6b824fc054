"""The sums in scripts/test's last line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "lib"))
import count_tests
from count_tests import Counts

CARGO = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s"


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (Counts(12, 0, 1), CARGO),
        (Counts(3, 2, 0), "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out"),
        (Counts(112, 1, 6), "[info] Tests: succeeded 112, failed 1, canceled 3, ignored 2, pending 1"),
        (Counts(0, 2, 0), "[info] Suites: completed 7, aborted 2"),
        (Counts(4, 0, 0), "[info] Passed: Total 4, Failed 0, Errors 0, Passed 4"),
        (Counts(1, 3, 2), "[error] Failed: Total 4, Failed 2, Errors 1, Passed 1, Skipped 2"),
        (Counts(9, 0, 0), "============ 9 passed in 1.20s ============"),
        (Counts(9, 3, 3), "= 1 failed, 9 passed, 2 skipped, 1 xfailed, 2 errors, 4 warnings in 61.20s (0:01:01) ="),
        (Counts(0, 0, 2), "===== 2 skipped in 0.01s ====="),
        (Counts(), "===== no tests ran in 0.01s ====="),
        (Counts(), "12 passed; that is no summary"),
    ],
)
def test_line(expected: Counts, line: str) -> None:
    """Each runner's summary is understood."""
    assert count_tests.count_line(line) == expected


@pytest.mark.parametrize(
    ("expected", "problem", "log"),
    [
        (Counts(24, 0, 2), None, f"{CARGO}\n\x1b[0m{CARGO}\nexit status 0\n"),
        (Counts(24, 1, 2), "ended with exit status 101 though no test failed", f"{CARGO}\n{CARGO}\nexit status 101\n"),
        (Counts(0, 1, 0), None, "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured\nexit status 1\n"),
        (Counts(0, 0, 2), "executed nothing", "==== 2 skipped in 0.01s ====\nexit status 0\n"),
        (Counts(0, 1, 0), "ended with no exit status though no test failed", ""),
    ],
)
def test_log(expected: Counts, problem: str | None, log: str) -> None:
    """A runner that ends badly or does nothing is no success."""
    assert count_tests.count_log(log) == (expected, problem)


def test_main_sums_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line is the sum; any problem makes the exit status 1."""
    good, idle = tmp_path / "good.log", tmp_path / "idle.log"
    good.write_text(f"{CARGO}\nexit status 0\n")
    idle.write_text("exit status 0\n")
    assert count_tests.main([str(good)]) == 0
    assert count_tests.main([str(good), str(idle)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "12 passed, 0 failed, 1 skipped"
