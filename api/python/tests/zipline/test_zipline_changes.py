"""What may change of compiled files, with whose agreement, and that both packages decide alike."""

import json
from pathlib import Path

import pytest
from zipline import tools

MODULE = (
    tools.HEADER
    + """
offline = GroupBy(E(), ["a"], [Aggregation("b", Operation.SUM, ["7d"])])
online = GroupBy(E(), ["a"], [Aggregation("b", Operation.SUM, ["7d"])], online=True, version=1)
"""
)
PATH = "group_bys/shop/case.py"
OFFLINE = 'offline = GroupBy(E(), ["a"], [Aggregation("b", Operation.SUM, ["7d"])]'
CHANGED = OFFLINE.replace("7d", "8d")
# Name to the replacement in the module, the arguments and answers, and the exit code and whether files change.
STEPS: dict[str, tuple[tuple[str, str], list[str], str, int, bool]] = {
    "nothing": (("", ""), [], "", 0, False),
    "logic, refused": ((OFFLINE, CHANGED), [], "n\n", 1, False),
    "logic, nobody there": ((OFFLINE, CHANGED), [], "", 1, False),
    "logic, agreed": ((OFFLINE, CHANGED), [], "y\n", 0, True),
    "logic, forced": ((OFFLINE, CHANGED), ["--force"], "", 0, True),
    "logic, dry run": ((OFFLINE, CHANGED), ["--dry-run"], "", 1, False),
    "logic, forced dry run": ((OFFLINE, CHANGED), ["--dry-run", "--force"], "", 0, False),
    "logic, as JSON": ((OFFLINE, CHANGED), ["-f", "json"], "", 0, False),
    "logic, forced as JSON": ((OFFLINE, CHANGED), ["-f", "json", "--force"], "", 0, True),
    "meta data": ((OFFLINE, OFFLINE + ', tags={"x": "y"}'), [], "", 0, True),
    "meta data online": (("version=1", 'version=1, tags={"x": "y"}'), [], "", 0, True),
    "logic online": (('["7d"])], online', '["9d"])], online'), [], "", 1, False),
    "logic online, forced": (('["7d"])], online', '["9d"])], online'), ["--force"], "", 1, False),
    "new version": (("version=1", "version=2"), [], "", 0, True),
    "new version of other logic": (
        ('["7d"])], online=True, version=1', '["9d"])], online=True, version=2'),
        [],
        "",
        0,
        True,
    ),
    "new definition": ((OFFLINE, f"another = {OFFLINE[10:]})\n{OFFLINE}"), [], "", 0, True),
    "renamed, refused": (("offline =", "renamed ="), [], "n\n", 1, False),
    "renamed, agreed": (("offline =", "renamed ="), [], "y\n", 0, True),
    "deleted, forced": ((OFFLINE + ")", ""), ["--force"], "", 0, True),
    "error": ((OFFLINE, "1/0\n" + OFFLINE), [], "", 1, False),
    "error, ignored": ((OFFLINE, "1/0\n" + OFFLINE), ["--ignore-python-errors", "--force"], "", 0, True),
}


def _play(tool: tools.Tool, root: Path, name: str) -> tuple[tools.Outcome, tools.Outcome]:
    (old, new), arguments, answers, _, _ = STEPS[name]
    first = tool.compile(tools.write(root, {PATH: MODULE}))
    assert first.code == 0, first.output
    assert old in MODULE
    tools.write(root, {PATH: MODULE.replace(old, new) if old else MODULE})
    return first, tool.compile(root, *arguments, answers=answers)


@pytest.mark.parametrize("name", STEPS)
def test_changes(ours: tools.Tool, tmp_path: Path, name: str) -> None:
    first, second = _play(ours, tmp_path, name)
    assert second.code == STEPS[name][3], second.output
    assert (second.files != first.files) == STEPS[name][4]
    assert not (tmp_path / "compiled_staging").exists()


@pytest.mark.parametrize("name", STEPS)
def test_decides_as_the_reference(reference: tools.Tool, ours: tools.Tool, tmp_path: Path, name: str) -> None:
    theirs, mine = (_play(tool, tmp_path / tool.name, name)[1] for tool in (reference, ours))
    assert (mine.code, mine.files) == (theirs.code, theirs.files), theirs.output + mine.output


def test_shows_the_lines_that_change(ours: tools.Tool, tmp_path: Path) -> None:
    _, second = _play(ours, tmp_path, "logic, refused")
    assert '-          "length": 7,' in second.output
    assert '+          "length": 8,' in second.output
    assert "shop.case.offline changed (in place)" in second.output
    assert "shop.case.online" not in second.output


def test_json_holds_what_was_compiled(reference: tools.Tool, ours: tools.Tool, tmp_path: Path) -> None:
    answers = []
    for tool in (reference, ours):
        root = tools.write(tmp_path / tool.name, {PATH: MODULE})
        answers.append(json.loads(tool.compile(root, "-f", "json").output.strip()))
    assert answers[1] == answers[0]


def test_json_holds_errors_by_file(ours: tools.Tool, tmp_path: Path) -> None:
    outcome = ours.compile(tools.write(tmp_path, {PATH: MODULE + "1/0\n"}), "-f", "json")
    report = json.loads(outcome.output.partition("Nothing was written")[0])
    assert outcome.code == 1
    assert report["status"] == "error"
    assert "ZeroDivisionError" in report["errors"][PATH][0]


def test_all_broken_rules_and_files_are_reported(ours: tools.Tool, tmp_path: Path) -> None:
    derivations = "[Derivation('x', 'nope'), Derivation('x', 'missing')]"
    broken = tools.HEADER + f"v = GroupBy(E(), ['a'], [Aggregation('b', windows=['1h'])], derivations={derivations})\n"
    files = {PATH: broken, "group_bys/shop/raises.py": "raise KeyError('gone')\n", "joins/shop/text.py": "x = '"}
    outcome = ours.compile(tools.write(tmp_path, files))
    assert outcome.code == 1
    for fact in ("hourly", "'nope'", "'missing'", "KeyError: 'gone'", "SyntaxError", "group_bys/shop/raises.py"):
        assert fact in outcome.output, outcome.output


def test_errors_name_the_line(ours: tools.Tool, tmp_path: Path) -> None:
    files = {
        PATH: tools.HEADER + "\nv = GroupBy(E(), ['a'], [Aggregation('b', windows=['1w'])])\n",
        "group_bys/shop/imports.py": "from sources import broken\n",
        "sources/broken.py": "x = 1\ny = x / 0\n",
        "group_bys/shop/cycle.py": "from group_bys.shop.cycle_too import a\nb = 1\n",
        "group_bys/shop/cycle_too.py": "from group_bys.shop.cycle import b\na = 1\n",
    }
    root = tools.write(tmp_path, files)
    (root / "group_bys/shop/latin.py").write_bytes(b"x = '\xe9'\n")
    outcome = ours.compile(root)
    assert outcome.code == 1
    line = files[PATH].splitlines().index("v = GroupBy(E(), ['a'], [Aggregation('b', windows=['1w'])])") + 1
    for fact in (
        f"{PATH}:{line}: the window '1w'",
        "sources/broken.py:2: it fails with ZeroDivisionError",
        "(imported by group_bys/shop/imports.py)",
        "group_bys/shop/cycle",
        "circular import",
        "group_bys/shop/latin.py",
        "utf-8",
    ):
        assert fact in outcome.output, outcome.output
    assert outcome.files == {}


def test_a_failing_write_leaves_old_files(ours: tools.Tool, tmp_path: Path) -> None:
    first = ours.compile(tools.write(tmp_path, {PATH: MODULE}))
    (tmp_path / "compiled_staging").write_text("in the way of the folder")
    tools.write(tmp_path, {PATH: MODULE.replace("offline =", "another =")})
    second = ours.compile(tmp_path, "--force")
    assert second.code == 1
    assert second.files == first.files


def test_what_was_left_by_a_killed_run_is_no_matter(ours: tools.Tool, tmp_path: Path) -> None:
    first = ours.compile(tools.write(tmp_path, {PATH: MODULE}))
    tools.write(tmp_path, {"compiled_staging/group_bys/shop/half": "{", "compiled/group_bys/shop/.case.tmp": "{"})
    second = ours.compile(tmp_path)
    assert (second.code, second.files) == (0, first.files), second.output


def test_files_that_a_killed_run_moved_away_come_back(ours: tools.Tool, tmp_path: Path) -> None:
    first = ours.compile(tools.write(tmp_path, {PATH: MODULE}))
    (tmp_path / "compiled").rename(tmp_path / "compiled_replaced")
    second = ours.compile(tmp_path, "--dry-run")
    assert (second.code, second.files) == (0, first.files), second.output
    assert "No changes" in second.output


def test_a_broken_compiled_file_is_named(ours: tools.Tool, tmp_path: Path) -> None:
    ours.compile(tools.write(tmp_path, {PATH: MODULE}))
    tools.write(tmp_path, {"compiled/group_bys/shop/case.offline": '{"metaData": '})
    outcome = ours.compile(tmp_path)
    assert outcome.code == 1
    assert "compiled/group_bys/shop/case.offline is not JSON" in outcome.output
    assert "Traceback" not in outcome.output
